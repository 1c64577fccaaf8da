"""`makery team` and `makery chat`: conversations in the terminal, everything on record."""

import json
from pathlib import Path

import pytest

from makery.kernel.cells import CellEnd
from makery.testing import FakeNotebook

TEAM = """
name: pair
protocol: round_robin
roles:
  writer: {goal: You write., tools: ["files_*"]}
  critic: {goal: You criticise.}
stop: {turns: 4, says: FINE, by: critic}
"""


@pytest.fixture
def team(tmp_path: Path) -> str:
    (tmp_path / "pair.yaml").write_text(TEAM, encoding="utf-8")
    return "pair.yaml"


def test_a_team_from_a_file_works_on_a_task(makery, team):
    done = makery("team", "run", team, "Write a line.", answers={"speak": ["A line.", "FINE"]})
    assert done.exit_code == 0, done.output
    assert "writer: A line." in done.stderr and "[done: critic said 'FINE']" in done.stderr
    assert done.stdout.splitlines()[0] == "FINE"


def test_the_conversation_is_kept_as_json_lines_and_the_run_is_listed(makery, team, tmp_path):
    done = makery("team", "run", team, "Write.", "-o", "out", "--json", answers={"speak": ["A.", "FINE"]})
    facts = json.loads(done.stdout)
    lines = [
        json.loads(line) for line in (tmp_path / "out/.makery/dialogue.jsonl").read_text("utf-8").splitlines()
    ]
    assert facts["artifact"]["kind"] == "Ending" and facts["mode"] == "team"
    assert [(line["role"], line.get("text")) for line in lines[1:3]] == [("writer", "A."), ("critic", "FINE")]
    assert facts["run_id"] in makery("runs", "list").stdout


def test_a_conversation_that_hits_its_limit_leaves_with_3(makery, team):
    done = makery("team", "run", team, "Write.", answers={"speak": ["a", "b", "c", "d"]})
    assert done.exit_code == 3


def test_a_chat_goes_on_until_the_user_says_exit(makery):
    done = makery("chat", "Hello", stdin="And you?\nexit\n", answers={"speak": ["Hello.", "Fine."]})
    assert done.exit_code == 0, done.output
    assert "assistant: Hello." in done.stderr and done.stdout.splitlines()[0] == "Fine."


def test_a_chat_whose_input_ends_is_over(makery):
    done = makery("chat", "Hello", stdin="", answers={"speak": ["Hello."]})
    assert done.exit_code == 0 and "[done: you left]" in done.stderr


def test_a_stopped_chat_is_resumed_where_it_was(makery, tmp_path):
    first = makery(
        "team",
        "run",
        "panel",
        "Plan.",
        "--max-calls",
        "1",
        "--json",
        answers={"choose": ['{"reason": "r", "choice": "worker"}']},
    )
    facts = json.loads(first.stdout)
    assert facts["exit_status"] == 4
    choice = '{"reason": "r", "choice": "planner"}'
    answers = {"speak": ["step", "DONE"], "choose": [choice]}
    again = makery("runs", "resume", facts["run_id"], "--max-calls", "9", "--json", answers=answers)
    assert json.loads(again.stdout)["artifact"]["data"]["reason"] == "planner said 'DONE'"


def test_a_team_that_cannot_work_is_refused_before_anything_runs(makery, tmp_path):
    (tmp_path / "bad.yaml").write_text(TEAM.replace("by: critic", "by: nobody"), encoding="utf-8")
    for words in (("run", "bad.yaml", "Write."), ("check", "bad.yaml"), ("draw", "bad.yaml")):
        done = makery("team", *words, answers={})
        assert done.exit_code == 2 and "stop.by: there is no role 'nobody'" in done.stderr


def test_an_unknown_team_or_model_is_named_with_the_nearest(makery, tmp_path):
    assert "Did you mean 'debate'" in makery("team", "run", "debat", "x").stderr
    (tmp_path / "m.yaml").write_text(f"model: embeded\n{TEAM}", encoding="utf-8")
    done = makery("team", "check", "m.yaml")
    assert done.exit_code == 2 and "No model is called 'embeded'" in done.stderr


def test_teams_are_listed_checked_drawn_and_described(makery, tmp_path):
    assert "coder_executor" in makery("team", "list").stdout
    assert makery("team", "check", "debate").stdout == "debate: can work.\n"
    assert makery("team", "draw", "role_play").stdout.startswith("flowchart TD\n")
    assert makery("team", "draw", "role_play", "--form", "svg", "-o", "a.svg").exit_code == 0
    nowhere = makery("team", "draw", "role_play", "-o", "nowhere/a.svg")
    assert nowhere.exit_code == 2 and "'nowhere/a.svg' cannot be written" in nowhere.stderr
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "oneOf" in json.loads(makery("team", "schema").stdout)


