"""What stands before Gradio: who may pass, to which of its doors, and what its pages may do in a browser."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from makery.app.refusals import Unauthenticated
from makery.interfaces.gui.door import PRINCIPAL, Door
from makery.interfaces.gui.rendering import page
from makery.interfaces.gui.texts import Locale, texts_of
from makery.kernel.errors import MakeryError

_ASSETS = re.compile(r"^/(assets|static|svelte)/|^/(theme\.css|favicon\.ico|manifest\.json|robots\.txt)$")
"""Gradio's own files: the same for everybody."""
_DOORS = re.compile(
    r"^/gradio_api/(queue/(join|data)|run/predict|heartbeat/[^/]+|upload|upload_progress|cancel|reset/?|file=.*|info|component_server)$"
)
"""What the pages need of Gradio's interface; it has more, which fetches addresses or talks to other sites."""
_FILE = "/gradio_api/file="
POLICY = "; ".join(
    [
        "default-src 'self'",
        # Gradio's start page has scripts in it, and its HTML component makes functions.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
"""Content Security Policy: whatever got into a page could not load from, or tell, another site."""


class Guard:
    """Lets callers with a key through to a mounted Gradio application.

    Args:
        app: Gradio's.
        door: recognises callers.
        pages: the paths of its pages.
        locale: the language of its pages.
    """

    def __init__(self, app: ASGIApp, door: Door, pages: frozenset[str], locale: Locale) -> None:
        self._app = app
        self._door = door
        self._pages = pages
        self._locale: Locale = locale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        if _ASSETS.search(path):
            await self._app(scope, receive, _with(send, {"Cache-Control": "public, max-age=86400"}))
            return
        refused = await self._refused(scope, path)
        if refused is not None:
            await refused(scope, receive, _with(send, {"Content-Security-Policy": POLICY}))
            return
        await self._app(scope, receive, _with(send, {"Content-Security-Policy": POLICY}))

    async def _refused(self, scope: Scope, path: str) -> Response | None:
        is_page = path in self._pages and scope["method"] in ("GET", "HEAD")
        remote = path.startswith(_FILE) and "://" in path
        if not (is_page or _DOORS.search(path)) or remote:
            return HTMLResponse("There is nothing here.", status_code=404)
        try:
            # `app` is Gradio's inside of a mount; the recogniser looks for the server's parts on ours.
            request = Request({**scope, "app": self._door.app})
            scope[PRINCIPAL] = await self._door.recognise(request)
        except Unauthenticated as error:
            return RedirectResponse("/gui/login", 303) if is_page else _told(error, 401, self._locale)
        except MakeryError as error:
            return _told(error, 403, self._locale)
        return None


def _told(error: MakeryError, status: int, locale: Locale) -> Response:
    return HTMLResponse(page("refused", message=str(error), t=texts_of(locale), locale=locale), status)


def _with(send: Send, added: dict[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers[name] = value
        await send(message)

    return sending


def accepted_language(scope: Scope) -> str:
    """The languages that a browser says it reads."""
    return Headers(scope=scope).get("accept-language", "")
