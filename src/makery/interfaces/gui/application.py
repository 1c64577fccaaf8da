"""The web page in the server's application: Gradio's pages in each language, and what their script needs."""

import warnings
from importlib.resources import files

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from makery.app.refusals import Unauthenticated
from makery.interfaces.gui.door import Door, Recognise
from makery.interfaces.gui.guard import Guard, accepted_language
from makery.interfaces.gui.live import live_routes
from makery.interfaces.gui.rendering import page, style
from makery.interfaces.gui.texts import LOCALES, PACKAGE, Locale, locale_of, texts_of
from makery.interfaces.gui.tickets import Tickets
from makery.interfaces.gui.trying import trying_routes
from makery.kernel.errors import MakeryError

COOKIE_SECONDS = 7 * 86_400
LANGUAGE = "makery_language"
_KINDS = {"gui.js": "text/javascript", "gui.css": "text/css"}
_SITES = ("", "same-origin", "none")


def add_gui(app: FastAPI, recognise: Recognise, cookie: str) -> None:
    """Add the web page to an application.

    Args:
        app: holds the server's parts in `state.serving` once it serves.
        recognise: says who calls.
        cookie: the name of the cookie in which `recognise` finds a key.
    """
    door = Door(app, recognise, cookie, Tickets())
    for locale in LOCALES:
        _mount(app, door, locale)
    app.include_router(live_routes(door))
    app.include_router(trying_routes(door))
    _add_entrance(app, door)
    _add_files(app)


def _mount(app: FastAPI, door: Door, locale: Locale) -> None:
    import gradio as gr

    from makery.interfaces.gui.pages.site import THEME, site

    blocks, pages = site(door, locale)
    head = (
        '<link rel="stylesheet" href="/gui/files/code.css"><link rel="stylesheet" href="/gui/files/gui.css">'
    )
    with warnings.catch_warnings():
        # It warns that several pages cannot be rendered on the server, which is not asked for.
        warnings.filterwarnings("ignore", message="SSR mode")
        gr.mount_gradio_app(
            app,
            blocks,
            path=f"/gui/{locale}",
            footer_links=[],
            run_history=False,
            show_error=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            theme=THEME(),
            head=f'{head}<script src="/gui/files/gui.js"></script>',
        )
    path = f"/gui/{locale}"
    inner = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == path)
    app.router.routes[:] = [route for route in app.routes if getattr(route, "path", "") != path]
    app.mount(path, Guard(inner, door, pages, locale))


# ------------------------------------------------------------------------- entrance


def _add_entrance(app: FastAPI, door: Door) -> None:
    """`/`, `/gui/` and the page that asks for a key."""

    def home(request: Request) -> Response:
        token = request.query_params.get("token", "")
        return _entered(door, request, token, operator=True) if token else RedirectResponse("/gui/")

    def language(request: Request) -> Response:
        return RedirectResponse(f"/gui/{_locale(request)}/")

    def ask(request: Request, refused: str = "", status: int = 200) -> HTMLResponse:
        locale = _locale(request)
        return HTMLResponse(page("login", t=texts_of(locale), refused=refused, locale=locale), status)

    def login(request: Request, key: str = Form(max_length=300)) -> Response:
        if request.headers.get("sec-fetch-site", "") not in _SITES:
            return ask(request, texts_of(_locale(request))["login_other_site"], 403)
        try:
            return _entered(door, request, key.strip())
        except MakeryError as error:
            return ask(request, error.message, 401)

    def only_ask(request: Request) -> Response:
        return ask(request)

    # Before the API's own answer to `/`, which knows of no page.
    app.router.routes.insert(0, Route("/", home, methods=["GET"], include_in_schema=False))
    for path, work, method in (
        ("/gui/", language, "GET"),
        ("/gui/login", only_ask, "GET"),
        ("/gui/login", login, "POST"),
    ):
        app.add_api_route(path, work, methods=[method], include_in_schema=False, response_model=None)


def _entered(door: Door, request: Request, key: str, *, operator: bool = False) -> Response:
    """The way in, with the key kept as a cookie.

    An address with a token in it may come from anywhere: only the server's own token is taken from there.

    Raises:
        Unauthenticated: the key opens nothing.
    """
    who = door.served.doors.recognise(key)
    if operator and not who.may("operator"):
        raise Unauthenticated("This token is not the server's.", remedy="Open the address that it printed.")
    response = RedirectResponse("/gui/", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        door.cookie, key, max_age=COOKIE_SECONDS, httponly=True, samesite="strict", secure=secure
    )
    return response


def _locale(request: Request) -> Locale:
    chosen = request.cookies.get(LANGUAGE, "")
    return locale_of(chosen or accepted_language(request.scope))


# ---------------------------------------------------------------------------- files


def _add_files(app: FastAPI) -> None:
    """The pages' script and style sheets."""

    def file(name: str) -> Response:
        headers = {"Cache-Control": "no-cache"}
        if name == "code.css":
            return Response(style(), media_type="text/css", headers=headers)
        if name not in _KINDS:
            return Response("There is nothing here.", 404)
        text = files(PACKAGE).joinpath("static", name).read_text(encoding="utf-8")
        return Response(text, media_type=_KINDS[name], headers=headers)

    app.add_api_route("/gui/files/{name}", file, include_in_schema=False, response_model=None)
