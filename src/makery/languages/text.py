"""Clean-up of source text that every language needs: a model's answer is not always only a file."""

import re

FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[\w.+-]*[ \t]*$")


def unix(text: str) -> str:
    """The text with `\\n` line ends, without a byte order mark, with a line end at its end."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text if not text or text.endswith("\n") else f"{text}\n"


def strip_fences(text: str) -> str:
    """What stands inside the longest fenced block, or the text without its stray fence lines."""
    blocks = [match.group(2) for match in FENCED.finditer(text)]
    if blocks:
        return max(blocks, key=len)
    lines = [line for line in text.split("\n") if not FENCE.match(line)]
    return "\n".join(lines)
