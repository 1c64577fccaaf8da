"""Pictures in the terminal, where it says that it can show some; their paths elsewhere.

Protocols: kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol), iTerm2's inline images
(iterm2.com/documentation-images.html), DEC's sixel (VT330/340 Programmer Reference Manual, chapter 14).
"""

import base64
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Literal

from makery.interfaces.cli.text import printable

Graphics = Literal["", "kitty", "iterm", "sixel"]

_PIECE = 4096
"""Characters of one message of kitty's protocol."""
_WIDEST = 800
"""Pixels of a sixel picture; wider ones are made smaller."""
_SIXEL_TERMINALS = ("foot", "mlterm", "sixel", "contour", "yaft")
_MOST_BYTES = 8 * 1024 * 1024


def graphics_of(environ: Mapping[str, str], *, terminal: bool) -> Graphics:
    """What the terminal announces by its variables; '' where none is known, or the output is no terminal."""
    program, name = environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")
    if not terminal or environ.get("TMUX"):
        return ""
    if environ.get("KITTY_WINDOW_ID") or "kitty" in name or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if any(known in name for known in _SIXEL_TERMINALS) else ""


def shown_picture(path: Path, graphics: Graphics) -> str:
    """What to write so that the picture appears; its path where it cannot."""
    named = f"  ▦ {printable(str(path))}"
    if not graphics or path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".gif"):
        return named
    try:
        data = path.read_bytes()
    except OSError:
        return named
    if len(data) > _MOST_BYTES or (graphics == "kitty" and path.suffix.lower() != ".png"):
        return named
    drawn = {"kitty": _kitty, "iterm": _iterm, "sixel": _sixel}[graphics](data)
    return f"{drawn}\n{named}" if drawn else named


def _kitty(data: bytes) -> str:
    text = base64.b64encode(data).decode("ascii")
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    last = len(pieces) - 1
    return "".join(
        f"\x1b_G{'f=100,a=T,q=2,' if number == 0 else ''}m={int(number < last)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    )


def _iterm(data: bytes) -> str:
    text = base64.b64encode(data).decode("ascii")
    return f"\x1b]1337;File=inline=1;size={len(data)};preserveAspectRatio=1:{text}\x07"


def _sixel(data: bytes) -> str:
    """Sixels by way of Pillow, which comes with matplotlib; '' where it is not installed."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return ""
    try:
        picture = Image.open(BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return ""
    if picture.width > _WIDEST:
        picture = picture.resize((_WIDEST, max(1, picture.height * _WIDEST // picture.width)))
    palette = picture.quantize(64)
    colours = palette.getpalette() or []
    named = (
        f"#{n};2;{';'.join(str(value * 100 // 255) for value in colours[3 * n : 3 * n + 3])}"
        for n in range(len(colours) // 3)
    )
    bands = _bands(palette.tobytes(), palette.width, palette.height)
    return f'\x1bP0;1q"1;1;{palette.width};{palette.height}{"".join(named)}{"-".join(bands)}\x1b\\'


def _bands(pixels: bytes, width: int, height: int) -> Iterator[str]:
    """Strips of six rows; in each, one line of sixels for each colour that occurs."""
    for top in range(0, height, 6):
        rows = [pixels[row * width : (row + 1) * width] for row in range(top, min(top + 6, height))]
        lines: list[str] = []
        for colour in sorted(set(b"".join(rows))):
            bits = (
                sum((row[column] == colour) << bit for bit, row in enumerate(rows)) for column in range(width)
            )
            lines.append(f"#{colour}{_packed(chr(63 + value) for value in bits)}")
        yield "$".join(lines)


def _packed(characters: Iterator[str]) -> str:
    """Runs of the same sixel as `!count` and the sixel."""
    from itertools import groupby

    runs = ((character, len(list(run))) for character, run in groupby(characters))
    return "".join(f"!{count}{character}" if count > 3 else character * count for character, count in runs)
