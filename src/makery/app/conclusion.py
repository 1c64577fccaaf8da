"""The end of a sitting: what is written down, whether the run was delivered or stopped."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePosixPath

from makery.app.dialogue import dialogue_lines
from makery.app.meter import Meter
from makery.app.options import RunKind
from makery.app.parts import RunWorkspace, Stores
from makery.app.report import Evidence, report_files
from makery.app.result import RunResult, continuation, exit_status_of
from makery.kernel.dialogue import Ending
from makery.kernel.documents import Check, Delivery, Requirement
from makery.kernel.errors import MakeryError
from makery.kernel.events import RunEnded, StepAccepted
from makery.kernel.pool import Pool
from makery.kernel.ports import EventSink, Workspace
from makery.kernel.sight import EVERYTHING, Sight
from makery.kernel.verdict import Verdict
from makery.store.runs import RunRecord, status_of

README = "README.md"


@dataclass
class Conclusion:
    """All that is known when a sitting ends."""

    record: RunRecord
    kind: RunKind
    sight: Sight
    """What persons in the run may know while it lasts."""
    requirement: Requirement
    pool: Pool
    workspace: RunWorkspace
    stores: Stores
    meter: Meter
    emit: EventSink
    seconds: float
    """Of this sitting."""
    seconds_before: float
    """Of earlier ones."""
    sandbox: str
    examples: tuple[Check, ...]
    error: MakeryError | None

    def draw(self) -> RunResult:
        """The result, after report, ledger export and the run's row are written.

        Where the disk does not take them, the first error is the one that is told.
        """
        self._attempt(self._write_delivery)
        self._attempt(self._write_report)
        self._attempt(self._end)
        self._attempt(self._export)
        self._attempt(self._finish)  # the last: what a blow left open before it, `resume` does
        return self._result()

    def _attempt(self, step: object) -> None:
        try:
            step()  # type: ignore[operator]
        except MakeryError as failure:
            self.error = self.error or failure

    def _write_delivery(self) -> None:
        """README.md of a new program, unless the program has its own; a conversation as lines."""
        if self.kind == "team":
            self._write_dialogue()
        delivery = self.pool.latest(Delivery)
        if delivery is None or self.kind != "build" or README in self.workspace.files():
            return
        self.workspace.put({README: delivery.readme})
        commit = self.workspace.commit("README: how to run it and what was proved")
        if commit:
            self.emit(StepAccepted(commit=commit, summary=README))

    def _write_dialogue(self) -> None:
        shown = self._sight.messages(self.pool)
        self.workspace.put({".makery/dialogue.jsonl": dialogue_lines(shown)})
        commit = self.workspace.commit("Files of the conversation")
        if commit:
            self.emit(StepAccepted(commit=commit, summary="files of the conversation"))

    def _write_report(self) -> None:
        evidence = Evidence(
            requirement=self.requirement,
            pool=self.pool,
            result=self._result(),
            meter=self._shown_meter(),
            sandbox=self.sandbox,
            examples=self.examples,
        )
        self.workspace.put(report_files(evidence))

    @property
    def _sight(self) -> Sight:
        """What the run's files say: everything, unless it goes on and persons in it could read them."""
        return EVERYTHING if self._result().state == "ended" else self.sight

    def _shown_meter(self) -> Meter:
        if self._sight.whole:
            return self.meter
        entries = self.stores.ledger.entries(self.record.id)
        return Meter(entry.event for entry in self._sight.entries(entries))

    def _end(self) -> None:
        result = self._result()
        self.emit(
            RunEnded(
                run=self.record.id,
                exit_status=result.exit_status,
                verdict=result.verdict.status if result.verdict else "",
                message=result.message,
                seconds=self.seconds,
            )
        )

    def _finish(self) -> None:
        result = self._result()
        sentence = str(result.verdict) if result.verdict else ""
        self.stores.runs.finish(self.record.id, exit_status=result.exit_status, verdict=sentence)

    def _export(self) -> None:
        lines = "".join(self._lines())
        run = run_file(self.record, self.kind, self.requirement, result=self._result(), sandbox=self.sandbox)
        self.workspace.put({".makery/ledger.jsonl": lines, ".makery/run.json": run})

    def _lines(self) -> Iterable[str]:
        if self._sight.whole:
            return self.stores.ledger.lines(self.record.id)
        seen = self._sight.entries(self.stores.ledger.entries(self.record.id))
        return (f"{entry.model_dump_json()}\n" for entry in seen)

    def _result(self) -> RunResult:
        verdict = self.pool.latest(Verdict)
        delivery = self.pool.latest(Delivery)
        ending = self.pool.latest(Ending)
        status = exit_status_of(self.kind, verdict, self.error, ending)
        whole = self.kind in ("skill", "team") and self.error is None
        last = list(self.pool)[-1:] if whole else []
        return RunResult(
            run_id=self.record.id,
            kind=self.kind,
            requirement=self.requirement.text,
            mode=self.record.mode,
            model=self.record.model,
            workspace=self.workspace.root,
            state=status_of(status) if self.error else "ended",
            exit_status=status,
            message=str(self.error or verdict or (ending.reason if ending else "")),
            continue_with=continuation(
                self.record.id, self.error, replayed=self.record.options.get("replay") is not None
            ),
            error=self.error,
            verdict=verdict,
            artifact=last[0].artifact if last else None,
            how_to_run=delivery.run if delivery else "",
            used=self.meter.total,
            seconds=self.seconds_before + self.seconds,
            files=program_files(self.workspace),
            branch=self.workspace.current_branch() if self.kind == "change" else "",
        )


def program_files(workspace: Workspace) -> tuple[str, ...]:
    """Paths of the program's files, sorted."""
    return tuple(sorted(str(PurePosixPath(path)) for path in workspace.files()))


def run_file(
    record: RunRecord,
    kind: RunKind,
    requirement: Requirement,
    *,
    result: RunResult | None = None,
    sandbox: str = "",
) -> str:
    """The text of `.makery/run.json`: which run wrote this folder, with what, and how it stands."""
    facts = {
        "run_id": record.id,
        "kind": kind,
        "requirement": requirement.text,
        "mode": record.mode,
        "model": record.model,
        "limits": record.limits.model_dump(mode="json"),
        "options": record.options,
        "makery": version("makery"),
        "sandbox": sandbox,
        "created": record.created,
        "state": result.state if result else "running",
        "exit_status": result.exit_status if result else None,
        "verdict": result.verdict.status if result and result.verdict else "",
        "message": result.message if result else "",
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
