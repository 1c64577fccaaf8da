"""Python functions as tools: schema, permissions, bounds, errors that a model can use, retrieval."""

from dataclasses import replace
from typing import Literal

import pytest
from tools_world import Persons, call

from makery.kernel.errors import ContractViolation, InputError, LimitReached
from makery.kernel.role import Role
from makery.kernel.tool import ToolSpec
from makery.skills.society.speak import MOST_TOOLS, offered_tools
from makery.testing import FakeSandbox, FakeSearchEngine, MemoryWorkspace, ScriptedModel, ended, toolbox
from makery.tools.builtin import builtin_tools
from makery.tools.permission import Permissions, Rule
from makery.tools.retrieval import ToolIndex, words
from makery.tools.tool import function_tool
from makery.tools.toolset import ToolBelt


def book(city: str, nights: int = 1, board: Literal["none", "half"] = "none") -> dict[str, object]:
    """Book a room.

    Args:
        city: Where to sleep.
        nights: How long.
        board: What is to eat.
    """
    return {"city": city, "nights": nights, "board": board}


async def slow_echo(text: str) -> str:
    """Say it again."""
    return text


def belt(*tools: object, people: Persons | None = None, **rules: str) -> ToolBelt:
    given = [function_tool(tool) if callable(tool) else tool for tool in tools]
    decided = tuple(Rule(tool=tool, decision=decision) for tool, decision in rules.items())  # type: ignore[arg-type]
    return ToolBelt(given, people=people or Persons(), permissions=Permissions(rules=decided))  # type: ignore[arg-type]


def test_a_typed_function_becomes_a_tool() -> None:
    spec = function_tool(book).spec
    assert (spec.name, spec.description) == ("book", "Book a room.")
    assert spec.parameters["required"] == ["city"]
    assert spec.parameters["properties"]["board"] == {
        "default": "none", "description": "What is to eat.", "enum": ["none", "half"], "type": "string",
    }  # fmt: skip
    assert spec.signature == "book(city: string, nights: integer = 1, board: string = 'none')"


def test_a_function_without_a_docstring_is_refused() -> None:
    def silent(a: int) -> int:
        return a

    with pytest.raises(InputError, match="'silent' has no docstring"):
        function_tool(silent)


async def test_sync_and_async_functions_are_called_with_checked_arguments() -> None:
    tools = belt(book, slow_echo, book="allow", slow_echo="allow")
    assert (await tools.call(call("book", city="Oslo", nights="2"), ["*"])).text == (
        '{"city":"Oslo","nights":2,"board":"none"}'
    )
    assert (await tools.call(call("slow_echo", text="hi"), ["*"])).text == "hi"


async def test_wrong_arguments_say_which_and_why() -> None:
    outcome = await belt(book, book="allow").call(call("book", nights="many", town="Oslo"), ["*"])
    assert outcome.failed
    for part in ("Wrong arguments", "city: ", "nights: ", "town: "):
        assert part in outcome.text


async def test_long_results_lose_their_middle_and_say_so() -> None:
    tools = ToolBelt([function_tool(slow_echo, safe=True)], people=Persons(), most_characters=90)
    text = (await tools.call(call("slow_echo", text="a" * 500 + "z"), ["*"])).text
    assert "411 characters left out here" in text and text.endswith("z") and len(text) < 160


async def test_permissions_by_pattern_the_first_rule_counts() -> None:
    people = Persons("yes", "no", None)
    tools = belt(book, slow_echo, people=people, book="ask", **{"*": "deny"})
    assert [spec.name for spec in tools.offered(["*"])] == ["book"]
    outcomes = [await tools.call(call("book", city="Oslo"), ["*"]) for _ in range(3)]
    assert [outcome.failed for outcome in outcomes] == [False, True, True]
    assert "does not allow" in outcomes[1].text and "nobody is there" in outcomes[2].text
    assert people.asked[0].choices == ("yes", "no")


