"""Tools: typed functions whose docstrings tell a model what they do."""


def count(text: str) -> int:
    """Count the words of a text.

    Args:
        text: any text
    """
    return len(text.split())


def longest(text: str) -> str:
    """Find the longest word of a text.

    Args:
        text: any text
    """
    return max(text.split(), key=len, default="")


KIT = (count, longest)
