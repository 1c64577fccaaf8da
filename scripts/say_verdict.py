"""Says where a delivered program is, what was proved about it and how to run it, from its own report.

Usage: python scripts/say_verdict.py DIR
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def sentences(folder: Path) -> Iterator[str]:
    """Give the lines to print for a delivered folder."""
    papers = folder / ".makery"
    verdict = json.loads((papers / "verdict.json").read_text(encoding="utf-8"))
    report = (papers / "report.md").read_text(encoding="utf-8")
    yield f"The program is in ./{folder}/, its report in ./{papers / 'report.md'}."
    yield f"Verdict: {verdict['sentence']}"
    yield from (f"  {_standing(proof)}: {proof['quote']}" for proof in verdict["proofs"])
    yield from (f"  Why it is not verified: {reason}" for reason in verdict["reasons"])
    run = _how_to_run(report)
    if run:
        yield f"Run it:  cd {folder} && {run}"


def _standing(proof: Mapping[str, Any]) -> str:
    if proof["failed"]:
        return "FAILED    "
    return "proved    " if proof["checks"] else "not proved"


def _how_to_run(report: str) -> str:
    """The report shows the command as an indented block under its heading."""
    found = re.search(r"^## How to run it\n\n {4}(.+)$", report, re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    print("\n".join(sentences(Path(sys.argv[1]))))
