"""Differences between two states of a program, and edits that a model asked for.

The edit blocks are those of aider (https://aider.chat/docs/more/edit-formats.html, `diff`): models know them.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from makery.kernel.artifact import Frozen
from makery.kernel.errors import MalformedOutput

_BLOCK = re.compile(
    r"^<{5,9} SEARCH[^\n]*\n(?P<search>.*?)^={5,9}[ \t]*\n(?P<replace>.*?)^>{5,9} REPLACE[^\n]*$",
    re.MULTILINE | re.DOTALL,
)
_NEAREST_LINES = 12
_FORM = "path/of/file\n<<<<<<< SEARCH\nlines as they are in the file now\n=======\nnew lines\n>>>>>>> REPLACE"


class Edit(Frozen):
    """Replace one place in one file. An empty `search` makes a new file."""

    path: str
    search: str
    replace: str


def unified_diff(before: Mapping[str, str], after: Mapping[str, str], *, context: int = 3) -> str:
    """The smallest unified diff between two sets of files, as `git apply` reads it; '' if they are equal."""
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return "".join(_file_diff(path, before.get(path), after.get(path), context) for path in changed)


def parse_edits(text: str, *, default_path: str = "") -> tuple[Edit, ...]:
    """The SEARCH/REPLACE blocks of an answer, in order. Fences and talk around them are ignored.

    Args:
        text: the model's answer.
        default_path: the file of blocks that have no path on the line above.

    Raises:
        MalformedOutput: there is no whole block, or one names no file. The message says what to send.
    """
    edits: list[Edit] = []
    end = 0
    for block in _BLOCK.finditer(text):
        path = _path_above(text[end : block.start()]) or (edits[-1].path if edits else default_path)
        if not path:
            raise MalformedOutput(f"A SEARCH block names no file. Send it so:\n{_FORM}", text=block[0])
        edits.append(Edit(path=path, search=block["search"], replace=block["replace"]))
        end = block.end()
    if not edits:
        raise MalformedOutput(
            f"No whole SEARCH/REPLACE block was found. Send each edit so:\n{_FORM}", text=text
        )
    return tuple(edits)


def apply_edits(files: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    """The files after all edits, each applied to the result of those before it.

    A search text is first looked for as it is, then without regard to spaces at line ends, then without
    regard to how far the whole is indented.

    Raises:
        MalformedOutput: a search text is not in its file, or more than once. Nothing is applied then; the
            message, meant for the model, shows the nearest lines and says what to send.
    """
    result = dict(files)
    for number, edit in enumerate(edits, 1):
        try:
            result[edit.path] = _apply(result, edit)
        except MalformedOutput as error:
            raise MalformedOutput(
                f"Block {number} of {len(edits)}, for {edit.path}: {error.message}\n"
                f"Nothing was changed. Send all {len(edits)} blocks again with this one corrected.",
                text=error.text,
            ) from None
    return result


# ------------------------------------------------------------------------- diff


def _file_diff(path: str, before: str | None, after: str | None, context: int) -> str:
    lines = difflib.unified_diff(
        _lines(before or ""),
        _lines(after or ""),
        "/dev/null" if before is None else f"a/{path}",
        "/dev/null" if after is None else f"b/{path}",
        n=context,
    )
    body = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    kind = (
        "new file mode 100644\n" if before is None else "deleted file mode 100644\n" if after is None else ""
    )
    return f"diff --git a/{path} b/{path}\n{kind}{body}"


def _lines(text: str) -> list[str]:
    # Not splitlines(): form feeds and U+2028 do not end a line for git.
    return re.findall(r"[^\n]*\n|[^\n]+", text)


# ------------------------------------------------------------------------ edits


def _path_above(text: str) -> str:
    """The path on the last line before a block that is neither empty nor a fence."""
    lines = [line.strip() for line in text.splitlines()]
    named = [line for line in lines if line and not re.fullmatch(r"`{3,}\w*", line)]
    path = named[-1].strip("`*#: ") if named else ""
    return path if re.fullmatch(r"[^\s<>|\"]*[\w\]]", path) and ("." in path or "/" in path) else ""


def _apply(files: Mapping[str, str], edit: Edit) -> str:
    known = files.get(edit.path)
    if not edit.search.strip():
        if known is not None and known.strip():
            raise MalformedOutput("SEARCH is empty, but the file exists. Quote the lines to replace.")
        return edit.replace
    if known is None:
        near = difflib.get_close_matches(edit.path, list(files), n=3, cutoff=0.4) or sorted(files)[:5]
        raise MalformedOutput(f"There is no such file. Did you mean {', '.join(near)}?", text=edit.search)
    windows = "\r\n" in known and "\n" not in known.replace("\r\n", "")
    text = known.replace("\r\n", "\n") if windows else known
    edited = _edit_text(text, edit.search.replace("\r\n", "\n"), edit.replace.replace("\r\n", "\n"))
    return edited.replace("\n", "\r\n") if windows else edited


def _edit_text(text: str, search: str, replace: str) -> str:
    lines, wanted = _lines(text), _lines(search)
    indent = ("", "")
    places = _places(lines, wanted, _without_end) or _places(lines, wanted, str.rstrip)
    if not places:
        found = {place: _indents(lines[place:], wanted) for place in _places(lines, wanted, str.strip)}
        places = [place for place, change in found.items() if change is not None]
        indent = next((change for change in found.values() if change is not None), indent)
    if len(places) != 1:
        raise MalformedOutput(_explain(lines, wanted, places), text=search)
    begin, end = places[0], places[0] + len(wanted)
    new = [_reindented(line, *indent) for line in _lines(replace)]
    return "".join([*lines[:begin], *_ended(new, like=lines[end - 1]), *lines[end:]])


def _places(lines: Sequence[str], wanted: Sequence[str], view: Callable[[str], str]) -> list[int]:
    """Where the wanted lines begin, as `view` sees lines."""
    seen, sought = [view(line) for line in lines], [view(line) for line in wanted]
    return [n for n in range(len(seen) - len(sought) + 1) if seen[n : n + len(sought)] == sought]


def _without_end(line: str) -> str:
    return line.removesuffix("\n")


def _indents(lines: Sequence[str], wanted: Sequence[str]) -> tuple[str, str] | None:
    """What to cut from and what to put before each wanted line so that it is indented as in the file.

    None if no one change does it for all lines.
    """
    pairs = [(line, sought) for line, sought in zip(lines, wanted, strict=False) if sought.strip()]
    there, here = _indent(pairs[0][0]), _indent(pairs[0][1])
    if there.endswith(here):
        change = ("", there.removesuffix(here))
    elif here.endswith(there):
        change = (here.removesuffix(there), "")
    else:
        return None
    fits = all(_reindented(sought, *change).rstrip() == line.rstrip() for line, sought in pairs)
    return change if fits else None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _reindented(line: str, cut: str, put: str) -> str:
    return f"{put}{line.removeprefix(cut)}" if line.strip() else line


def _ended(new: list[str], *, like: str) -> list[str]:
    """The new lines, the last one with or without a line end as the last replaced one was."""
    if not new:
        return new
    return [*new[:-1], _without_end(new[-1]) + ("\n" if like.endswith("\n") else "")]


def _explain(lines: Sequence[str], wanted: Sequence[str], places: Sequence[int]) -> str:
    if places:
        numbers = ", ".join(str(place + 1) for place in places[:5])
        return (
            f"SEARCH fits {len(places)} places (lines {numbers}). "
            "Quote more lines before or after, so that it fits one."
        )
    if not lines:
        return "The file is empty. Send an empty SEARCH with the whole file as replacement."
    near = _nearest(lines, wanted)
    shown = "".join(lines[near : near + min(len(wanted), _NEAREST_LINES)]).rstrip("\n")
    return (
        f"SEARCH is not in the file. The nearest lines are {near + 1} and following:\n{shown}\n"
        "Quote the lines to replace exactly as they are."
    )


def _nearest(lines: Sequence[str], wanted: Sequence[str]) -> int:
    """Where the lines begin that are most like the wanted ones."""
    sought = [line.strip() for line in wanted[:_NEAREST_LINES]]
    seen = [line.strip() for line in lines]

    def likeness(start: int) -> float:
        pairs = zip(seen[start:], sought, strict=False)
        return sum(difflib.SequenceMatcher(None, a, b).quick_ratio() for a, b in pairs if a and b)

    return max(range(len(lines)), key=likeness)
