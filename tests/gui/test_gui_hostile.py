"""What models and users write stays text wherever the page shows it.

What is shown is made from the types that the ledger and the application have: each field of each of them is
hostile, so that a new field, a new event and a new kind of artifact are covered at once.
"""

import importlib
import pkgutil
import types
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pytest
from api_server import Gate
from playwright.sync_api import Page, expect
from pydantic import BaseModel

import makery.kernel
from makery.app.comparison import Comparison
from makery.app.doctor import Diagnosis
from makery.app.labels import Label
from makery.app.meter import Tally
from makery.app.models import ModelRow, Trial
from makery.app.result import RunResult
from makery.app.societies import TeamRow
from makery.app.usual import Usual
from makery.interfaces.gui.decisions import decisions
from makery.interfaces.gui.entries import body, line
from makery.interfaces.gui.live import PANELS
from makery.interfaces.gui.pages.run_documents import diagram
from makery.interfaces.gui.pages.run_result import bars
from makery.interfaces.gui.rendering import code, diff, markdown, page, plain
from makery.interfaces.gui.scene import Scene
from makery.interfaces.gui.texts import LOCALES, PACKAGE, texts_of
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Limits
from makery.kernel.documents import PlannedFile, Requirement, SystemDesign
from makery.kernel.events import Entry, Event, MessagePublished
from makery.kernel.message import Message
from makery.store.runs import RunRecord
from makery.teams.team_file import RoleEntry

EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>\"'><b onclick=window.hit=1>"
LINKS = "[x](javascript:window.hit=1) ![x](https://evil.example/x.png) <javascript:window.hit=1>"
BAD = EVIL + LINKS
M = TypeVar("M", bound=BaseModel)


def hostile(kind: type[M], **more: object) -> M:
    """A value of a type whose every text is hostile; `more` are fields that have to fit others."""
    return kind.model_validate({**_value(kind), **more})


def _value(kind: Any) -> Any:
    """What such a value is read from."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(inside[0])
    if origin is Literal:
        return inside[-1]
    if origin in (Union, types.UnionType):
        return _value(next(one for one in inside if one is not type(None)))
    if origin in (tuple, list, frozenset):
        return [_value(one) for one in inside if one is not Ellipsis]
    if origin is dict:
        return {BAD: _value(inside[1])}
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Artifact:
        return {name: _value(field.annotation) for name, field in kind.model_fields.items()}
    simple = {str: BAD, int: 1, float: 1.0, bool: True, Any: BAD, Path: Path("x"), Artifact: None}
    return simple.get(kind)


def _artifacts(base: type[Artifact] = Artifact) -> Iterator[type[Artifact]]:
    """All kinds that Makery has."""
    for kind in base.__subclasses__():
        if kind.__module__.startswith("makery.kernel"):
            yield kind
        yield from _artifacts(kind)


for _module in pkgutil.iter_modules(makery.kernel.__path__):
    importlib.import_module(f"makery.kernel.{_module.name}")

_CLAUSE = {"id": BAD, "text": BAD, "start": 0, "end": len(BAD)}
ARTIFACTS = [
    hostile(kind, **({"clauses": [_CLAUSE]} if kind is Requirement else {})) for kind in _artifacts()
]
EVENTS = [
    *(hostile(kind) for kind in get_args(get_args(Event)[0]) if kind is not MessagePublished),
    *(
        MessagePublished(
            act=f"a{n}",
            message=Message(id=BAD, sender=BAD, skill=BAD, artifact=one, causes=(BAD,)).record(),
        )
        for n, one in enumerate(ARTIFACTS)
    ),
]


def named(event: Any) -> str:
    """What a test's case is called."""
    return event.message["artifact"]["kind"] if isinstance(event, MessagePublished) else event.type


def harmless(html: str) -> bool:
    """Whether nothing of EVIL or LINKS is a tag, an attribute, or a link that acts."""
    made = ("<img src=x", "<script", "<b onclick", 'href="javascript', "onerror=window.hit=1>")
    return not any(tag in html for tag in made) and "<img" not in html.replace('<img class="mk-picture"', "")


def test_what_is_hostile_is_hostile_in_every_text() -> None:
    assert len(ARTIFACTS) > 25
    assert len(EVENTS) > len(ARTIFACTS) + 10
    requirement = next(one for one in ARTIFACTS if isinstance(one, Requirement))
    assert requirement.text == requirement.seed[0].content == requirement.clauses[0].text == BAD


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_no_event_s_line_acts(event: object, locale: str) -> None:
    entry = Entry.model_validate({"run": "r", "seq": 1, "at": 0, "event": event})
    assert harmless(line(entry, "r", locale))  # type: ignore[arg-type]


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda artifact: artifact.kind())
def test_no_opened_message_acts(artifact: Artifact) -> None:
    message = Message(id="m", sender=BAD, artifact=artifact)
    for locale in LOCALES:
        shown = body(message, [message.record()], locale)
        assert shown
        assert harmless(shown)


