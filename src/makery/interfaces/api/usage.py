"""What the relay's keys used, and how its accounts are."""

import csv
import io
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from makery.client import tenancy, wire
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.serving import Caller, Server

router = APIRouter(prefix="/relay", tags=["relay"], responses=RESPONSES)

Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", examples=["2026-11-27"], description="UTC.")]


@router.get(
    "/usage",
    response_model=wire.Page[tenancy.UsageRow],
    responses={
        200: {
            "description": "By day, key and model.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
def show_usage(
    who: Caller,
    server: Server,
    since: Day = "",
    until: Day = "",
    form: Annotated[Literal["json", "csv"], Query(description="How the rows come.")] = "json",
    after: Annotated[int, Query(ge=0, lt=2**31, description="`next` of the page before.")] = 0,
    most: Annotated[int, Query(ge=1, le=5000, description="Rows on a page; CSV is whole.")] = 1000,
) -> wire.Page[tenancy.UsageRow] | Response:
    """What your organisation's keys used, by day, key and model; as JSON or CSV."""
    who.require("admin")
    found = server.registers.relay_usage.rows(who.organisation, since=since, until=until)
    mine = server.registers.access.keys(who.organisation) if who.project else ()
    confined = {key.id for key in mine if key.project == who.project}
    rows = tuple(
        tenancy.UsageRow.model_validate(use.model_dump(exclude={"organisation"}))
        for use in found
        if not who.project or use.key in confined
    )
    if form == "json":
        end = after + most
        return wire.Page[tenancy.UsageRow](items=rows[after:end], next=str(end) if len(rows) > end else "")
    return Response(_csv(rows), media_type="text/csv; charset=utf-8")


@router.get("/accounts")
def list_accounts(who: Caller, server: Server) -> wire.Page[tenancy.AccountInfo]:
    """How the relay's accounts have done; for the server's operator."""
    health = server.relay.health(who)
    infos = tuple(tenancy.AccountInfo.model_validate(account.model_dump()) for account in health)
    return wire.Page[tenancy.AccountInfo](items=infos)


def _csv(rows: tuple[tenancy.UsageRow, ...]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(tenancy.UsageRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump() | {"model": _plain(row.model)} for row in rows)
    return out.getvalue()


def _plain(text: str) -> str:
    """A model's name comes from who asked for it: a spreadsheet must not take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
