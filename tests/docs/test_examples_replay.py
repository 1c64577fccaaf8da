"""The recorded runs in examples/ come out again, and the runner that says so can fail."""

import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(
    path.name for path in (ROOT / "examples").glob("*/") if not (path / "pyproject.toml").is_file()
)

MAKERY = """\
#!{python}
import json, sys
from pathlib import Path

given = sys.argv[1:]
out = Path(given[given.index("-o") + 1])
for option in ("--replay", "--record"):
    if option in given:
        Path(given[given.index(option) + 1]).open("a").close()
(out / ".makery").mkdir(parents=True)
(out / ".git").mkdir()
(out / ".git" / "HEAD").write_text("history differs from run to run")
(out / "sub").mkdir()
(out / "sub" / "data.txt").write_bytes(b"\\r\\n\\xff")
(out / "todo.py").write_text({code!r})
(out / ".makery" / "verdict.json").write_text(json.dumps({{"status": "not verified"}}))
(out / ".makery" / "seen.json").write_text(json.dumps(given))
sys.exit({status})
"""


@pytest.fixture
def makery(tmp_path):
    """A stand-in for the command: delivers a program of that code and ends with that status."""

    def make(code="print('todo')\n", status=3) -> Path:
        path = tmp_path / "makery"
        path.write_text(MAKERY.format(python=sys.executable, code=code, status=status), encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def recorded(script, makery, tmp_path, monkeypatch):
    """An example recorded with the stand-in, and the runner's module."""
    recorder = script("scripts/record_example.py")
    runner = sys.modules["examples"]
    for module in (recorder, runner):
        monkeypatch.setattr(module, "EXAMPLES", tmp_path / "examples")
        monkeypatch.setattr(module, "MAKERY", makery())
    monkeypatch.setattr(recorder, "replay", lambda example: runner.replay(example, makery()))
    (tmp_path / "todo.md").write_text("A to-do list.", encoding="utf-8")
    status = recorder.main(["todo", str(tmp_path / "todo.md"), "--mode", "duo", "--seed", "7"])
    assert status == 0
    yield runner, runner.Example(tmp_path / "examples" / "todo")
    sys.modules.pop("examples", None)


def test_what_was_recorded_holds_program_verdict_and_how_it_came_about(recorded):
    _, example = recorded
    assert example.missing == []
    assert sorted(p.name for p in (example.folder / "expected").rglob("*")) == ["data.txt", "sub", "todo.py"]
    about = example.about
    assert (about["mode"], about["verdict"], about["exit_status"]) == ("duo", "not verified", 3)
    assert about["options"] == ["--mode", "duo", "--seed", "7"]
    assert about["date"].count("-") == 2


def test_an_unchanged_program_is_no_difference(recorded, makery):
    runner, example = recorded
    assert runner.replay(example, makery()).differences == ()


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"code": "print('other')\n"}, "todo.py differs"),
        ({"status": 0}, "exit status 0, recorded 3: "),
    ],
)
def test_another_program_or_status_is_told(recorded, makery, changed, difference):
    runner, example = recorded
    assert runner.replay(example, makery(**changed)).differences == (difference,)


def test_files_that_are_new_or_gone_and_another_verdict_are_told(recorded, makery):
    runner, example = recorded
    (example.folder / "expected" / "sub" / "data.txt").rename(example.folder / "expected" / "gone.txt")
    (example.folder / "verdict.json").write_text("{}", encoding="utf-8")
    assert runner.replay(example, makery()).differences == (
        "gone.txt did not come out",
        "sub/data.txt came out, but was not recorded",
        "verdict.json differs",
    )


def test_an_example_without_its_recording_is_told_and_not_run(recorded, makery):
    runner, example = recorded
    (example.folder / "recording.jsonl").unlink()
    assert runner.replay(example, makery()).differences == ("recording.jsonl missing",)


def test_the_exit_status_says_whether_all_came_out(recorded, makery, monkeypatch, capsys):
    runner, example = recorded
    replay = runner.replay
    monkeypatch.setattr(runner, "replay", lambda example: replay(example, makery()))
    examples = [example]
    monkeypatch.setattr(runner, "all_examples", lambda names: examples)
    assert runner.main([]) == 0
    assert "1 came out as recorded, 0 did not." in capsys.readouterr().out
    (example.folder / "verdict.json").write_text("{}", encoding="utf-8")
    assert runner.main([]) == 1
    assert "verdict.json differs" in capsys.readouterr().out
    examples.clear()
    assert runner.main([]) == 1


def test_a_run_that_did_not_deliver_becomes_no_example(script, makery, tmp_path, monkeypatch):
    recorder = script("scripts/record_example.py")
    monkeypatch.setattr(recorder, "EXAMPLES", tmp_path / "examples")
    monkeypatch.setattr(recorder, "MAKERY", makery(status=4))
    (tmp_path / "todo.md").write_text("A to-do list.", encoding="utf-8")
    assert recorder.main(["todo", str(tmp_path / "todo.md")]) == 4
    assert not (tmp_path / "examples").exists()
    sys.modules.pop("examples", None)


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize("name", NAMES or [pytest.param("", marks=pytest.mark.skip("examples/ is empty"))])
def test_a_recorded_run_comes_out_again_byte_for_byte(name, script):
    runner = script("scripts/examples.py")
    done = runner.replay(runner.Example(ROOT / "examples" / name))
    assert done.differences == ()


def test_every_example_says_model_mode_date_and_verdict():
    for name in NAMES:
        folder = ROOT / "examples" / name
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        assert {"model", "mode", "date", "options", "verdict", "exit_status"} <= about.keys(), name
        verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        assert about["verdict"] == verdict["status"], name
