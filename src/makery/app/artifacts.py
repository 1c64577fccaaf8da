"""Artifacts that a user hands in as JSON."""

import json
from typing import Any

from pydantic import ValidationError

from makery.app.unfit import first_unfit
from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation, InputError

_FORM = 'Give {"kind": "SystemDesign", "data": {…}}, or the object that `makery skills run … --json` printed.'


def read_artifact(text: str) -> Artifact:
    """The artifact in a JSON text: its record form, or any object that has one under `artifact`.

    Raises:
        InputError: it is no JSON, of an unknown kind, or does not fit its kind.
    """
    record = _record(text)
    try:
        return Artifact.load(str(record["kind"]), record["data"])
    except ContractViolation as error:
        raise InputError(error.message, remedy=_FORM) from None
    except ValidationError as error:
        place, words = first_unfit(error)
        raise InputError(f"The {record['kind']} does not fit: {'.'.join(place)!r} {words}.") from None


def record_of(artifact: Artifact) -> dict[str, Any]:
    """The form that `read_artifact` reads."""
    return {"kind": artifact.kind(), "data": artifact.model_dump(mode="json")}


def _record(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"The artifact is no JSON: {error}.", remedy=_FORM) from None
    if isinstance(value, dict) and isinstance(value.get("artifact"), dict):
        value = value["artifact"]
    if not isinstance(value, dict) or not {"kind", "data"} <= value.keys():
        raise InputError("The artifact has no kind and data.", remedy=_FORM)
    return value
