"""Pictures appear in terminals that announce that they can show some; their path always does."""

import io

import pytest

from makery.interfaces.cli.conversation import ConversationView
from makery.interfaces.cli.pictures import graphics_of, shown_picture
from makery.kernel.completion import Purpose
from makery.kernel.events import MessagePublished, RunStarted, TextStreamed


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, ""),
    ],
)
def test_the_terminal_s_variables_say_what_it_shows(environ, expected):
    assert graphics_of(environ, terminal=True) == expected
    assert graphics_of(environ, terminal=False) == ""


@pytest.fixture
def picture(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (20, 13), (255, 0, 0)).save(tmp_path / "plot-1.png")
    return tmp_path / "plot-1.png"


def test_each_protocol_wraps_the_picture_in_its_own_words(picture):
    assert shown_picture(picture, "kitty").startswith("\x1b_Gf=100,a=T,q=2,m=0;iVBOR")
    assert shown_picture(picture, "iterm").startswith("\x1b]1337;File=inline=1;size=")
    sixel = shown_picture(picture, "sixel")
    assert sixel.startswith('\x1bP0;1q"1;1;20;13#0;2;') and "#0!20~-#0!20~-#0!20@\x1b\\" in sixel
    for graphics in ("kitty", "iterm", "sixel", ""):
        assert shown_picture(picture, graphics).endswith(f"▦ {picture}")


def test_a_large_picture_is_sent_to_kitty_in_pieces(tmp_path):
    (tmp_path / "p.png").write_bytes(b"\x89PNG" + b"x" * 9000)
    pieces = shown_picture(tmp_path / "p.png", "kitty").split("\x1b_G")
    assert [piece.split(";")[0][-3:] for piece in pieces[1:]] == ["m=1", "m=1", "m=0"]


def test_a_picture_that_is_none_or_gone_is_a_path(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert shown_picture(tmp_path / "bad.png", "sixel") == f"  ▦ {tmp_path / 'bad.png'}"
    assert shown_picture(tmp_path / "gone.png", "kitty").startswith("  ▦ ")
    assert shown_picture(tmp_path / "drawing.svg", "kitty").startswith("  ▦ ")


def test_output_of_code_is_shown_as_it_comes_once_and_cannot_command_the_terminal():
    out = io.StringIO()
    view = ConversationView(out)
    view(RunStarted(run="r", team="t", mode="team", model="m", out="/runs/r"))
    view(TextStreamed(purpose=Purpose(skill="run_cell"), text="4\x1b[2J2\n"))
    view(TextStreamed(purpose=Purpose(skill="write_cell"), text="thinking"))
    data = {"output": "42", "failed": False, "pictures": ["plot-1.png"]}
    message = {"sender": "agent", "skill": "run_cell", "artifact": {"kind": "Executed", "data": data}}
    view(MessagePublished(act="a", message=message))
    assert out.getvalue().splitlines()[1:] == ["4[2J2", "  ▦ /runs/r/plot-1.png"]