def test_no_panel_acts() -> None:
    scene = Scene(Limits(tokens=1, usd=1, seconds=1, calls=1), usual=hostile(Usual))
    for number, event in enumerate(EVENTS, 1):
        scene.take(Entry.model_validate({"run": "r", "seq": number, "at": 0, "event": event}))
        for name in PANELS:
            assert harmless(page(name, scene=scene, t=texts_of("en"))), name


def templates() -> dict[str, dict[str, Any]]:
    """With what the pages fill their templates, apart from lines, panels and opened messages."""
    result = hostile(RunResult, error=None, artifact=next(a for a in ARTIFACTS if a.kind() == "Ending"))
    record, label = hostile(RunRecord), hostile(Label)
    tally = {(BAD, BAD): hostile(Tally)}
    return {
        "about": {"row": hostile(TeamRow), "roles": {BAD: hostile(RoleEntry, skills=())}},
        "bar": {"base": "/gui/en", "pages": (), "current": BAD, "other": "zh"},
        "charts": {"results": [result], "most": {"seconds": 1, "tokens": 1, "usd": 1}, "base": ""},
        "comparison": {"found": hostile(Comparison), "program": diff(BAD)},
        "hint": {"text": BAD},
        "labels": {"labels": [(label, code(BAD, BAD), diff(BAD))], "base": ""},
        "labels_link": {},
        "live": {"run": BAD, "locale": BAD, "eyes": BAD},
        "login": {"refused": BAD, "locale": "en"},
        "machine": {"found": [hostile(Diagnosis)]},
        "models": {"rows": [hostile(ModelRow)]},
        "refused": {"message": BAD, "locale": "en"},
        "result": {
            "result": result,
            "pictures": (),
            "there": True,
            "verdict": "",
            "bars": bars(tally),
            "total": hostile(Tally),
            "decisions": "",
        },
        "run_head": {"record": record, "seats": (BAD,), "eyes": ""},
        "runs": {"records": [record], "base": ""},
        "trial": {"trial": hostile(Trial)},
        "try": {"address": BAD},
        "way": {"way": "relay"},
    }


SHOWN_ABOVE = {"files", "line", "message", "report", "verdict", *PANELS}


def test_every_template_is_filled_with_hostile_values() -> None:
    there = {file.name.removesuffix(".html") for file in files(PACKAGE).joinpath("templates").iterdir()}
    assert there == {*templates(), *SHOWN_ABOVE}
    for locale in LOCALES:
        for name, given in templates().items():
            html = page(name, t=texts_of(locale), **given)
            assert harmless(html), name


def test_no_template_lets_text_through() -> None:
    for file in files(PACKAGE).joinpath("templates").iterdir():
        assert "safe" not in file.read_text(encoding="utf-8"), file.name


def test_decisions_stay_text_and_show_what_was_changed() -> None:
    label = hostile(Label, before={"kind": BAD, "data": {"a": BAD}}, after={"kind": BAD, "data": {"a": "b"}})
    html = decisions([label], "", texts_of("en"))
    assert harmless(html)
    assert "What was changed" in html


def test_markdown_code_and_differences_stay_text() -> None:
    for made in (markdown(EVIL + LINKS), code(EVIL, "x.html"), diff(EVIL), markdown(f"```html\n{EVIL}\n```")):
        assert harmless(made)
    assert "evil.example" not in markdown("![x](https://evil.example/x.png)") or "<img" not in markdown(LINKS)


def test_a_diagram_s_labels_are_no_syntax() -> None:
    design = SystemDesign(overview="", files=(PlannedFile(path='a"]; click x "javascript:1"', purpose=""),))
    drawn = diagram(Message(id="m", sender="architect", artifact=design))
    assert '"]; click' not in drawn
    assert "<img" not in plain(EVIL)


@pytest.mark.browser
def test_a_hostile_requirement_is_text_in_a_real_browser(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("one engineer").check()
    page.locator("#mk-requirement textarea").fill(f"The program prints hello. {EVIL} {LINKS}")
    page.locator("#mk-start").click()
    page.wait_for_url("**/run?id=*")
    expect(page.locator(".mk-status")).to_contain_text("verified")
    for summary in page.locator(".mk-msg > details > summary").all():
        summary.click()
    expect(page.locator(".mk-body .mk-prose").first).to_contain_text("onerror")
    for tab in ("Result", "Documents", "Changes"):
        page.get_by_role("tab", name=tab).click()
    expect(page.get_by_label("From")).not_to_have_value("")
    assert page.evaluate("window.hit") is None
    assert [one for one in asked if not one.startswith((url, "data:", "blob:"))] == []
