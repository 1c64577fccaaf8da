"""Splits a requirement into clauses: verbatim quotes, one for each sentence or list item."""

import re
from collections.abc import Iterator
from typing import Literal

from makery.kernel.documents import Clause
from makery.kernel.errors import InputError

LONGEST = 50_000
"""Characters of a requirement."""
LONG_SENTENCE = 200
"""A sentence longer than this is also split at semicolons."""
CJK_SHARE = 0.15

Span = tuple[int, int]

FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n.*?^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
DOCTEST = re.compile(r"^[ \t]*>>> [^\n]*(?:\n(?![ \t]*$)[^\n]*)*", re.MULTILINE)
INLINE = re.compile(r"(`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
ADDRESS = re.compile(r"https?://[^\s)>\]，。；]+")
QUOTED = re.compile(r"“[^”\n]{0,200}”|「[^」\n]{0,200}」|『[^』\n]{0,200}』")
HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+[^\n]*$|^[^\n]+\n[ \t]*(?:={3,}|-{3,})[ \t]*$")
RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$|^[ \t]*\|?[ \t:|-]*-{3,}[ \t:|-]*$")
MARKER = re.compile(
    r"^[ \t]*(?:[-*+•·][ \t]+|\(?\d{1,3}[.)、．][ \t]*(?!\d)|[（(][一二三四五六七八九十\d]+[)）][ \t]*"
    r"|[一二三四五六七八九十]+、)"
)
ROW = re.compile(r"^[ \t]*\|")

ENDS = ".!?"
CJK_ENDS = "。！？"
CLOSERS = "\"')]”’」』）】*_"
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|approx|Mr|Mrs|Ms|Dr|No|Fig|incl|resp|max|min)|\b[A-Za-z])$", re.IGNORECASE
)

GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thanks|thank you|cheers"
    r"|(?:best |kind )?regards)\b|你好|您好|大家好|谢谢|感谢|多谢|此致|敬礼)[^`\d]{0,50}$",
    re.IGNORECASE,
)
BACKGROUND = re.compile(
    r"^(?:(?:I am|I'm|I work|My name|We are|We're|We work|I have been|This is for my|I love|I like)\b"
    r"|我是|我们是|我叫|我在|本人)",
    re.IGNORECASE,
)
WANTS = re.compile(
    r"[`\d]|\b(?:want|need|must|should|shall|can|please|write|make|build|create|print|show|return)\b"
    r"|\b(?:like to|program)\b|要|请|需|应|必须|可以|输出|显示|返回|程序|写|做",
    re.IGNORECASE,
)
LABEL = re.compile(r"^(?:[\w'’/-]+[ \t]*){1,4}[:：]$")
BARE_LABEL = re.compile(r"^[\u4e00-\u9fff]{1,8}[:：]$")


def read(text: str) -> str:
    """The requirement's text, if it is one.

    Raises:
        InputError: it is empty, too long, or not text.
    """
    if not text.strip():
        raise InputError(
            "The requirement is empty.", remedy="Say in a few sentences what the program should do."
        )
    if len(text) > LONGEST:
        raise InputError(
            f"The requirement has {len(text):,} characters; the limit is {LONGEST:,}.",
            remedy="Shorten it, or split it into several builds.",
        )
    odd = next((char for char in text if ord(char) < 32 and char not in "\n\r\t\f"), "")
    if odd or "\ufffd" in text:
        shown = f"the control character U+{ord(odd):04X}" if odd else "bytes that are not UTF-8"
        raise InputError(
            f"The requirement is not plain text: it contains {shown}.", remedy="Give a UTF-8 text file."
        )
    return text


