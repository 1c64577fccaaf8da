"""The message of an error: for people on standard error, with `--json` an object on standard output."""

import json
import tempfile
import traceback
from pathlib import Path

import typer

from makery.kernel.errors import ContractViolation, MakeryError

NOTHING_SPENT = {"prompt": 0, "completion": 0, "cached": 0}


def tell(error: Exception, *, as_json: bool = False) -> int:
    """Tell the user what went wrong and give the exit status."""
    status = exit_status(error)
    typer.echo(message_of(error), err=True)
    if as_json:
        typer.echo(json.dumps(_object(error, status), ensure_ascii=False))
    return status


def exit_status(error: Exception) -> int:
    """The exit status that the command line documents for an error."""
    return error.exit_status if isinstance(error, MakeryError) else 1


def message_of(error: Exception) -> str:
    """What is wrong and what to do; for a bug of ours also where its traceback was saved."""
    if isinstance(error, MakeryError) and not _is_bug(error):
        return "\n".join(part for part in (f"Error: {error.message}", error.remedy) if part)
    saved = _save_traceback(error)
    return (
        f"A bug in Makery: {type(error).__name__}: {error}\n"
        f"Please report it with what you did and this traceback: {saved}\n"
        "What was recorded before it is not lost."
    )


def _is_bug(error: MakeryError) -> bool:
    return isinstance(error, ContractViolation)


def _save_traceback(error: Exception) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="makery-bug-", suffix=".txt", delete=False
    ) as file:
        file.writelines(traceback.format_exception(error))
    return Path(file.name)


def _object(error: Exception, status: int) -> dict[str, object]:
    return {
        "run_id": "",
        "verdict": "not verified",
        "out": "",
        "seconds": 0.0,
        "tokens": NOTHING_SPENT,
        "usd": 0.0,
        "calls": 0,
        "exit_status": status,
        "error": type(error).__name__,
        "message": str(error),
    }
