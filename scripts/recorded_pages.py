"""Where recordings are, and how a run is shown: whole, on a page of its own, and in short on another."""

import json
import re
from pathlib import Path
from typing import Any, Protocol

from society_table import ROWS, SOCIETIES, Came, Recorded

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "societies"
FOLDER = PAGES / "recorded"
_BEGIN, _END = "<!-- recorded -->\n", "<!-- /recorded -->"


class Shown(Protocol):
    """What is shown of a run."""

    @property
    def shown(self) -> str: ...
    @property
    def came(self) -> Came: ...
    @property
    def files(self) -> dict[str, str]: ...


def command_of(society: Recorded) -> str:
    """The command that replays it."""
    team = society.team or society.name
    team = f"docs/societies/{team}" if team.endswith(".yaml") else team
    task = society.task.replace("`", "\\`")
    given = "".join(f" --put docs/societies/given/{name}" for name in society.given)
    return (
        f'makery team run {team} "{task}"{given} --yes --replay docs/societies/recorded/{society.name}.jsonl'
    )


def page_of(society: Recorded, facts: dict[str, Any], run: Shown) -> str:
    """The page of a recorded run: how it was made, the conversation, the answer, the files."""
    parts = [
        f"# A recorded run: {society.name}\n",
        f"{_told(society, facts)} On {facts['machine']}.\n",
        f"Without a model, it comes out again with\n\n    {command_of(society)}\n",
        f"## The conversation\n\n{_fenced(run.shown)}",
        f"## What it came to\n\n{_fenced(run.came.answer)}",
        *(f"## {name}\n\n{_fenced(text)}" for name, text in sorted(run.files.items())),
    ]
    return "\n".join(parts)


def shown_on(society: Recorded, facts: dict[str, Any] | None) -> str:
    """The lines on the society's page."""
    if facts is None:
        command = f"python scripts/record_society.py --only {society.name}"
        return f"`{society.name}` is not recorded yet; `{command}` does it.\n"
    whole = f"[The whole conversation](recorded/{society.name}.md)"
    return (
        f"{_told(society, facts)}\n{whole}; "
        f"it comes out again, without a model, with\n\n    {command_of(society)}\n"
    )


def _told(society: Recorded, facts: dict[str, Any]) -> str:
    task = " ".join(society.task.split())
    verdict = "**It works**" if facts["works"] else "**It does not work**"
    ended = f"exit status {facts['exit_status']} ({facts['message'].strip()})"
    held = f"the check ({facts['check']}) {'holds' if facts['held'] else 'does not hold'}"
    spent = (
        f"{facts['calls']} model calls, {facts['tokens']} tokens, {facts['model_seconds']:g} s of model time"
    )
    about = f"`{society.name}` on `{facts['model']}`, {facts['date']}"
    return f"{about}: “{task}” {verdict}: {ended}, and {held}. {spent}."


def _fenced(text: str) -> str:
    longest = max((len(found) for found in re.findall(r"~{3,}", text)), default=2)
    fence = "~" * max(4, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


# ----------------------------------------------------------------- all that is recorded


def file_of(society: Recorded, ending: str) -> Path:
    """One of the three files of a recording."""
    return FOLDER / f"{society.name}.{ending}"


def has(society: Recorded) -> bool:
    """Whether it is recorded."""
    return all(file_of(society, ending).is_file() for ending in ("jsonl", "json", "md"))


def recorded_facts() -> dict[str, dict[str, Any]]:
    """What is known of each society that is recorded, by its name."""
    return {
        society.name: json.loads(file_of(society, "json").read_text(encoding="utf-8"))
        for society in SOCIETIES
        if has(society)
    }


def pages() -> dict[Path, str]:
    """Each page, with its section on recorded runs as it should be."""
    names = dict.fromkeys(society.page for society in SOCIETIES)
    return {PAGES / f"{name}.md": _with_runs(name) for name in names}


def _with_runs(name: str) -> str:
    facts = recorded_facts()
    mine = (society for society in SOCIETIES if society.page == name)
    section = "\n".join(shown_on(society, facts.get(society.name)) for society in mine)
    before, _, rest = (PAGES / f"{name}.md").read_text(encoding="utf-8").partition(_BEGIN)
    return f"{before}{_BEGIN}{section}{_END}{rest.partition(_END)[2]}"


def working() -> tuple[str, ...]:
    """The systems all of whose recorded societies work."""
    facts = recorded_facts()
    return tuple(
        row
        for row in ROWS
        if all(facts.get(society.name, {}).get("works") for society in SOCIETIES if society.row == row)
    )
