"""What `makery doctor` prints."""

import json
from collections.abc import Sequence

import typer

from makery.app.doctor import Diagnosis, healthy

_MARKS = {"ok": "✓", "missing": "✗", "optional": "–"}
_UNHEALTHY = 5


def print_findings(found: Sequence[Diagnosis], *, as_json: bool) -> int:
    """Print all findings and give the exit status."""
    if as_json:
        facts = {"healthy": healthy(tuple(found)), "findings": [one.model_dump() for one in found]}
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for one in found:
            typer.echo(f"{_MARKS[one.standing]} {one.name:<12} {one.detail}")
            if one.mend:
                typer.echo(f"  {'':<12} → {one.mend}")
    return 0 if healthy(tuple(found)) else _UNHEALTHY
