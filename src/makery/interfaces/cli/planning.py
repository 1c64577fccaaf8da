"""From the words of `makery schedule` to what is planned, and back."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from makery.app.options import BuildOptions
from makery.app.scheduling import Due, WakeUp
from makery.app.societies import team_order
from makery.durable.planned import Planned
from makery.interfaces.cli.running import read_requirement
from makery.interfaces.cli.tables import show
from makery.kernel.errors import InputError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def order_of(
    requirement: str | None, file: Path | None, team: str | None, resume: str | None, given: dict[str, Any]
) -> Due:
    """What is to begin.

    Raises:
        InputError: the words do not go together, or a file cannot be read.
    """
    if resume is not None:
        model, limits = given["model"], {name: each for name, each in given.items() if name != "model"}
        if any(each is not None for each in (requirement, file, team, model)):
            raise InputError("A run that is woken has its requirement, team and model already.")
        return WakeUp(run=resume, **limits)
    text = read_requirement(requirement, file)
    if team is None:
        return BuildOptions(requirement=text, yes=True, **given)
    return team_order(team, text, yes=True, **given)


def time_of(text: str, timezone: str) -> datetime:
    """A moment, from an ISO time in a time zone or from a distance such as +90m.

    Raises:
        InputError: it is neither, or there is no such zone.
    """
    distance = re.fullmatch(r"\+(\d+)([mhdw])", text.strip(), re.ASCII)
    try:
        if distance is not None:
            return datetime.now(UTC) + timedelta(**{_UNITS[distance[2]]: int(distance[1])})
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    except (ValueError, KeyError, OSError, OverflowError):
        raise InputError(
            f"{text!r} in {timezone!r} is no time.", remedy="For example 2026-12-24T18:00, or +90m, +2h, +3d."
        ) from None


def print_planned(planned: Iterable[Planned], *, as_json: bool) -> None:
    """A table of what is planned."""
    rows = [
        {"name": one.name, "when": one.when, "last": one.last or None, **_what(json.loads(one.order))}
        for one in planned
    ]
    show(
        rows, ("name", "when", "what", "last"), as_json=as_json, empty="Nothing is planned.", brief=("what",)
    )


def _what(order: dict[str, Any]) -> dict[str, str]:
    what = {
        "resume": f"resume {order.get('run')}",
        "team": f"{order.get('name')}: {order.get('requirement')}",
    }
    return {"kind": order["kind"], "what": what.get(order["kind"]) or str(order.get("requirement"))}
