"""Python literals, the form in which values of checks and programs are compared."""

import ast


def is_literal(text: str) -> bool:
    """Whether a text is a Python literal."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return True
