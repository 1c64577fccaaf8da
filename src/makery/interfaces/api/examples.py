"""The examples of the OpenAPI document: real objects, serialised as answers are; they cannot be wrong."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from makery.app.artifacts import record_of
from makery.app.refusals import Conflict, Forbidden, NotFound, TooMany, Unauthenticated
from makery.client import inventory as stock
from makery.client import tenancy, wire
from makery.interfaces.api import problems
from makery.kernel.documents import FileNames, ProductRequirements
from makery.kernel.errors import EnvironmentFailure, InputError, MakeryError
from makery.kernel.events import RunEnded
from makery.kernel.verdict import Proof, Verdict

RUN, OTHER = "01kb3v2m5q7r9", "01kb3v9x0c2d4"
KEY, PROJECT, ORGANISATION = "01kb3t7h8j9k0", "01kb3t5f6g7h8", "01kb3t1a2b3c4"
WHEN = 1_764_320_000.0
_ENDED = WHEN + 93
_ASKED = "The program prints hello."
_JUDGED = Verdict(
    status="verified",
    candidate=0,
    revision=0,
    proofs=(Proof(clause="C1", quote=_ASKED, checks=("T1",), failed=()),),
    passed=1,
    failed=0,
    mutants=3,
    caught=3,
)
_PATHS = {"run": RUN, "other": OTHER, "team": "debate", "step": "write_code", "path": "main.py"}
"""What stands in a path for its parameters; for the others an id."""
_TEXTS = {
    "/diff": "--- a/main.py\n+++ b/main.py\n@@ -1 +1 @@\n-print('hallo')\n+print('hello')\n",
    "/files/{path}": "print('hello')\n",
    "/metrics": "makery_runs_started_total 3.0\nmakery_runs_running 1.0\n",
    "/recording": '{"makery_recording":1,"model":"embedded/qwen2.5-coder-1.5b"}\n',
    "/report": f"# Report\n\n> {_ASKED}\n\n{_JUDGED}\n",
    "/usage": "day,key,model,calls,prompt_tokens,completion_tokens,usd\n"
    f"2026-11-27,{KEY},gpt-5.2,2,22,10,0.00013\n",
}
"""Answers that are plain text, by the end of the path."""


def add_examples(document: dict[str, Any]) -> None:
    """Give each answer of an OpenAPI document an example, and each object that is answered one.

    What is bytes to its reader, such as an archive, has none. An example that is there stays.
    """
    known = {type(example).__name__: shown(example) for example in answers()}
    schemas = document["components"]["schemas"]
    for name, example in known.items():
        schemas[name].setdefault("examples", [example])
    for path, status, kind, content in _contents(document):
        if "example" in content:
            continue
        example = _example(known, content.get("schema", {}), path, status, kind)
        if example is not None:
            content["example"] = example


def shown(example: BaseModel) -> Any:
    """An object as it goes over the wire."""
    return example.model_dump(mode="json")


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """Path, status, media type and description of each answer that has content."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    yield path, int(status), kind, content


def _example(known: dict[str, Any], schema: dict[str, Any], path: str, status: int, kind: str) -> Any:
    if kind == problems.MEDIA_TYPE:
        return shown(problem(status, path))
    name = schema.get("$ref", "").rpartition("/")[2]
    if kind == "text/event-stream":
        event = known["RunEvent"]
        data = wire.RunEvent.model_validate(event).model_dump_json()
        return {"id": str(event["seq"]), "event": event["event"]["type"], "data": data}
    if kind == "application/jsonl" and path.endswith("/export"):
        return wire.RunEvent.model_validate(known["RunEvent"]).model_dump_json() + "\n"
    if kind == "application/jsonl" and path.endswith("/labels"):
        return wire.Label.model_validate(known["Label"]).model_dump_json() + "\n"
    if kind.startswith(("text/", "application/jsonl")):
        return next((text for end, text in _TEXTS.items() if path.endswith(end)), None)
    if name.startswith("Page_"):
        item = known[name.removeprefix("Page_").rstrip("_")]
        return {"items": [item], "next": ""}
    if name == "Health" and status == 503:
        return shown(tenancy.Health(status="not ready", problems=("SandboxUnavailable",)))
    return known.get(name)


