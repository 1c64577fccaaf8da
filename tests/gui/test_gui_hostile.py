"""What models and users write stays text wherever the page shows it."""

import pytest
from api_server import Gate
from playwright.sync_api import Page, expect

from makery.interfaces.gui.entries import body, line
from makery.interfaces.gui.live import PANELS
from makery.interfaces.gui.pages.run_documents import diagram
from makery.interfaces.gui.rendering import code, diff, markdown, page, plain
from makery.interfaces.gui.scene import Scene
from makery.interfaces.gui.texts import LOCALES, texts_of
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Limits
from makery.kernel.completion import Purpose, Usage
from makery.kernel.dialogue import Agenda, Ending, Executed, Opinion, Utterance
from makery.kernel.documents import (
    Check,
    CheckResult,
    Delivery,
    Finding,
    PlannedFile,
    ProductRequirements,
    SourceCode,
    SourceFile,
    SystemDesign,
)
from makery.kernel.documents import TestReport as Report
from makery.kernel.documents import TestSuite as Suite
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    Answered,
    CommandRun,
    Entry,
    MessagePublished,
    ModelCalled,
    ModelRetried,
    RunEnded,
    RunForked,
    RunStarted,
    StepAccepted,
)
from makery.kernel.message import Message
from makery.kernel.verdict import Proof, Verdict

EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>\"'><b onclick=window.hit=1>"
LINKS = "[x](javascript:window.hit=1) ![x](https://evil.example/x.png) <javascript:window.hit=1>"
PURPOSE = Purpose(run="r", act=EVIL, role=EVIL, skill=EVIL)

ARTIFACTS: list[Artifact] = [
    Delivery(title=EVIL, readme=EVIL + LINKS, run=EVIL),
    ProductRequirements(title=EVIL, goals=(EVIL, LINKS), stories=()),
    SystemDesign(overview=EVIL + LINKS, files=(PlannedFile(path=EVIL, purpose=EVIL),)),
    SourceCode(candidate=0, files=(SourceFile(path="a<b>.py", content=EVIL),), note=EVIL),
    Suite(checks=(Check(id=EVIL, clauses=(EVIL,), code=EVIL),), plan=EVIL),
    Report(
        candidate=0,
        revision=0,
        findings=(Finding(path=EVIL, line=1, rule=EVIL, message=EVIL),),
        results=(CheckResult(check=EVIL, outcome="failed", message=EVIL),),
    ),
    Verdict(
        status="not verified",
        candidate=0,
        revision=0,
        proofs=(Proof(clause=EVIL, quote=EVIL, checks=(EVIL,), failed=(EVIL,), weak=(EVIL,)),),
        passed=0,
        failed=1,
        mutants=0,
        caught=0,
        dropped=(EVIL,),
        reasons=(EVIL,),
    ),
    Utterance(speaker=EVIL, text=EVIL + LINKS),
    Opinion(speaker=EVIL, reasoning=EVIL, answer=EVIL),
    Executed(output=EVIL),
    Agenda(tasks=(EVIL,)),
    Ending(text=EVIL + LINKS, reason=EVIL),
]
EVENTS = [
    RunStarted(run="r", team=EVIL, mode=EVIL, model=EVIL, out=EVIL),
    RunForked(run="r", origin=EVIL, step=1, edited=False),
    ActStarted(act=EVIL, role=EVIL, skill=EVIL, label=EVIL),
    Answered(act=EVIL, reply=EVIL),
    ActFailed(act=EVIL, role=EVIL, skill=EVIL, error=EVIL, message=EVIL),
    ModelRetried(purpose=PURPOSE, reason=EVIL, change=EVIL),
    ModelCalled(
        purpose=PURPOSE,
        model=EVIL,
        template=EVIL,
        version="",
        usage=Usage(),
        usd=0,
        seconds=0,
        finish=EVIL,
        attempts=1,
        source="model",
        digest="",
    ),
    CommandRun(purpose=EVIL, argv=(EVIL,), exit_status=1, seconds=0),
    StepAccepted(commit=EVIL, summary=EVIL),
    *(
        MessagePublished(act=f"a{n}", message=Message(id="m", sender=EVIL, skill=EVIL, artifact=one).record())
        for n, one in enumerate(ARTIFACTS)
    ),
    RunEnded(run="r", exit_status=3, verdict=EVIL, message=EVIL, seconds=1),
]


def harmless(html: str) -> bool:
    """Whether nothing of EVIL or LINKS is a tag, an attribute, or a link that acts."""
    made = ("<img", "<script", "<b onclick", 'href="javascript', "onerror=window.hit=1>")
    return not any(tag in html for tag in made)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_no_event_s_line_acts(event: object, locale: str) -> None:
    entry = Entry.model_validate({"run": "r", "seq": 1, "at": 0, "event": event})
    assert harmless(line(entry, "r", locale))  # type: ignore[arg-type]


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda artifact: artifact.kind())
def test_no_opened_message_acts(artifact: Artifact) -> None:
    message = Message(id="m", sender=EVIL, artifact=artifact)
    shown = body(message, [message.record()], "en")
    assert shown
    assert harmless(shown)


def test_no_panel_acts() -> None:
    scene = Scene(Limits())
    for number, event in enumerate(EVENTS, 1):
        scene.take(Entry.model_validate({"run": "r", "seq": number, "at": 0, "event": event}))
        for name in PANELS:
            assert harmless(page(name, scene=scene, t=texts_of("en"))), name


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
