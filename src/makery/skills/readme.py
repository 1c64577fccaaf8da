"""What a README says of a program: a title that ends at a word, and the command that runs it."""

import re

from makery.kernel.documents import Target

_SENTENCE = re.compile(r".+?(?:[。！？]|(?<!\be\.g)(?<!\bi\.e)[.!?](?=\s|$))")
_CUTS = (r"(?<=[,;:])\s|(?<=[，、；：。])", r"\s", r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")
"""Where a text may be cut, the best places first; the last because Chinese does not show its words."""
_DANGLING = " ,;:(-–，、；：（"


def title_of(text: str, *, most: int = 80) -> str:
    """The first line of a text without heading marks; of a long one the first sentence or whole words."""
    first = next((line for line in text.splitlines() if line.strip()), "Program")
    line = first.lstrip("# ").strip()
    if len(line) <= most:
        return line
    sentence = _SENTENCE.match(line)
    if sentence and len(sentence[0]) <= most:
        return sentence[0].rstrip(".。")
    return shortened(line, most)


def shortened(text: str, most: int) -> str:
    """At most so many characters of a text, cut between phrases or words, with `…` if something was cut."""
    if len(text) <= most:
        return text
    ends = (
        [match.start() for match in re.finditer(cut, text) if most // 2 < match.start() < most]
        for cut in _CUTS
    )
    kept = text[: next(filter(None, ends), [most - 1])[-1]]
    if kept.count("`") % 2:
        kept = kept[: kept.rindex("`")]
    return f"{kept.rstrip(_DANGLING) or text[: most - 1]}…"


def command_of(requirement: str, target: Target, plain: str) -> str:
    """How to run a program: `plain`, with the arguments as the requirement first shows them, if it does.

    A program with a screen of its own is started without arguments if the requirement shows it so.
    """
    if target.kind not in ("cli", "app") or not target.entry:
        return plain
    shown = _shown(requirement, target.entry[0])
    if target.kind == "app" and "" in shown:
        return plain
    arguments = next((one for one in shown if one), "")
    return f"{plain} {arguments}".strip()


def _shown(requirement: str, entry: str) -> list[str]:
    """What follows the program's name, where code spans or lines of their own call it."""
    call = rf"(?:`|^[ \t]*(?:\$ )?)(?:python3? )?(?:\./)?{re.escape(entry)}(?=[ `\n]|$)([^`\n]*)"
    return [match.strip() for match in re.findall(call, requirement, re.MULTILINE)]
