"""Recorded runs of societies come out again, byte for byte and without a model; their pages show them."""

import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDED = sorted(path.stem for path in (ROOT / "docs" / "societies" / "recorded").glob("*.jsonl"))


@pytest.fixture
def recorder(script) -> ModuleType:
    for name in ("society_table", "recorded_pages"):
        sys.modules.pop(name, None)
    return script("scripts/record_society.py")


def of_name(recorder: ModuleType, name: str):
    return next(society for society in recorder.SOCIETIES if society.name == name)


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize("name", RECORDED or [pytest.param("", marks=pytest.mark.skip("none is recorded"))])
def test_a_recorded_society_comes_out_again_byte_for_byte(name, recorder):
    assert recorder.differences(of_name(recorder, name)) == []


def test_every_system_has_a_society_with_a_check_and_a_page(recorder):
    assert {society.row for society in recorder.SOCIETIES} == set(recorder.ROWS)
    assert len({society.name for society in recorder.SOCIETIES}) == len(recorder.SOCIETIES)
    for society in recorder.SOCIETIES:
        assert society.wants and (recorder.PAGES / f"{society.page}.md").is_file()
        assert all((recorder.GIVEN / name).is_file() for name in society.given)


def test_nothing_is_recorded_that_the_table_does_not_know(recorder):
    assert set(RECORDED) <= {society.name for society in recorder.SOCIETIES}


def test_each_page_shows_its_recorded_runs_as_they_are(recorder):
    for path, text in recorder.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run scripts/record_society.py"


def test_the_check_of_no_society_holds_for_a_run_that_did_nothing(recorder, tmp_path):
    nothing = recorder.Came("", ({"turn": 0, "role": "user", "skill": "", "text": "Do it."},), tmp_path)
    assert [society.name for society in recorder.SOCIETIES if society.holds(nothing)] == []


def test_a_system_works_only_if_all_its_recorded_runs_do(recorder, tmp_path, monkeypatch):
    pages = sys.modules["recorded_pages"]
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    for name, works in (("coder_executor", True), ("panel", False), ("debate", True)):
        for ending in ("jsonl", "md"):
            (tmp_path / f"{name}.{ending}").write_text("", encoding="utf-8")
        (tmp_path / f"{name}.json").write_text(json.dumps({"works": works}), encoding="utf-8")
    assert recorder.working() == ("B4",)


@pytest.fixture
def recorded(recorder, tmp_path, monkeypatch):
    """The society `debate`, recorded on a stand-in for a model that always answers 367."""
    sys.path.insert(0, str(ROOT / "tests" / "cli"))
    from openai_standin import serving

    monkeypatch.setattr(sys.modules["recorded_pages"], "FOLDER", tmp_path / "recorded")
    monkeypatch.setattr(recorder, "FOLDER", tmp_path / "recorded")
    monkeypatch.setattr(recorder, "pages", dict)
    monkeypatch.setenv("MAKERY_ALLOW_UNKNOWN_PRICE", "true")
    opinion = json.dumps({"reasoning": "17 * 23 is 391.", "answer": "367"})
    with serving(lambda _: opinion) as server:
        assert recorder.main(["--only", "debate", "--model", server.model]) == 0
        asked = len(server.prompts)
        assert recorder.main(["--only", "debate", "--model", server.model]) == 0
        assert len(server.prompts) == asked, "what is recorded is not recorded again"
    return of_name(recorder, "debate")


def test_a_recording_holds_how_it_was_made_and_whether_it_works(recorded, recorder, tmp_path):
    facts = json.loads((tmp_path / "recorded" / "debate.json").read_text(encoding="utf-8"))
    assert (facts["held"], facts["works"], facts["exit_status"], facts["calls"]) == (True, True, 0, 3)
    page = (tmp_path / "recorded" / "debate.md").read_text(encoding="utf-8")
    assert "**It works**" in page and "ada: 17 * 23 is 391. ⇒ 367" in page
    assert recorder.main(["--only", "debate", "--replay"]) == 0


def test_a_recording_whose_prompts_changed_is_told(recorded, recorder, tmp_path, monkeypatch, capsys):
    from dataclasses import replace

    other = replace(recorded, task="What is 17 * 23 - 4 * 7?")
    monkeypatch.setattr(recorder, "SOCIETIES", (other,))
    assert recorder.main(["--only", "debate", "--replay"]) == 1
    assert "holds no call like the one" in capsys.readouterr().err
