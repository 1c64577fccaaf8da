"""Acting by code: tools are functions, state stays, and everything happens in the real sandbox."""

import shutil

import pytest
from society_world import Persons, prompts, run

from makery.kernel.dialogue import Executed
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.teams.code_act import code_act
from makery.teams.seats import member
from makery.tools.permission import Permissions, Rule
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt

pytestmark = [
    pytest.mark.sandboxed,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]
AGENT = member("agent", "You work with code.", tools=("*",), skills=("write_action", "run_action"))


class Shop:
    """Three tools, and how often each was really used."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def prices(self) -> dict[str, float]:
        """Tell the price of each thing."""
        self.used.append("prices")
        return {"pen": 1.5, "book": 12.0}

    def stock(self, thing: str) -> int:
        """Tell how many of a thing there are."""
        self.used.append(f"stock {thing}")
        if thing == "ink":
            raise LookupError("no ink here")
        return {"pen": 10, "book": 2}[thing]

    def order(self, thing: str, count: int) -> str:
        """Order things."""
        self.used.append(f"order {thing} {count}")
        return f"ordered {count}"

    def belt(self, *people: str) -> ToolBelt:
        tools = [
            function_tool(self.prices, safe=True),
            function_tool(self.stock, safe=True),
            function_tool(self.order),
        ]
        rules = Permissions(rules=(Rule(tool="order", decision="ask"),))
        return ToolBelt(tools, people=Persons(*people), permissions=rules)


def code(text: str) -> str:
    return f"I compute it.\n```python\n{text}\n```"


def test_one_piece_of_code_uses_several_tools_each_once() -> None:
    shop = Shop()
    piece = "worth = sum(prices()[t] * stock(t) for t in ('pen', 'book'))\nfinal_answer(worth)"
    done = run(
        code_act(AGENT), {"write_action": [code(piece)]}, toolset=shop.belt(), sandbox=BubblewrapSandbox()
    )

    assert done.ending.text == "39.0"
    assert shop.used == ["prices", "stock pen", "prices", "stock book"]
    assert "def stock(thing: string): ...  # Tell how many of a thing there are." in prompts(done.model)[0]


def test_variables_stay_and_earlier_tools_are_not_used_again() -> None:
    shop = Shop()
    pieces = [
        code("n = stock('pen')\nprint('pens', n)"),
        code("import math\nm = n + 1\nprint(m)"),
        code("final_answer(m * 2)"),
    ]
    done = run(code_act(AGENT), {"write_action": pieces}, toolset=shop.belt(), sandbox=BubblewrapSandbox())

    assert [ran.output for ran in done.pool.artifacts(Executed)] == ["pens 10", "11", ""]
    assert (done.ending.text, shop.used) == ("22", ["stock pen"])


def test_an_error_is_told_with_its_line_and_the_failed_piece_leaves_nothing_behind() -> None:
    shop = Shop()
    pieces = [
        code("x = 1\ny = stock('ink')"),
        code("try:\n    x\nexcept NameError:\n    final_answer('clean')"),
    ]
    done = run(code_act(AGENT), {"write_action": pieces}, toolset=shop.belt(), sandbox=BubblewrapSandbox())

    assert "line 2: ToolError: LookupError: no ink here" in prompts(done.model)[1]
    assert done.ending.text == "clean"


@pytest.mark.parametrize(
    "piece",
    [
        "stock = {'pen': 99}\nfinal_answer(stock['pen'])",
        "def stock(thing):\n    return 99\nfinal_answer(stock('pen'))",
    ],
)
def test_code_that_makes_up_what_a_tool_knows_is_sent_back(piece: str) -> None:
    shop = Shop()
    pieces = [code(piece), code("final_answer(stock('pen'))")]
    done = run(code_act(AGENT), {"write_action": pieces}, toolset=shop.belt(), sandbox=BubblewrapSandbox())

    assert "line 1: stock is a function that is there already" in prompts(done.model)[1]
    assert (done.ending.text, shop.used) == ("10", ["stock pen"])


def test_a_tool_that_needs_consent_asks_from_inside_the_code() -> None:
    shop = Shop()
    piece = "try:\n    order('pen', 3)\nexcept ToolError as error:\n    final_answer(str(error)[:20])"
    done = run(
        code_act(AGENT), {"write_action": [code(piece)]}, toolset=shop.belt("no"), sandbox=BubblewrapSandbox()
    )
    assert done.ending.text == "The user does not al"
    assert shop.used == []


def test_files_that_the_code_writes_stay_in_the_workspace() -> None:
    pieces = [code("open('notes.txt', 'w').write('kept')"), code("final_answer(open('notes.txt').read())")]
    done = run(code_act(AGENT), {"write_action": pieces}, toolset=Shop().belt(), sandbox=BubblewrapSandbox())
    assert done.ending.text == "kept"
    assert done.tools.workspace.files() == {"notes.txt": "kept"}


def test_step_by_step_a_person_sees_each_piece_before_it_runs() -> None:
    people = Persons("Use 7 instead.", "y")
    pieces = [code("final_answer(6)"), code("final_answer(7)")]
    done = run(
        code_act(AGENT, ask=True),
        {"write_action": pieces},
        people=people,
        toolset=Shop().belt(),
        sandbox=BubblewrapSandbox(),
    )
    assert "final_answer(6)" in people.asked[0].text
    assert done.ending.text == "7"


def test_code_cannot_leave_the_sandbox_or_forge_a_report() -> None:
    pieces = [
        code("import os\nprint(os.path.exists('/root/.ssh'), os.environ.get('HOME'))"),
        code("final_answer('ok')"),
    ]
    done = run(code_act(AGENT), {"write_action": pieces}, toolset=Shop().belt(), sandbox=BubblewrapSandbox())
    assert done.pool.artifacts(Executed)[0].output.startswith("False")
