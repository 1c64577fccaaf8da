"""The interpreter: code is seen, agreed to, edited, run in one session, and the user goes on talking."""

import shutil

import pytest
from society_world import Persons, prompts, run

from makery.kernel.cells import CellEnd
from makery.kernel.dialogue import Executed
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.sandbox.notebook import SandboxNotebook
from makery.skills.society.run_cell import cell_of
from makery.teams.interpreter import Session, interpreter
from makery.teams.seats import member
from makery.testing import FakeNotebook, ListSink

AGENT = member("agent", "You do what is wanted.", skills=("write_cell", "run_cell"))
YOU = member("you", "You are the user.")
TALK = Session(AGENT, YOU)


def python(code: str) -> str:
    return f"I try this.\n```python\n{code}\n```"


def test_a_cell_is_shown_run_and_answered_and_the_user_goes_on() -> None:
    notebook, people = FakeNotebook("4\n", "8\n"), Persons("y", "Double it.", "yes", "exit")
    answers = {"write_cell": [python("x = 4\nx"), "It is 4.", python("x * 2"), "It is 8."]}
    done = run(interpreter(TALK), answers, people=people, notebook=notebook, task="What is 2 + 2?")

    assert done.ending.text == "It is 8." and done.ending.reason == "you left"
    assert "x = 4" in people.asked[0].draft and "y runs it" in people.asked[0].text
    assert [len(wanted.earlier) for wanted in notebook.runs] == [0, 1]
    assert "Double it." in prompts(done.model)[2] and "Output: 4" in prompts(done.model)[1]


def test_without_a_user_it_ends_with_the_answer_and_asks_nobody() -> None:
    team = interpreter(Session(AGENT, ask=False))
    done = run(team, {"write_cell": [python("1"), "One."]}, notebook=FakeNotebook("1\n"))
    assert (done.ending.text, done.ending.outcome) == ("One.", "done")


def test_all_means_that_nothing_more_is_asked() -> None:
    people = Persons("a", "exit")
    answers = {"write_cell": [python("1"), python("2"), "Done."]}
    run(interpreter(TALK), answers, people=people, notebook=FakeNotebook("", ""))
    assert len(people.asked) == 2


def test_code_that_is_refused_does_not_run_and_the_user_says_what_instead() -> None:
    notebook, people = FakeNotebook(), Persons("n", "exit")
    done = run(interpreter(TALK), {"write_cell": [python("rm()")]}, people=people, notebook=notebook)
    assert notebook.runs == [] and people.asked[1].text == "The code was not run."
    assert done.ending.outcome == "done"


def test_nothing_said_is_no_consent_but_an_empty_line_at_the_terminal_is_offered_as_one() -> None:
    for nothing in ("", None):
        notebook, people = FakeNotebook(), Persons(nothing, "exit")
        run(interpreter(TALK), {"write_cell": [python("1")]}, people=people, notebook=notebook)
        assert notebook.runs == []
        assert [question.default for question in people.asked] == ["yes", ""]


def test_edited_code_runs_in_place_of_the_model_s_and_words_are_a_correction() -> None:
    notebook = FakeNotebook("7\n")
    people = Persons("Use 7.", "```python\nprint(7)\n```", "exit")
    answers = {"write_cell": [python("print(6)"), python("print('six')"), "7 it is."]}
    done = run(interpreter(TALK), answers, people=people, notebook=notebook)
    assert [wanted.cell.code for wanted in notebook.runs] == ["print(7)\n"]
    assert "you: Use 7." in prompts(done.model)[1]


def test_cells_that_cannot_be_repeated_are_not_among_the_earlier_ones() -> None:
    notebook = FakeNotebook("", CellEnd(output="", failed=True, lost=True), "1\n")
    answers = {"write_cell": [python("a = 1"), python("crash()"), python("a"), "One."]}
    run(interpreter(Session(AGENT, ask=False)), answers, notebook=notebook)
    assert [cell.code for cell in notebook.runs[2].earlier] == ["a = 1\n"]


def test_files_and_pictures_reach_the_workspace_and_the_record() -> None:
    end = CellEnd(output="", written=(("plot-1.png", b"\x89PNG"), ("t.csv", b"a,b")), removed=("old.txt",))
    answers = {"write_cell": [python("draw()"), "Drawn."]}
    done = run(interpreter(Session(AGENT, ask=False)), answers, notebook=FakeNotebook(end))
    assert done.tools.workspace.as_bytes() == {"plot-1.png": b"\x89PNG", "t.csv": b"a,b"}
    assert done.pool.artifacts(Executed)[0].pictures == ("plot-1.png",)


def test_the_same_failing_code_again_and_again_is_ended() -> None:
    failing = [CellEnd(output="no", failed=True)] * 9
    answers = {"write_cell": [python("f()")] * 9}
    done = run(
        interpreter(Session(AGENT, ask=False)), answers, notebook=FakeNotebook(*failing), finished=False
    )
    assert done.ending.outcome == "looping"


@pytest.mark.parametrize(
    ("text", "language"),
    [("```sh\nls\n```", "shell"), ("```js\n1\n```", "javascript"), ("```\n1\n```", "python")],
)
def test_the_fence_says_the_language(text: str, language: str) -> None:
    cell = cell_of(text)
    assert cell is not None and cell.language == language
    assert cell_of("```html\n<p>\n```") is None and cell_of("words") is None


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_in_the_real_sandbox_three_languages_share_files() -> None:
    notebook = SandboxNotebook(BubblewrapSandbox(), ListSink())
    cells = [
        python("open('n.txt', 'w').write('2')"),
        "```shell\ncat n.txt; echo 1 >> n.txt\n```",
        python("print(open('n.txt').read())"),
        "21.",
    ]
    done = run(interpreter(Session(AGENT, ask=False)), {"write_cell": cells}, notebook=notebook)
    notebook.close()
    assert done.tools.workspace.files() == {"n.txt": "21\n"}
