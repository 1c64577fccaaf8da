"""How many tokens a text is, without the model's tokenizer: an estimate that errs on the high side."""

import re

_PIECES = re.compile(r"[A-Za-z]+|\d|\s+|[^\sA-Za-z\d]")
_LETTERS_PER_TOKEN = 5
_BLANKS_PER_TOKEN = 8
OVERHEAD = 32
"""Tokens that a chat template and special tokens add to a request."""


def estimate(text: str) -> int:
    """About how many tokens a text is.

    Counted as byte-pair vocabularies split text before they merge it: runs of letters, single digits,
    runs of blanks (one blank joins the next word), and every other character, Chinese ones included.
    """
    return sum(map(_weight, _PIECES.findall(text)))


def _weight(piece: str) -> int:
    if piece[0].isspace():
        return 0 if piece == " " else -(-len(piece) // _BLANKS_PER_TOKEN)
    return -(-len(piece) // _LETTERS_PER_TOKEN)
