# ruff: noqa: E501 - the scripts of answers read better with long lines
"""What the pages on societies show is run as it stands, on the scripted model."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from app_standins import StandIns, settings_in

from makery.app.factory import Factory
from makery.app.societies import find_team, team_order
from makery.kernel.completion import Completion, ModelCall
from makery.kernel.tool import ToolCall
from makery.testing import FakeNotebook, FakeSandbox, FakeVerifier, ended

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "societies"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py"))
PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))


def wants(*calls: tuple[str, dict[str, object]]) -> Completion:
    wanted = tuple(ToolCall(id=f"c{n}", tool=tool, arguments=a) for n, (tool, a) in enumerate(calls))
    return Completion(text="", finish="stop", model="scripted", calls=wanted)


def opinion(answer: int) -> str:
    return json.dumps({"reasoning": "r", "answer": str(answer)})


def tasks(*names: str) -> str:
    return json.dumps({"tasks": names})


def choice(name: str) -> str:
    return json.dumps({"reason": "r", "choice": name})


def first_choice(call: ModelCall) -> str:
    return choice(call.output_schema["properties"]["choice"]["enum"][0])


ANSWERS = {
    "group_chat": [
        {"speak": ["```python\nprint(2)\n```"]},
        {"choose": [choice("writer"), choice("critic")], "speak": ["Early bread.", "APPROVED"]},
    ],
    "pair": [{"speak": ["```python\nprint(2)\n```"]}],
    "role_play": [{"specify_task": ["A bot."], "instruct": ["Instruction: x", "<CAMEL_TASK_DONE>"], "carry_out": ["S"]}],
    "debate": [{"answer_problem": [opinion(n) for n in (13, 12, 13, 13, 13, 13)]}, {"answer_problem": [opinion(13)] * 6}],
    "debate_set": [{"answer_problem": [opinion(n)] * 3} for n in (17, 24, 12)],
    "task_list": [
        {
            "execute_task": ["write it", wants(("files_write", {"path": "guide.md", "text": "Tea."})), "written"],
            "create_tasks": [tasks("write guide.md"), tasks()],
            "speak": ["guide.md is there."],
        }
    ],
    "agent": [
        {
            "execute_task": [wants(("files_write", {"path": "rules.md", "text": "1\n2\n3"})), "written"],
            "create_tasks": [tasks()],
            "speak": ["rules.md is there."],
        }
    ],
    "goal_loop": [{"pursue_goal": [wants(("files_write", {"path": "fts5.txt", "text": "x"})), "Done."]}],
    "react": [{"speak": [wants(("population", {"city": "Oslo"}), ("population", {"city": "Bergen"})), "Oslo."]}],
    "code_agent": [{"write_action": ["```python\nfinal_answer(27.0)\n```"]}],
    "characters": [
        {
            "perceive": ['{"ratings": [5]}'] * 3,
            "make_plan": ['{"steps": ["s"]}'] * 3,
            "live": [json.dumps({"place": "the square", "doing": "walks", "says": "Hello."})] * 6,
            "bid_to_speak": ['{"urgency": 5}'] * 10,
            "say_in_character": ["Hello."] * 4,
        },
        {"choose": [first_choice]},
    ],
    "task_graph": [
        {
            "plan_graph": ['{"parts": [{"part": "Write.", "needs": []}]}'],
            "choose": [choice("writer")],
            "speak": ["An eighth.", "An eighth of them."],
        }
    ],
    "interpreter": [{"write_cell": ["```python\nprint('Thursday')\n```", "It was a Thursday."]}],
    "codium": [
        {
            "reflect_problem": ["r"],
            "reason_on_tests": ["r"],
            "propose_solutions": ['{"ideas": ["i"]}'],
            "write_solution": ["roman.py\n```python\nprint('XIV')\n```"],
            "write_test": ['{"scenarios": [{"steps": [{"args": ["1"], "stdout": ["I"], "exit_code": 0}]}]}'] * 9,
        }
    ],
    "team_file": [{"speak": ["Bees.", "Fine.", "Print it.", "Bees matter."], "choose": [choice("print")]}],
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_of_a_page_runs_as_it_stands(name, tmp_path, monkeypatch, capsys):
    import makery

    scripts = iter(ANSWERS[name])
    made: list[StandIns] = []

    def factory() -> Factory:
        settings = settings_in(tmp_path)
        made.append(
            StandIns(
                settings,
                next(scripts),
                verifier=FakeVerifier(),
                sandbox=sandbox(),
                notebook=FakeNotebook("Thursday"),
            )
        )
        return Factory(settings, parts=made[-1])

    monkeypatch.setattr(makery, "Factory", factory)
    monkeypatch.chdir(ROOT)
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    exec(compile(text, f"{name}.py", "exec"), {"__name__": name})

    assert capsys.readouterr().out.strip()
    assert len([line for line in text.splitlines() if line.strip()]) <= 30
    for parts in made:
        if name != "codium":
            parts.model.assert_finished()


def sandbox() -> FakeSandbox:
    report = json.dumps({"answer": "27.0"}).encode()
    answered = ended().model_copy(update={"collected": ((".makery_report.json", report),)})
    return (
        FakeSandbox().when(lambda c: c.purpose == "action", answered).when(lambda c: True, ended(0, "2 3 5"))
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_page_shows_the_program_that_is_run(name):
    pages = "".join((FOLDER / f"{page}.md").read_text(encoding="utf-8") for page in PAGES)
    assert (FOLDER / f"{name}.py").read_text(encoding="utf-8") in pages


def test_the_lines_that_the_side_by_side_page_counts_are_those_of_the_programs():
    page = (FOLDER / "originals.md").read_text(encoding="utf-8")
    told = {name: int(count) for name, count in re.findall(r"`(\w+\.(?:py|yaml))`[^|\n]*\| (\d+) \|", page)}
    assert len(told) == 6
    for name, count in told.items():
        lines = [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()]
        tools = 9 if name == "code_agent.py" else 0
        assert len(lines) - tools == count, name


def test_the_team_file_of_the_page_is_the_one_that_is_run():
    assert (FOLDER / "newsroom.yaml").read_text(encoding="utf-8") in (FOLDER / "team_files.md").read_text(
        encoding="utf-8"
    )
    assert team_order(FOLDER / "newsroom.yaml", "x").name == "newsroom"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_in_the_navigation_and_says_whose_idea_it_is(page):
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    assert f"societies/{page}.md" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    if page != "index":
        assert "**Made by**" in text and "**Use it**" in text and "## Try it" in text


@pytest.mark.parametrize("page", PAGES)
def test_teams_that_a_page_names_on_a_command_line_exist(page):
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    for team in re.findall(r"^makery team (?:run|draw|check) (\S+)", text, re.M):
        assert find_team(ROOT / team if "/" in team else team).is_file()