def test_a_tool_beside_the_team_s_file_is_used_after_consent(makery, tmp_path):
    (tmp_path / "shout_tool.py").write_text(
        'def shout(text: str) -> str:\n    """Shout a text."""\n    return text.upper()\n', encoding="utf-8"
    )
    (tmp_path / "s.yaml").write_text(
        "name: s\nprotocol: react\nroles: {a: {goal: g, tools: [shout]}}\n"
        "tools: {python: ['shout_tool:shout']}\n",
        encoding="utf-8",
    )
    from makery.kernel.completion import Completion
    from makery.kernel.tool import ToolCall

    wants = Completion(
        text="", finish="stop", model="m", calls=(ToolCall(id="c", tool="shout", arguments={"text": "hey"}),)
    )
    allowed = makery(
        "team", "run", "s.yaml", "Shout.", stdin="yes\n", answers={"speak": [wants, "HEY it is."]}
    )
    assert "← HEY" in allowed.stderr and allowed.exit_code == 0
    unattended = makery("team", "run", "s.yaml", "Shout.", "-y", answers={"speak": [wants, "I may not."]})
    assert "needs a person's consent, and nobody is there" in unattended.stderr


def test_earlier_turns_can_be_loaded(makery, team, tmp_path):
    turn = {"kind": "Utterance", "data": {"speaker": "writer", "text": "I am Ada."}}
    (tmp_path / "turn.json").write_text(json.dumps(turn), encoding="utf-8")
    seen: list[str] = []

    def answer(call):
        seen.append(call.prompt.user)
        return "FINE"

    makery("team", "run", team, "Go on.", "--load", "turn.json", answers={"speak": [answer, "FINE"]})
    assert "writer: I am Ada." in seen[0]


def test_the_interpreter_runs_what_the_user_agrees_to_on_files_that_were_put_there(makery, tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code = "Let me see.\n```python\nprint(1)\n```"
    notebook = FakeNotebook(CellEnd(output="1", written=(("plot-1.png", b"\x89PNG"),)))
    done = makery(
        *("chat", "Sum it.", "--team", "interpreter", "--put", "data.csv", "-o", "out"),
        stdin="y\nexit\n",
        answers={"write_cell": [code, "It is 1."]},
        notebook=notebook,
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "It is 1."
    assert dict(notebook.runs[0].files) == {"data.csv": b"a,b\n1,2\n"}
    assert f"▦ {tmp_path / 'out' / 'plot-1.png'}" in done.stderr
    assert "![plot-1.png](../plot-1.png)" in (tmp_path / "out/.makery/report.md").read_text("utf-8")


def test_code_is_edited_in_the_user_s_editor(makery, tmp_path, monkeypatch):
    monkeypatch.setenv("EDITOR", "sed -i s/1/7/")
    notebook = FakeNotebook("7")
    makery(
        *("chat", "Print.", "--team", "interpreter"),
        stdin="e\nexit\n",
        answers={"write_cell": ["```python\nprint(1)\n```", "Seven."]},
        notebook=notebook,
    )
    assert notebook.runs[0].cell.code == "print(7)\n"


def test_a_file_that_cannot_be_put_there_is_refused_before_anything_runs(makery):
    done = makery("chat", "Sum it.", "--put", "none.csv", answers={})
    assert done.exit_code == 2 and "none.csv' cannot be read" in done.stderr


def test_a_person_takes_a_role_of_a_team_that_has_no_person_in_it(makery):
    opinion = json.dumps({"reasoning": "r", "answer": "9"})
    done = makery(
        *("team", "run", "debate", "17 sheep, all but 9 leave. How many stay?", "--as", "ada"),
        stdin="9\n",
        answers={"answer_problem": [opinion, opinion]},
    )
    assert done.exit_code == 0 and done.stdout.splitlines()[0] == "9"
    refused = makery("team", "run", "debate", "x", "--as", "zoe")
    assert refused.exit_code == 2 and "no role 'zoe'" in refused.stderr


def test_with_yes_code_runs_without_a_question(makery):
    notebook = FakeNotebook("7")
    answers = {"write_cell": ["```python\nprint(7)\n```", "Seven."]}
    done = makery("team", "run", "interpreter", "Print.", "--yes", answers=answers, notebook=notebook)
    assert done.exit_code == 0 and done.stdout.splitlines()[0] == "Seven.", done.output
    assert len(notebook.runs) == 1


def test_a_seat_in_the_company_is_refused_with_what_can_be_done_instead(makery):
    done = makery("build", "Print hello.", "--as", "engineer")
    assert done.exit_code == 2
    assert "'engineer'" in done.stderr and "--ask" in done.stderr and "--edit" in done.stderr
    assert "makery build" in makery("team", "run", "software_company", "x", "--as", "engineer").stderr
