"""Runs: ordered, listed, shown."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from fastapi import Path as InPath
from pydantic import ValidationError

from makery.app.desk import Started
from makery.app.options import BuildOptions
from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.serving import Caller, Server
from makery.kernel.errors import InputError

router = APIRouter(prefix="/runs", tags=["runs"], responses=RESPONSES)

RunId = Annotated[str, InPath(max_length=40, pattern=r"^[0-9a-z]+$", examples=["01kb3v2m5q7r9"])]
Eyes = Annotated[
    str | None,
    Query(
        alias="role",
        max_length=80,
        description="Your seat, where persons take part: while the run lasts you see what that role may "
        "know. Without it: what all persons' roles may know. `*`: everything, for operators.",
        examples=["anna"],
    ),
]
Once = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        pattern=r"^[\x21-\x7e]*$",
        description="A second order under the same key gives the first one's run.",
    ),
]
Before = Annotated[
    str, Query(max_length=40, pattern=r"^[0-9a-z]*$", description="`next` of the page before.")
]
Most = Annotated[int, Query(ge=1, le=200, description="Items on a page.")]
CREATED: dict[int | str, dict[str, Any]] = {
    200: {"model": wire.RunDetail, "description": "The run that was made before under this key."}
}
"""What an operation that makes a run may answer beside the new run."""


@router.post("", status_code=201, responses=CREATED)
async def create_run(
    order: wire.NewRun, who: Caller, server: Server, response: Response, once: Once = ""
) -> wire.RunDetail:
    """Have a program made. The answer comes at once; follow the run's events."""
    options = _options(order)
    started = await server.desk.start(who, options, project=order.project or "", once=once)
    return await started_run(started, server, who, response)


@router.post("/change", status_code=201, responses=CREATED)
async def change_repository(
    order: Annotated[
        str,
        Form(
            max_length=2 << 20,
            description="A NewRun as JSON.",
            examples=['{"requirement": "Add a --json option"}'],
        ),
    ],
    archive: Annotated[UploadFile, File(description="The repository: .zip, .tar, .tar.gz or .tar.xz.")],
    who: Caller,
    server: Server,
    response: Response,
    once: Once = "",
) -> wire.RunDetail:
    """Have a repository changed: its files come as an archive, the changes are on a branch of their own."""
    wanted = _order(order)
    with _kept(archive) as path:
        started = await server.desk.start(
            who, _options(wanted), project=wanted.project or "", archive=path, once=once
        )
    return await started_run(started, server, who, response)


@router.get("")
def list_runs(
    who: Caller,
    server: Server,
    before: Before = "",
    most: Most = 50,
    project: Annotated[str, Query(max_length=80, description="Id or name of one project.")] = "",
) -> wire.Page[wire.Run]:
    """Your runs, newest first."""
    found = server.desk.page(who, project=project, most=most + 1, before=before)
    items = tuple(shown.run(owned) for owned in found[:most])
    return wire.Page[wire.Run](items=items, next=items[-1].id if len(found) > most else "")


@router.get("/{run}")
def show_run(run: RunId, who: Caller, server: Server) -> wire.RunDetail:
    """One run as it stands."""
    return shown.run_detail(server.desk.find(who, run), server.desk.result(who, run))


def _options(order: wire.NewRun) -> BuildOptions:
    # Without gates nobody is asked anything: there is no terminal at which somebody could answer.
    return BuildOptions(**order.model_dump(exclude={"project"}), yes=not order.ask)


def _order(text: str) -> wire.NewRun:
    try:
        return wire.NewRun.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(["order", *map(str, first["loc"])])
        raise InputError(f"{place}: {first['msg']}.", remedy="Send the fields of a NewRun as JSON.") from None


@contextmanager
def _kept(upload: UploadFile) -> Iterator[Path]:
    """The upload as a file of its own, as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="makery-upload-") as folder:
        path = Path(folder, "archive")
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        yield path


async def started_run(started: Started, server: Server, who: Caller, response: Response) -> wire.RunDetail:
    """The answer to an order, new or made before."""
    run = started.run.record.id
    response.headers["Location"] = f"/api/v1/runs/{run}"
    if started.again:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    else:
        server.metrics.run_started()
    result = await asyncio.to_thread(server.desk.result, who, run)
    return shown.run_detail(started.run, result)