def locale(text: str) -> Literal["en", "zh"]:
    """The language to answer in: Chinese if a meaningful share of the letters is."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    latin = len(re.findall(r"[A-Za-z]", text))
    return "zh" if chinese and chinese / (chinese + latin) >= CJK_SHARE else "en"


def split(text: str) -> tuple[Clause, ...]:
    """All clauses in reading order. They do not overlap and are exact quotes."""
    kept = _protected(text)
    spans = [
        (span, heading)
        for block, heading in _blocks(text, kept)
        for span in _sentences(text, block, kept, heading)
    ]
    return tuple(
        Clause(
            id=f"C{number}",
            text=text[start:end],
            start=start,
            end=end,
            states_behaviour=not heading and _states_behaviour(text[start:end]),
        )
        for number, ((start, end), heading) in enumerate(spans, start=1)
    )


def _states_behaviour(quote: str) -> bool:
    """False only for what surely cannot be executed."""
    if not re.search(r"\w", quote):
        return False
    if GREETING.match(quote) or LABEL.match(quote) or BARE_LABEL.match(quote):
        return False
    return not (BACKGROUND.match(quote) and not WANTS.search(quote))


# ------------------------------------------------------------------ structure


def _protected(text: str) -> list[Span]:
    """Spans that are never split: code, addresses, quotations, brackets."""
    found: list[Span] = []
    for pattern in (FENCE, DOCTEST, INLINE, ADDRESS, QUOTED):
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in found):
                found.append(match.span())
    return sorted([*found, *_brackets(text, sorted(found))])


def _brackets(text: str, code: list[Span]) -> Iterator[Span]:
    """Round brackets that are closed within their paragraph."""
    opened: list[int] = []
    position = 0
    while position < len(text):
        inside = next((end for start, end in code if start <= position < end), 0)
        char = text[position]
        if inside:
            position = inside
            continue
        if char in "(（":
            opened.append(position)
        elif char in ")）" and opened:
            start = opened.pop()
            if not opened:
                yield start, position + 1
        elif char == "\n" and text[position + 1 : position + 2] in ("\n", ""):
            opened.clear()
        position += 1


def _blocks(text: str, kept: list[Span]) -> Iterator[tuple[Span, bool]]:
    """Paragraphs, list items, table rows and headings, without their markers; True for a heading."""
    start = end = -1
    for line_start, line_end in _lines(text, kept):
        line = text[line_start:line_end]
        if not line.strip() or RULE.match(line):
            if start >= 0:
                yield (start, end), False
            start = -1
        elif HEADING.match(line):
            if start >= 0:
                yield (start, end), False
            start = -1
            yield (line_start, line_end), True
        elif start < 0 or MARKER.match(line) or ROW.match(line):
            if start >= 0:
                yield (start, end), False
            marker = MARKER.match(line)
            start, end = line_start + (marker.end() if marker else 0), line_end
        else:
            end = line_end
    if start >= 0:
        yield (start, end), False


def _lines(text: str, kept: list[Span]) -> Iterator[Span]:
    """Lines; protected code over several lines is one, joined to a line before it that ends with a colon."""
    start = 0
    position = 0
    while position <= len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        inside = next((stop for begin, stop in kept if begin <= end < stop), 0)
        if inside:
            position = inside
            continue
        follows = re.compile(r"\s*\n[ \t]*(?=```|~~~|>>> )").match(text, end)
        if follows and text[start:end].rstrip().endswith((":", "：")):
            position = follows.end()
            continue
        yield start, end
        start = position = end + 1


# ------------------------------------------------------------------ sentences


def _sentences(text: str, block: Span, kept: list[Span], heading: bool) -> Iterator[Span]:
    if heading:
        yield from _trimmed(text, *block)
        return
    start = block[0]
    for end in [*_sentence_ends(text, block, kept), block[1]]:
        for sentence in _trimmed(text, start, end):
            yield from _parts(text, sentence, kept)
        start = end


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    quote = text[start:end]
    if quote.strip():
        yield start + len(quote) - len(quote.lstrip()), end - len(quote) + len(quote.rstrip())


def _sentence_ends(text: str, block: Span, kept: list[Span]) -> Iterator[int]:
    for position in range(*block):
        char = text[position]
        if (char not in ENDS and char not in CJK_ENDS) or _inside(position, kept):
            continue
        end = position + 1
        while end < block[1] and text[end] in CLOSERS + ENDS + CJK_ENDS and not _inside(end, kept):
            end += 1
        if char in CJK_ENDS or _ends_sentence(text, position, end, block[1]):
            yield end


def _ends_sentence(text: str, position: int, end: int, last: int) -> bool:
    """Whether a full stop is one: white space and something that can begin a sentence follow."""
    rest = text[end:last]
    if rest and not rest[0].isspace() and not _is_cjk(rest[0]):
        return False
    following = rest.lstrip()[:1]
    if following and "a" <= following <= "z":
        return False
    return text[position] != "." or not ABBREVIATION.search(text[max(0, position - 8) : position])


def _parts(text: str, sentence: Span, kept: list[Span]) -> Iterator[Span]:
    """A long sentence, split at its semicolons."""
    start, last = sentence
    if last - start > LONG_SENTENCE:
        for position in range(start, last):
            if text[position] in ";；" and not _inside(position, kept) and position + 1 < last:
                yield from _trimmed(text, start, position + 1)
                start = position + 1
    yield from _trimmed(text, start, last)


def _inside(position: int, kept: list[Span]) -> bool:
    return any(start <= position < end for start, end in kept)


def _is_cjk(char: str) -> bool:
    return "\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"
