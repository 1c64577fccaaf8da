"""Examples that stand on lines of their own: `f(2) == 4`, `f(2) ➞ 4`, `For n = 2 the output should be 4`."""

import ast
import re
from collections.abc import Iterator

from makery.kernel.literals import is_literal

BULLET = r"(?:[-*•]|\d+[.)])\s+"
SIGN = r"\#?\s*(?:={1,2}>|-{1,2}>|➞|→|⇒|➡|==?)|(?:should\s+)?(?:returns?|gives|equals)\b|返回|得到|等于"
EXAMPLE = re.compile(rf"^[ \t]*(?:{BULLET})?(?:assert\s+)?(\w+\(.*?\))\s*({SIGN})[ \t]*(\S.*)$", re.MULTILINE)
GIVEN = re.compile(
    r"^[ \t]*(?:[-*•]\s+)?(?:for|if|when|given|inputs?:)[ \t]+(\w+\s*=.+?)[,:;]?\s+"
    r"(?:(?:the\s+)?(?:output|result|answer|return value)(?:\s+should\s+be|\s+is|:|\s*=)|returns?)\s*(\S.*)$",
    re.MULTILINE | re.IGNORECASE,
)
REMARK = re.compile(r"\s*[.;]?\s*(?:#.*|\([^()\d]*\))?[.;]?\s*$")
"""What may stand behind the value: a comment, words in brackets, the end of the sentence."""
OTHER_WORDS = {"true": "True", "false": "False", "null": "None", "none": "None"}
"""Values as other languages write them."""


def called(text: str) -> Iterator[tuple[ast.Call, str]]:
    """Calls of a function by name on one side, with a literal on the other.

    Where the text shows heads of functions, only those are meant. A function for which a formula is given,
    as in `f(n) = f(n - 1) + 1`, has its single `=` as a formula everywhere.
    """
    heads = {name for name, _ in _signatures(text)}
    found = list(_calls(text))
    formulas = {name for _, name, sign, rest in found if sign == "=" and not literal(rest)}
    for call, name, sign, rest in found:
        value = literal(rest)
        if value and (not heads or name in heads) and not (sign == "=" and name in formulas):
            yield call, value


def _calls(text: str) -> Iterator[tuple[ast.Call, str, str, str]]:
    """Each line's call, the name of its function, the sign, and what stands behind that."""
    for source, sign, rest in EXAMPLE.findall(text):
        call = _expression(source)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            yield call, call.func.id, sign, rest


def given(text: str) -> Iterator[tuple[ast.Call, str]]:
    """Arguments by name and the value for them, as a call of the one function that takes just these."""
    for source, rest in GIVEN.findall(text):
        call, value = _expression(f"f({source})"), literal(rest)
        if not isinstance(call, ast.Call) or call.args or not value:
            continue
        names = [keyword.arg for keyword in call.keywords]
        takers = [name for name, parameters in _signatures(text) if parameters == names]
        if len(takers) == 1:
            call.func = ast.Name(takers[0], ast.Load())
            yield call, value


def literal(text: str) -> str:
    """The Python literal at the beginning of a line's rest; '' if anything but a remark follows it."""
    stripped = text.strip()
    ends = [len(stripped), *(match.start() for match in re.finditer(r"\s+[#(]|[.;]\s*(?:$|[#(])", stripped))]
    for end in sorted(set(ends)):
        value = stripped[:end].strip()
        value = OTHER_WORDS.get(value, value)
        if is_literal(value) and not _bracketed(value) and REMARK.fullmatch(stripped[end:]):
            return value
    return ""


def _bracketed(value: str) -> bool:
    """Whether brackets stand around a single value, which may be meant as a tuple of one or not."""
    return value.startswith("(") and not isinstance(ast.literal_eval(value), tuple | complex)


def _expression(source: str) -> ast.expr | None:
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _signatures(text: str) -> Iterator[tuple[str, list[str]]]:
    """Functions whose head stands in the text, with the names of their parameters."""
    for name, parameters in re.findall(r"^[ \t]*def (\w+)\(([^()]*)\)", text, re.MULTILINE):
        yield (
            name,
            [part.split(":")[0].split("=")[0].strip() for part in parameters.split(",") if part.strip()],
        )
