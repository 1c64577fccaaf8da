"""Short texts that protocols put into a turn's prompt: one Markdown file each, beside this module."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

Note = Literal[
    "best_answer",
    "best_proposal",
    "change_strategy",
    "finish",
    "next_speaker",
    "next_state",
    "not_run",
    "run_it",
    "sum_up",
    "which_specialist",
]


@lru_cache(maxsize=32)
def note(name: Note) -> str:
    """The text of a note."""
    return Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8").strip()
