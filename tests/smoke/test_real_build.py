"""The main job on the real model: a requirement in, a program out, a verdict that its evidence bears out."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from makery.llm.embedded.state import EngineFiles, EngineState

pytestmark = [pytest.mark.real_model, pytest.mark.sandboxed]

VERIFIED, NOT_VERIFIED, LIMIT = 0, 3, 4
REQUIREMENT = "Write `double.py` with a function `double(x)` that returns twice x: `double(4)` returns `8`."
LONGER = (
    "Write `calc.py`, a command-line calculator: `python calc.py A OP B` prints A OP B, "
    "where OP is add, sub, mul or div; division by zero prints `error` and ends with exit code 1."
)
PROMISED = {"run_id", "verdict", "out", "seconds", "tokens", "usd", "calls"}


def test_a_sentence_becomes_a_program_with_a_verdict_that_its_evidence_bears_out(start, model, tmp_path):
    limits = ("--max-minutes", "4", "--max-tokens", "60000")
    process = start("build", REQUIREMENT, "-o", "out", "--mode", "duo", "--model", model, *limits, "--json")
    stdout, stderr = process.communicate()

    assert process.returncode in (VERIFIED, NOT_VERIFIED, LIMIT), stderr
    facts = json.loads(stdout)
    assert facts.keys() >= PROMISED
    assert facts["exit_status"] == process.returncode
    assert facts["calls"] > 0 and facts["tokens"]["completion"] > 0 and facts["usd"] == 0
    out = Path(facts["out"])
    assert out == tmp_path / "out"
    report = (out / ".makery" / "report.md").read_text(encoding="utf-8")
    if process.returncode == LIMIT:
        assert facts["continue_with"] in report
    else:
        assert (out / "double.py").is_file(), stderr
        assert commits(out) > 0
        assert_verdict_is_borne_out(out, facts, report)


def test_a_run_goes_on_after_its_model_was_killed_in_the_middle_of_an_answer(
    start, model, tmp_path, data_folder
):
    limits = ("--max-minutes", "4", "--max-tokens", "30000")
    process = start(
        "build", LONGER, "-o", "out", "--mode", "direct", "--model", model, *limits, "--json", "--stream"
    )
    told = read_until_streamed(process)
    (path,) = EngineFiles.states(data_folder / "engine")
    killed = EngineState.read(path)
    assert killed is not None and killed.runs()
    os.kill(killed.pid, signal.SIGKILL)
    stdout, stderr = process.communicate()

    assert process.returncode in (VERIFIED, NOT_VERIFIED, LIMIT), told + stderr
    assert "asks again" in stderr
    assert json.loads(stdout)["tokens"]["completion"] > 0
    if process.returncode != LIMIT:
        assert (tmp_path / "out" / "calc.py").is_file()
    engine = EngineState.read(path)
    assert engine is not None and engine.pid != killed.pid


def assert_verdict_is_borne_out(out: Path, facts: dict[str, Any], report: str) -> None:
    """The verdict, the report and the table of checks say the same."""
    papers = out / ".makery"
    verdict = json.loads((papers / "verdict.json").read_text(encoding="utf-8"))
    trace = json.loads((papers / "traceability.json").read_text(encoding="utf-8"))
    outcomes = {check["check"]: check["outcome"] for clause in trace for check in clause["checks"]}
    proved = {clause["clause"] for clause in trace if clause["standing"] == "proved"}
    behaviour = {clause["clause"] for clause in trace if clause["states_behaviour"]}

    assert facts["verdict"] == verdict["status"]
    assert (facts["exit_status"] == VERIFIED) == (verdict["status"] == "verified")
    assert f"**{verdict['sentence']}**" in report
    assert {proof["clause"] for proof in verdict["proofs"]} == behaviour
    for proof in verdict["proofs"]:
        assert {outcomes[check] for check in proof["checks"]} <= {"passed"}
        assert "passed" not in {outcomes[check] for check in proof["failed"]}
        assert proof["checks"] or proof["clause"] not in proved
    if verdict["status"] == "verified":
        assert proved == behaviour


def read_until_streamed(process: "subprocess.Popen[str]") -> str:
    """Standard error up to the first line of a program, which the model is writing then."""
    told = ""
    for line in process.stderr:
        told += line
        if line.startswith(("```", "import ", "def ")):
            return told
    raise AssertionError(f"Nothing was streamed:\n{told}")


def commits(folder: Path) -> int:
    words = ["git", "-C", str(folder), "rev-list", "--count", "HEAD"]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
