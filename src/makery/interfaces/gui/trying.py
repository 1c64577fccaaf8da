"""Programs for the browser, to try: served so that they cannot reach the page they are shown in.

A program that a model wrote gets an origin of its own: the answer's `sandbox` policy makes it an opaque
one, in a frame as in a window, so that it has no cookie, no storage and no page of ours. It is addressed by
a ticket that nobody can guess, because a page without an origin sends no cookie either.
"""

import asyncio
import mimetypes
import re
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from makery.app.access import Principal
from makery.interfaces.gui.door import Door
from makery.interfaces.gui.texts import PACKAGE
from makery.kernel.errors import MakeryError

_POLICY = (
    "sandbox allow-scripts allow-forms allow-modals allow-pointer-lock; default-src 'none'; "
    "script-src {base} 'unsafe-inline' 'unsafe-eval' blob:; style-src {base} 'unsafe-inline'; "
    "img-src {base} data: blob:; font-src {base} data:; media-src {base} data: blob:; connect-src {base}; "
    "worker-src {base} blob:; form-action 'none'; base-uri {base}; frame-ancestors 'self'"
)
_HEAD = re.compile(r"<head\b[^>]*>|<!doctype[^>]*>", re.IGNORECASE)


def trying_routes(door: Door) -> APIRouter:
    """Serves the files of programs for the browser."""
    router = APIRouter(prefix="/gui/try", include_in_schema=False)

    @router.get("/{ticket}/{path:path}", response_model=None)
    async def file(request: Request, ticket: str, path: str) -> Response:
        """One file of a program."""
        known = door.tickets.find(ticket)
        if known is None or path.split("/")[0].startswith("."):
            return Response("There is nothing here.", 404, headers=_headers(request, ticket))
        try:
            content = await asyncio.to_thread(_read, door, *known, path)
        except MakeryError:
            return Response("There is no such file.", 404, headers=_headers(request, ticket))
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        if kind == "text/html":
            content = with_storage(content.decode("utf-8", "replace")).encode()
        if kind.startswith("text/"):
            kind = f"{kind}; charset=utf-8"
        return Response(content, headers={**_headers(request, ticket), "Content-Type": kind})

    return router


def _read(door: Door, run: str, who: Principal, path: str) -> bytes:
    door.served.desk.find(who, run)
    return door.served.factory.browse(run).file(path)


def _headers(request: Request, ticket: str) -> dict[str, str]:
    base = f"{request.url.scheme}://{request.headers.get('host', '')}/gui/try/{ticket}/"
    return {
        "Content-Security-Policy": _POLICY.format(base=base),
        "X-Frame-Options": "SAMEORIGIN",
        # A page without an origin may load its own scripts only if everybody may; the ticket is the lock.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-store",
    }


def with_storage(page: str) -> str:
    """A page with a storage that lasts as long as the page: without an origin the browser gives it none."""
    script = files(PACKAGE).joinpath("static", "storage.js").read_text(encoding="utf-8")
    made = f"<script>{script}</script>"
    last = None
    for last in _HEAD.finditer(page[:4096]):
        if last[0].lower().startswith("<head"):
            break
    place = last.end() if last else 0
    return page[:place] + made + page[place:]