def problem(status: int, path: str) -> wire.Problem:
    """What an operation answers with an error's status."""
    place = re.sub(r"\{(\w+)[^}]*\}", lambda found: _PATHS.get(found[1], KEY), path)
    if status in _FRAMEWORKS:
        return problems.http_problem(status, "POST", place, _FRAMEWORKS[status])
    return problems.problem_of(_ERRORS[status], place)


_FRAMEWORKS = {400: "There was an error parsing the body", 413: "the request is too large"}
_ERRORS: dict[int, MakeryError] = {
    401: Unauthenticated(
        "No key was sent.", remedy="Send it as `Authorization: Bearer KEY`; the server printed a token."
    ),
    403: Forbidden(
        "This key lacks the scope 'runs:write'.", remedy="Ask an administrator for a key that has it."
    ),
    404: NotFound(f"There is no run {RUN!r}.", remedy="List them: GET /api/v1/runs"),
    409: Conflict(f"Run {RUN!r} is over.", remedy="Fork it to go another way."),
    422: InputError(
        "body.requirement: Field required.",
        remedy="The OpenAPI document says what is expected: /api/v1/openapi.json",
    ),
    429: TooMany(
        "More than 600 requests in a minute.", remedy="Slow down; Retry-After says when to ask again."
    ),
    503: EnvironmentFailure("There is no sandbox.", remedy="Install bubblewrap."),
}


def answers() -> Iterator[BaseModel]:
    """An example of each object that is answered, lists and errors aside."""
    yield from _runs()
    yield from _results()
    yield from _inventory()
    yield from _tenancy()


def _runs() -> Iterator[BaseModel]:
    run: dict[str, Any] = {
        "id": RUN,
        "project": PROJECT,
        "created": WHEN,
        "ended": _ENDED,
        "state": "ended",
        "requirement": _ASKED,
        "mode": "duo",
        "model": "embedded",
        "verdict": str(_JUDGED),
        "exit_status": 0,
    }
    yield wire.Run(**run)
    used = wire.Tokens(prompt=4200, completion=310, cached=3900)
    yield wire.RunDetail(
        **run,
        message=str(_JUDGED),
        tokens=used,
        calls=6,
        seconds=93.0,
        how_to_run="python main.py",
        files=("main.py",),
    )
    step: dict[str, Any] = {"number": 1, "seq": 4, "at": WHEN + 20, "about": "main.py"}
    step |= {"role": "architect", "skill": "list_files", "gives": "FileNames"}
    yield wire.Step(**step)
    yield wire.StepDetail(**step, artifact=record_of(FileNames(files=("main.py",))))
    wanted = ProductRequirements(title="Hello", goals=("Greet.",), stories=())
    yield wire.Question(gate="prd", since=WHEN, document=record_of(wanted))
    better = ProductRequirements(title="Hello", goals=("Greet in two languages.",), stories=())
    yield wire.Label(
        run=RUN,
        step=2,
        skill="write_prd",
        gate="prd",
        decision="edit",
        reason="Our users are Swiss.",
        who="ada",
        when=WHEN + 60,
        requirement=_ASKED,
        before=record_of(wanted),
        after=record_of(better),
    )
    yield wire.Turn(act="3:critic", role="critic", text="What do you think of the verse?", since=WHEN)
    ended = RunEnded(run=RUN, exit_status=0, verdict=str(_JUDGED), seconds=93.0)
    yield wire.RunEvent(seq=41, at=_ENDED, event=shown(ended))


