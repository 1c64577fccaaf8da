"""The main use case: a requirement in, a checked program out, everything on record."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT, StandIns, greeting_check

from makery import Factory
from makery.app.options import BuildOptions, ChangeOptions, ResumeOptions, SkillOptions
from makery.app.result import RunResult
from makery.app.settings import Settings
from makery.kernel.completion import ModelCall
from makery.kernel.documents import CheckResult, Requirement, SourceCode, TestReport
from makery.kernel.errors import (
    ContractViolation,
    InputError,
    Interrupted,
    LimitReached,
    ProviderUnavailable,
    SandboxUnavailable,
    StorageFailure,
)
from makery.kernel.events import ActStarted, ModelCalled, RunEnded, RunStarted, StepAccepted, TextStreamed
from makery.testing import FakeVerifier, ListSink

Make = Callable[..., Factory]


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def build(factory: Factory, *sinks: ListSink, **options: object) -> RunResult:
    """A run to its end, whatever that is."""

    async def conduct() -> RunResult:
        order = BuildOptions.model_validate({"requirement": REQUIREMENT, **options})
        return await (await factory.start(order, *sinks)).wait()

    return asyncio.run(conduct())


def resume(factory: Factory, run: str, *sinks: ListSink, **options: object) -> RunResult:
    async def conduct() -> RunResult:
        order = ResumeOptions.model_validate({"run": run, **options})
        return await (await factory.resume(order, *sinks)).wait()

    return asyncio.run(conduct())


def test_a_build_gives_verdict_workspace_and_a_repository(factory: Make) -> None:
    run = factory().build(REQUIREMENT)

    assert run.verdict is not None and run.verdict.status == "verified"
    assert str(run.verdict).startswith("verified: 1 of 1 clauses checked")
    assert (run.workspace / "main.py").read_text(encoding="utf-8") == "print('hello')\n"
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=run.workspace, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert log[-1].startswith("Program 0.0")
    assert run.exit_status == 0


def test_everything_that_was_promised_is_in_the_private_folder(factory: Make) -> None:
    run = factory().build(REQUIREMENT)

    private = run.workspace / ".makery"
    verdict = json.loads((private / "verdict.json").read_text(encoding="utf-8"))
    trace = json.loads((private / "traceability.json").read_text(encoding="utf-8"))
    facts = json.loads((private / "run.json").read_text(encoding="utf-8"))
    report = (private / "report.md").read_text(encoding="utf-8")
    ledger = (private / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert verdict["status"] == "verified"
    assert trace[0]["quote"] == REQUIREMENT
    assert trace[0]["checks"] == [
        {"check": "E1", "origin": "requirement", "outcome": "passed", "message": ""}
    ]
    assert facts["run_id"] == run.run_id and facts["state"] == "ended"
    assert REQUIREMENT in report and "| engineer | write_code | 1 |" in report
    assert json.loads(ledger[0])["event"]["type"] == "run_started"
    assert json.loads(ledger[-1])["event"]["type"] == "run_ended"


def test_the_top_level_holds_the_program_and_its_readme_only(factory: Make) -> None:
    run = factory().build(REQUIREMENT)

    assert sorted(path.name for path in run.workspace.iterdir()) == [
        ".git",
        ".makery",
        "README.md",
        "main.py",
    ]


def test_a_program_with_its_own_readme_keeps_it(factory: Make) -> None:
    own = PROGRAM + "README.md\n```markdown\nMine.\n```\n"
    run = factory({"write_code": [own]}).build(REQUIREMENT)

    assert (run.workspace / "README.md").read_text(encoding="utf-8").strip() == "Mine."


def test_a_chinese_requirement_gives_a_chinese_report(factory: Make) -> None:
    run = factory().build("程序输出问候语。")

    report = (run.workspace / ".makery" / "report.md").read_text(encoding="utf-8")
    assert "# 报告" in report and "验证结果" in report


def test_the_folder_is_named_after_the_program_and_never_overwritten(factory: Make, tmp_path: Path) -> None:
    (tmp_path / "the-program-prints-hello").mkdir()

    run = factory().build(REQUIREMENT)

    assert run.workspace.name == "the-program-prints-hello-2"


def test_a_program_that_fails_its_checks_is_delivered_but_not_verified(factory: Make) -> None:
    def fail(_: Requirement, program: SourceCode, __: object) -> TestReport:
        failed = CheckResult(check="E1", outcome="failed", message="expected hello")
        return TestReport(candidate=program.candidate, revision=program.revision, results=(failed,))

    run = build(factory(verifier=FakeVerifier(fail, examples=[greeting_check()])))

    assert run.exit_status == 3
    report = (run.workspace / ".makery" / "report.md").read_text(encoding="utf-8")
    assert "not verified" in report and "1 check failed" in report


def test_events_reach_the_ledger_first_and_then_every_subscriber(factory: Make) -> None:
    sink = ListSink()
    maker = factory()

    run = build(maker, sink)

    assert [type(event) for event in sink.events][:1] == [RunStarted]
    assert [type(event) for event in sink.events][-1:] == [RunEnded]
    assert sink.of(StepAccepted) and sink.of(ActStarted) and sink.of(TextStreamed)
    stored = [entry.event for entry in maker._parts.stores().ledger.entries(run.run_id)]
    assert stored == [event for event in sink.events if not isinstance(event, TextStreamed)]


def test_a_limit_pauses_the_run_and_a_larger_one_continues_it(factory: Make) -> None:
    paused = build(factory(), max_tokens=10)

    assert paused.exit_status == 4
    assert isinstance(paused.error, LimitReached)
    assert paused.continue_with == f"makery runs resume {paused.run_id} --max-tokens MORE"

    finished = resume(factory(), paused.run_id, max_tokens=100_000)
    assert finished.run_id == paused.run_id
    assert finished.exit_status == 0


def test_resuming_repeats_no_finished_act_and_counts_what_was_spent(factory: Make) -> None:
    def broken(*_: object) -> TestReport:
        raise ProviderUnavailable("Nobody answers.")

    first = build(factory(verifier=FakeVerifier(broken, examples=[greeting_check()])))
    assert first.exit_status == 5 and first.used.calls == 1
    assert first.files == ("main.py",)

    sink = ListSink()
    second = resume(factory({}), first.run_id, sink)

    assert second.exit_status == 0
    assert sink.of(ModelCalled) == []
    assert second.used.calls == 1
    assert [event.resumed for event in sink.of(RunStarted)] == [True]


def test_stopping_keeps_everything_and_says_how_to_go_on(factory: Make) -> None:
    async def conduct() -> RunResult:
        asked = asyncio.Event()

        async def never(_: ModelCall) -> None:
            asked.set()
            await asyncio.Event().wait()

        maker = factory(delay=never)
        handle = await maker.start(BuildOptions(requirement=REQUIREMENT))
        await asked.wait()
        assert (await maker.pause(handle.run_id)).status == "paused"
        return await handle.wait()

    run = asyncio.run(conduct())

    assert isinstance(run.error, Interrupted) and run.exit_status == 130
    assert run.continue_with == f"makery runs resume {run.run_id}"
    assert factory().show(run.run_id).state == "paused"
    assert resume(factory(), run.run_id).exit_status == 0


def test_a_run_that_is_worked_on_cannot_be_resumed_beside_it(factory: Make) -> None:
    async def conduct() -> None:
        asked = asyncio.Event()

        async def never(_: ModelCall) -> None:
            asked.set()
            await asyncio.Event().wait()

        maker = factory(delay=never)
        handle = await maker.start(BuildOptions(requirement=REQUIREMENT))
        await asked.wait()
        with pytest.raises(InputError, match="worked on"):
            await maker.resume(ResumeOptions(run=handle.run_id))
        handle.cancel()
        await handle.wait()

    asyncio.run(conduct())


def test_the_time_limit_stops_a_model_that_never_answers(factory: Make) -> None:
    async def never(_: ModelCall) -> None:
        await asyncio.Event().wait()

    run = build(factory(delay=never), max_minutes=1e-6)

    assert run.exit_status == 4 and "--max-minutes" in run.message


def test_a_bug_in_a_skill_is_recorded_and_reported_as_ours(factory: Make) -> None:
    def bug(*_: object) -> TestReport:
        raise ZeroDivisionError("division by zero")

    maker = factory(verifier=FakeVerifier(bug, examples=[greeting_check()]))
    run = build(maker)

    assert isinstance(run.error, ContractViolation) and run.exit_status == 1
    assert "ZeroDivisionError" in run.message
    assert maker.show(run.run_id).state == "failed"


def test_a_missing_sandbox_can_be_mended_and_the_run_continued(factory: Make) -> None:
    broken = SandboxUnavailable("No sandbox.", remedy="sudo apt-get install bubblewrap")
    run = build(factory(broken=broken))

    assert run.exit_status == 5 and "apt-get" in run.message
    assert resume(factory(), run.run_id).exit_status == 0


def test_the_facade_raises_what_stopped_the_run(factory: Make) -> None:
    with pytest.raises(SandboxUnavailable):
        factory(broken=SandboxUnavailable("No sandbox.")).build(REQUIREMENT)


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil.py", "a/../../evil.py"])
def test_a_program_cannot_write_outside_its_folder(factory: Make, tmp_path: Path, name: str) -> None:
    from makery.app.projection import Projection
    from makery.app.words import words_of
    from makery.kernel.documents import SourceFile
    from makery.kernel.message import Message
    from makery.kernel.pool import Pool
    from makery.testing import requirement_of

    parts = factory()._parts
    workspace = parts.new_workspace(tmp_path / "out")
    sink = ListSink()
    projection = Projection(workspace, parts.company, words_of("en"), sink)
    start = Message(id="start", sender="user", artifact=requirement_of(REQUIREMENT))
    code = SourceCode(candidate=0, files=(SourceFile(path=name, content="bad"),))
    written = Message(id="code", sender="engineer", skill="write_code", artifact=code)

    with pytest.raises(InputError, match="file name"):
        projection.show(Pool((start, written)), written)
    assert sink.events == []
    assert not list(tmp_path.rglob("evil.py"))


def test_a_folder_that_is_not_empty_is_left_alone(factory: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(InputError, match="not empty"):
        build(factory(), out=tmp_path / "out")
    assert factory().runs() == ()


def test_runs_are_listed_and_shown_as_their_ledger_leaves_them(factory: Make) -> None:
    run = factory().build(REQUIREMENT)

    maker = factory()
    assert [row.id for row in maker.runs()] == [run.run_id]
    shown = maker.show(run.run_id)
    assert shown.verdict == run.verdict
    assert shown.used == run.used
    assert shown.files == run.files


def test_an_unknown_run_is_refused(factory: Make) -> None:
    with pytest.raises(InputError, match="No run is called"):
        factory().show("nope")


def test_a_skill_runs_alone_on_a_requirement(factory: Make) -> None:
    async def conduct() -> RunResult:
        order = SkillOptions(requirement=REQUIREMENT, skill="write_code")
        return await (await factory().start(order)).wait()

    run = asyncio.run(conduct())

    assert isinstance(run.artifact, SourceCode)
    assert run.exit_status == 0


def test_an_unknown_skill_names_the_nearest(factory: Make) -> None:
    async def conduct() -> None:
        await factory().start(SkillOptions(requirement=REQUIREMENT, skill="write_cod"))

    with pytest.raises(InputError, match="write_code"):
        asyncio.run(conduct())


def test_a_change_happens_on_its_own_branch_and_leaves_the_rest(factory: Make, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "main.py").write_text("print('bye')\n", encoding="utf-8")
    (repo / "other.py").write_text("x = 1\n", encoding="utf-8")

    async def conduct() -> RunResult:
        order = ChangeOptions(requirement=REQUIREMENT, repo=repo)
        return await (await factory().start(order)).wait()

    run = asyncio.run(conduct())

    assert run.branch == f"makery/{run.run_id}"
    assert (repo / "main.py").read_text(encoding="utf-8") == "print('hello')\n"
    assert (repo / "other.py").read_text(encoding="utf-8") == "x = 1\n"
    assert not (repo / "README.md").exists()


def test_a_full_disk_is_told_and_not_hidden_by_what_follows(settings: Settings, tmp_path: Path) -> None:
    from makery.app.build import Installed

    class FullDisk(StandIns):
        def new_workspace(self, root: Path, *, build_over: bool = False):
            workspace = Installed.new_workspace(self, root, build_over=build_over)
            put = workspace.put

            def fail(files, *, remove=()):
                if any(not name.startswith(".makery/run.json") for name in files):
                    raise StorageFailure("The disk is full.", remedy="Free some space.")
                put(files, remove=remove)

            workspace.put = fail
            return workspace

    run = build(Factory(settings, parts=FullDisk(settings)))

    assert run.exit_status == 2 and "disk is full" in run.message


def test_a_run_that_has_ended_is_not_run_again_when_resumed(factory: Make) -> None:
    ended = build(factory())
    sink = ListSink()

    again = resume(factory({}), ended.run_id, sink)

    assert sink.events == []
    assert (again.run_id, again.exit_status, again.state) == (ended.run_id, 0, "ended")
    assert str(again.verdict) == str(ended.verdict)


def test_a_run_is_shown_as_running_only_while_a_process_holds_it(factory: Make) -> None:
    async def conduct() -> tuple[str, str]:
        asked = asyncio.Event()

        async def never(_: ModelCall) -> None:
            asked.set()
            await asyncio.Event().wait()

        maker = factory(delay=never)
        handle = await maker.start(BuildOptions(requirement=REQUIREMENT))
        await asked.wait()
        state = maker.show(handle.run_id).state
        handle.cancel()
        await handle.wait()
        return handle.run_id, state

    run, state = asyncio.run(conduct())
    maker = factory()
    maker._open().runs.reopen(run)  # as a killed process leaves it

    assert state == "running"
    shown = maker.show(run)
    assert shown.state == "paused" and shown.continue_with == f"makery runs resume {run}"
    assert [record.status for record in maker.runs()] == ["paused"]


def test_a_run_whose_folder_was_built_over_cannot_be_resumed_into_it(factory: Make, tmp_path: Path) -> None:
    stopped = build(factory(), max_tokens=10, out=tmp_path / "out")
    newer = build(factory(), out=tmp_path / "out", yes=True)

    with pytest.raises(InputError, match=newer.run_id):
        resume(factory(), stopped.run_id)


@pytest.mark.parametrize(
    ("option", "told"),
    [({"mode": "trio"}, "'mode' has to be"), ({"max_usd": -1}, "0 or more"), ({"bogus": 1}, "not known")],
)
def test_an_unfit_option_of_the_facade_is_an_input_error(
    factory: Make, option: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        factory().build(REQUIREMENT, **option)