async def test_what_stops_a_run_is_not_swallowed_as_a_tool_s_failure() -> None:
    def pay() -> str:
        """Pay."""
        raise LimitReached("used up")

    with pytest.raises(LimitReached):
        await belt(pay, pay="allow").call(call("pay"), ["*"])


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ContractViolation, match="Two tools are called 'book'"):
        belt(book, book)


async def test_builtin_tools_work_on_workspace_sandbox_and_search() -> None:
    workspace = MemoryWorkspace()
    sandbox = FakeSandbox().when(lambda c: "boom" in c.argv[-1], ended(1, "", "ZeroDivisionError"))
    sandbox.when(lambda c: True, ended(0, "4\n"))
    tools = ToolBelt(builtin_tools(workspace, sandbox, lambda: FakeSearchEngine()), people=Persons())

    async def use(tool: str, **arguments: object) -> tuple[bool, str]:
        outcome = await tools.call(call(tool, **arguments), ["*"])
        return outcome.failed, outcome.text

    assert await use("files_write", path="a/notes.txt", text="Oslo\nRome") == (
        False, "Wrote 9 characters to a/notes.txt.",
    )  # fmt: skip
    assert await use("files_list") == (False, '["a/notes.txt"]')
    assert await use("files_find", text="rome") == (False, '["a/notes.txt:2: Rome"]')
    assert await use("files_read", path="b") == (True, "There is no file 'b'. There are: a/notes.txt.")
    assert (await use("files_write", path="../x", text=""))[0]
    assert await use("run_python", code="print(2 + 2)") == (False, "4\n")
    assert "ZeroDivisionError" in (await use("run_python", code="boom"))[1]


def test_the_right_tool_is_found_by_need() -> None:
    index = ToolIndex([function_tool(book).spec, function_tool(slow_echo).spec])
    assert [spec.name for spec in index.find("I need booking for a room tonight")] == ["book"]
    assert index.find("the of and") == ()
    assert index.find('"; DROP TABLE tools --') == ()
    index.close()


def the_first(need: str, *described: str) -> str:
    index = ToolIndex(
        ToolSpec(name=f"tool_{n}", description=text, parameters={}) for n, text in enumerate(described)
    )
    found = index.find(need)
    index.close()
    return described[int(found[0].name[-1])] if found else ""


@pytest.mark.parametrize(
    ("need", "fits", "other"),
    [
        ("Which pupils failed?", "List all students.", "List all cars."),
        ("把发票发给客户", "Send a receipt to a customer.", "Plan a holiday."),
        ("send my electronic mail", "发送电子邮件", "查询天气预报"),
        ("帮我查一下天气", "查询天气预报", "发送电子邮件"),
        ("reimbursements", "Ask for a reimbursable amount.", "Ask for a friend."),
    ],
)
def test_a_tool_is_found_by_another_word_another_language_or_a_part_of_a_word(need, fits, other) -> None:
    assert the_first(need, other, fits) == fits


def test_a_role_with_many_tools_is_never_shown_none(monkeypatch) -> None:
    def number(at: int):
        def one() -> str:
            """Zzz."""
            return ""

        return function_tool(one, name=f"zz{at:02}", safe=True)

    belt = ToolBelt([number(at) for at in range(14)], people=Persons())
    role = Role(name="a", title="a", goal="g", skills=("speak",), watches=("Utterance",), tools=("*",))
    tools = replace(toolbox(ScriptedModel({})), toolset=belt, role=role)
    shown = [spec.name for spec in offered_tools(tools, "Which pupils failed?")]
    assert shown == [f"zz{at:02}" for at in range(MOST_TOOLS)]
    first, *rest = (spec.name for spec in offered_tools(tools, "call zz13"))
    assert first == "zz13" and len(rest) == MOST_TOOLS - 1 and "zz13" not in rest


def test_names_in_any_case_and_chinese_are_split_into_words() -> None:
    assert words("getHTTPResponse_v2 list-all") == ["get", "http", "response", "v", "2", "list", "all"]
    assert words("查询天气") == ["查询", "询天", "天气"]