def _results() -> Iterator[BaseModel]:
    yield wire.Tree(
        program=(wire.File(path="main.py", size=15),),
        documents=(wire.File(path=".makery/report.md", size=812),),
        commits=(wire.Commit(id="8124dddaf06d", summary="Write main.py"),),
    )
    yield wire.JudgedRun(sentence=str(_JUDGED), verdict=_JUDGED)
    used: dict[str, Any] = {"calls": 6, "tokens": wire.Tokens(prompt=4200, completion=310, cached=3900)}
    used |= {"usd": 0.0, "seconds": 41.5}
    yield wire.Cost(**used, by_work=(wire.CostLine(role="engineer", skill="write_code", **used),))
    yield wire.Compared(
        a=RUN,
        b=OTHER,
        facts=(wire.Fact(name="seconds", a="93", b="71"),),
        same_steps=3,
        steps=(wire.Difference(about="main.py", role="engineer", skill="write_code", where="both"),),
        program=_TEXTS["/diff"],
    )


def _inventory() -> Iterator[BaseModel]:
    skill = {"name": "list_files", "purpose": "Name the program's files.", "gives": "FileNames"}
    yield stock.SkillInfo(**skill)
    output = FileNames.model_json_schema()
    yield stock.SkillDetail(**skill, takes=ProductRequirements.model_json_schema(), output=output)
    yield stock.RoleInfo(
        name="architect",
        title="Architect",
        goal="to design what the engineer can build and QA can check",
        watches=("ProductRequirements",),
        skills=("list_files",),
    )
    team: dict[str, Any] = {"name": "debate", "protocol": "debate", "about": "Two argue, one judges."}
    team["roles"] = ("proposer", "opponent", "judge")
    yield stock.TeamInfo(**team)
    yield stock.TeamDetail(
        **team,
        file={"name": "debate", "protocol": "debate"},
        diagram="graph LR\n  proposer --> opponent\n  opponent --> judge\n",
    )
    yield stock.ModelInfo(
        name="gpt-5.2",
        provider="openai",
        has_key=True,
        context=400_000,
        usd_per_million_in=1.75,
        usd_per_million_out=14.0,
    )
    prompt: dict[str, Any] = {"name": "list_files", "version": "3f1c9a70", "variables": ("requirement",)}
    yield stock.PromptInfo(**prompt)
    yield stock.PromptText(**prompt, system="You are the architect.", user="{{ requirement }}")


def _tenancy() -> Iterator[BaseModel]:
    yield tenancy.OrganisationInfo(
        id=ORGANISATION, name="acme", created=WHEN, quota=tenancy.QuotaInfo(concurrent_runs=2)
    )
    yield tenancy.ProjectInfo(id=PROJECT, name="website", created=WHEN)
    yield tenancy.UserInfo(id="01kb3t9m0n1p2", name="mei", created=WHEN)
    key: dict[str, Any] = {"id": KEY, "name": "CI", "organisation": ORGANISATION, "created": WHEN}
    key |= {"scopes": ("runs:write",), "expires": WHEN + 90 * 86_400}
    yield tenancy.KeyInfo(**key)
    yield tenancy.IssuedKey(**key, key=f"mk_{KEY}_THE-SECRET-PART")
    yield tenancy.WhoAmI(organisation=ORGANISATION, key=KEY, scopes=("runs:read", "runs:write"))
    hook: dict[str, Any] = {"id": "01kb3tb3c4d5e", "url": "https://ci.example.com/makery", "created": WHEN}
    hook["events"] = ("run_ended",)
    yield tenancy.WebhookInfo(**hook)
    yield tenancy.IssuedWebhook(**hook, secret="whsec_THE-SECRET-PART")  # noqa: S106 - none
    yield tenancy.UsageRow(
        day="2026-11-27",
        key=KEY,
        model="gpt-5.2",
        calls=2,
        prompt_tokens=22,
        completion_tokens=10,
        usd=0.00013,
    )
    yield tenancy.AccountInfo(name="first", calls=120, failures=1, cooling_seconds=0.0, last_problem="")
    yield tenancy.Health(status="ok", version="1.0.0")
