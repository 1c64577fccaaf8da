"""What `makery runs export --workspace` writes of a run whose own folder may be gone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from app_standins import REQUIREMENT
from typer.testing import Result

Makery = Callable[..., Result]


def files_in(folder: Path) -> dict[str, str]:
    """All texts below a folder but git's, by path."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths}
    return {path: text for path, text in found.items() if path != ".makery/lock"}


def test_a_lost_folder_is_written_anew_with_program_checks_report_and_ledger(
    makery: Makery, tmp_path: Path
) -> None:
    run = json.loads(makery(REQUIREMENT, "-o", "out", "--json").stdout)["run_id"]
    lost = files_in(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    exported = makery("runs", "export", run, "--workspace", "copy")
    assert exported.exit_code == 0 and "Written: copy" in exported.stderr
    found = files_in(tmp_path / "copy")
    assert found.keys() == lost.keys()
    assert {".makery/report.md", ".makery/verdict.json", ".makery/checks/test_E1.py"} <= found.keys()
    differing = {path for path in lost if found[path] != lost[path]}
    assert differing <= {".makery/run.json"}  # it does not tell the sandbox


def test_a_run_that_stopped_is_written_with_why_it_did(makery: Makery, tmp_path: Path) -> None:
    run = json.loads(makery(REQUIREMENT, "-o", "out", "--max-tokens", "1", "--json").stdout)["run_id"]
    assert makery("runs", "export", run, "--workspace", "copy").exit_code == 0
    report = (tmp_path / "copy" / ".makery" / "report.md").read_text(encoding="utf-8")
    assert "--max-tokens" in report and f"makery runs resume {run}" in report


def test_a_folder_that_holds_something_is_not_written_into(makery: Makery, tmp_path: Path) -> None:
    run = json.loads(makery(REQUIREMENT, "-o", "out", "--json").stdout)["run_id"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear all", encoding="utf-8")
    refused = makery("runs", "export", run, "--workspace", "mine")
    assert refused.exit_code == 2
    assert files_in(tmp_path / "mine") == {"letter.txt": "Dear all"}
