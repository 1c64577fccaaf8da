"""What a run made: files, differences, report, verdict, cost."""

import mimetypes
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from makery.app.browsing import Browser
from makery.app.refusals import NotFound
from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import RunId
from makery.interfaces.api.serving import Caller, Server, Serving

router = APIRouter(prefix="/runs", tags=["results"], responses=RESPONSES)

CommitId = Annotated[str, Query(pattern=r"^([0-9a-f]{4,64})?$", description="A commit's id.")]
_IN_MEMORY = 8 << 20
_PIECE = 256 * 1024
_PICTURES = frozenset(["image/png", "image/jpeg", "image/gif", "image/webp"])
_CONTAINED = {"Content-Security-Policy": "sandbox; default-src 'none'"}
"""What models wrote is data: a browser that opens it runs nothing of it."""


def _text(kind: str, description: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": description, "content": {kind: {"schema": {"type": "string"}}}}}


class _Download(StreamingResponse):
    """Sends a file, and closes it however that ends."""

    def __init__(self, file: IO[bytes], kind: str, headers: dict[str, str]) -> None:
        super().__init__(_pieces(file), media_type=kind, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as long as it is read."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


@router.get("/{run}/files")
def list_files(run: RunId, who: Caller, server: Server) -> wire.Tree:
    """The program's files, what Makery wrote about it, and its commits."""
    return shown.tree(_browser(server, who, run).tree())


@router.get(
    "/{run}/files/{path:path}",
    response_class=Response,
    responses={
        200: {
            "description": "The file: text as text/plain, pictures as such, all else as octets.",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "image/png": {},
                "application/octet-stream": {},
            },
        }
    },
)
def read_file(
    run: RunId,
    path: Annotated[str, InPath(max_length=1024, examples=["main.py"])],
    who: Caller,
    server: Server,
) -> Response:
    """One file as it stands now."""
    content = _browser(server, who, run).file(path)
    return Response(content, media_type=_kind(path, content), headers=_CONTAINED)


@router.get(
    "/{run}/archive",
    response_class=StreamingResponse,
    responses={200: {"description": "A zip archive.", "content": {"application/zip": {}}}},
)
def download(run: RunId, who: Caller, server: Server) -> Response:
    """Program and report as a zip archive."""
    out = _zipped(_browser(server, who, run))
    name = {"Content-Disposition": f'attachment; filename="{run}.zip"'}
    return _Download(out, "application/zip", name)


@router.get("/{run}/diff", response_class=Response, responses=_text("text/x-diff", "A unified diff."))
def show_diff(run: RunId, who: Caller, server: Server, old: CommitId = "", new: CommitId = "") -> Response:
    """What changed between two commits; by default all that the run changed."""
    diff = _browser(server, who, run).diff(old, new)
    return Response(
        diff.encode("utf-8", "replace"), media_type="text/x-diff; charset=utf-8", headers=_CONTAINED
    )


@router.get("/{run}/report", response_class=Response, responses=_text("text/markdown", "Markdown."))
def read_report(run: RunId, who: Caller, server: Server) -> Response:
    """The report: what was asked, proved, not proved, and paid."""
    content = _browser(server, who, run).file(".makery/report.md")
    return Response(content, media_type="text/markdown; charset=utf-8", headers=_CONTAINED)


@router.get("/{run}/verdict")
def show_verdict(run: RunId, who: Caller, server: Server) -> wire.JudgedRun:
    """The verdict, clause by clause; 404 until there is one."""
    verdict = server.desk.result(who, run).verdict
    if verdict is None:
        raise NotFound(f"Run {run!r} has no verdict yet.", remedy="Follow its events until it ends.")
    return wire.JudgedRun(sentence=str(verdict), verdict=verdict)


@router.get("/{run}/cost")
def show_cost(run: RunId, who: Caller, server: Server) -> wire.Cost:
    """What the run used so far, by role and skill."""
    return shown.cost(_browser(server, who, run))


def _browser(server: Serving, who: Caller, run: str) -> Browser:
    return server.factory.browse(server.desk.find(who, run).record.id)


def _zipped(browser: Browser) -> IO[bytes]:
    out: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        browser.zip(out)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _kind(path: str, content: bytes) -> str:
    guessed = mimetypes.guess_type(path)[0] or ""
    if guessed in _PICTURES:
        return guessed
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
