"""The stand-ins are strict and satisfy the ports."""

import io
import wave

import pytest

from makery import testing
from makery.kernel.completion import Completion, ModelCall, Prompt, Purpose
from makery.kernel.documents import Check, SourceCode, SourceFile, Target
from makery.kernel.errors import InputError, MalformedOutput, RateLimited
from makery.kernel.ports import Command, Language, Models, SearchResult, Verifier, Workspace
from makery.testing import (
    FakeLanguages,
    FakePackageIndex,
    FakeSandbox,
    FakeSearchEngine,
    FakeSpeechEngine,
    FakeVerifier,
    LeftOver,
    MemoryWorkspace,
    ScriptedModel,
    UnexpectedCall,
    ended,
    requirement_of,
    toolbox,
)

TARGET = Target(language="python", kind="cli", entry=("main.py",))


def call(skill: str, text: str = "Write it.") -> ModelCall:
    return ModelCall(prompt=Prompt(system="", user=text), purpose=Purpose(role="engineer", skill=skill))


async def test_each_skill_gets_its_own_answers_in_order() -> None:
    model: Models = ScriptedModel({"a": ["a1", "a2"], "b": ["b1"]})
    texts = [(await model.complete(call(skill))).text for skill in "aba"]
    assert texts == ["a1", "b1", "a2"]


async def test_an_unexpected_call_names_the_skill_and_the_head_of_the_prompt() -> None:
    model = ScriptedModel({"a": ["a1"]})
    with pytest.raises(UnexpectedCall, match=r"'write_code'.*only \['a'\] have any.*\n.*Make a snake"):
        await model.complete(call("write_code", "Make a snake game"))
    assert model.calls_of("write_code") == [call("write_code", "Make a snake game")]


async def test_one_call_too_many_is_unexpected() -> None:
    model = ScriptedModel({"a": ["a1"]})
    await model.complete(call("a"))
    with pytest.raises(UnexpectedCall, match="used up"):
        await model.complete(call("a"))


async def test_answers_that_nobody_asked_for_fail_the_test() -> None:
    model = ScriptedModel({"a": ["a1", "a2"], "b": []})
    await model.complete(call("a"))
    with pytest.raises(LeftOver, match=r"\{'a': 1\}"):
        model.assert_finished()
    await model.complete(call("a"))
    model.assert_finished()


async def test_errors_functions_and_whole_completions_can_be_scripted() -> None:
    cut = Completion(text="half", finish="length", model="m")
    model = ScriptedModel({"a": [RateLimited("slow down"), lambda c: c.prompt.user.upper(), cut]})
    with pytest.raises(RateLimited):
        await model.complete(call("a"))
    assert (await model.complete(call("a", "echo"))).text == "ECHO"
    assert await model.complete(call("a")) is cut


async def test_usage_is_estimated_from_the_texts() -> None:
    completion = await ScriptedModel({"a": ["12345"]}).complete(call("a", "12345678"))
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (2, 2)
    assert completion.usd == 0


async def test_the_delay_is_awaited_before_the_answer() -> None:
    order: list[str] = []

    async def delay(asked: ModelCall) -> None:
        order.append("delay")

    model = ScriptedModel({"a": [lambda c: order.append("answer") or "x"]}, delay=delay)
    await model.complete(call("a"))
    assert order == ["delay", "answer"]


async def test_the_sandbox_answers_by_the_first_rule_that_matches() -> None:
    sandbox = (
        FakeSandbox()
        .when(lambda c: c.purpose == "checks", ended(1, "1 failed"))
        .when(lambda c: True, lambda c: ended(0, c.argv[0]))
        .when(lambda c: c.purpose == "never", MalformedOutput("x"))
    )
    assert (await sandbox.run(Command(argv=("x",), purpose="checks"))).exit_status == 1
    assert (await sandbox.run(Command(argv=("lint",)))).stdout == "lint"
    with pytest.raises(LeftOver, match=r"numbers \[3\]"):
        sandbox.assert_finished()


async def test_a_command_without_a_rule_is_refused() -> None:
    with pytest.raises(UnexpectedCall, match=r"python main\.py"):
        await FakeSandbox().run(Command(argv=("python", "main.py")))


async def test_the_verifier_passes_everything_unless_told_otherwise() -> None:
    verifier: Verifier = FakeVerifier()
    requirement = verifier.read_requirement("Print hello. Exit with 0.")
    program = SourceCode(candidate=2, revision=1, files=(SourceFile(path="main.py", content=""),))
    check = Check(id="c", clauses=("C1",), code="def test_c(): pass")
    report = await verifier.examine(requirement, program, [check])
    assert report.passed == {"c"}
    assert (report.candidate, report.revision) == (2, 1)
    with pytest.raises(UnexpectedCall, match=r"2\.1"):
        await FakeVerifier([]).examine(requirement, program, [])


def test_clauses_are_quotes_in_english_and_chinese() -> None:
    assert [c.text for c in requirement_of("Print hello. Stop!\n- done").clauses] == [
        "Print hello.",
        "Stop!",
        "- done",
    ]
    chinese = requirement_of("打印你好。然后退出。")
    assert chinese.locale == "zh"
    assert [c.text for c in chinese.clauses] == ["打印你好。", "然后退出。"]


def test_the_memory_workspace_commits_only_changes_and_refuses_to_be_left() -> None:
    workspace = MemoryWorkspace()
    port: Workspace = workspace
    port.put({"a.py": "1", ".makery/report.md": "r", "logo.png": b"\0"})
    assert port.commit("first")
    assert port.commit("again") == ""
    assert port.files() == {"a.py": "1"}
    with pytest.raises(InputError, match="leaves"):
        port.put({"b.py": "2", "../x": "3"})
    assert "b.py" not in port.files()


async def test_search_and_package_index_answer_only_what_they_know() -> None:
    hit = SearchResult(title="t", url="u", snippet="s")
    engine = FakeSearchEngine({"snake": [hit, hit]})
    assert await engine.search("snake", most=1) == [hit]
    with pytest.raises(UnexpectedCall, match="chess"):
        await engine.search("chess")
    packages, refused = await FakePackageIndex({"yaml": "PyYAML"}).resolve(["yaml", "nope"])
    assert packages[0].distribution == "PyYAML"
    index = FakePackageIndex()
    assert str((await index.install(packages)).source) == "/nowhere/packages"
    assert index.installed == packages
    assert refused[0].where == "nope"


async def test_a_fake_language_answers_every_question_of_the_port() -> None:
    language: Language = FakeLanguages().of(TARGET)
    files = {"a.py": "x = 1", "b.py": "y = 1"}
    assert "checks" in language.guide("checks", TARGET)
    assert language.mend(files) == files
    assert await language.findings(files, TARGET) == ()
    assert language.stub(files) == {"a.py": "", "b.py": ""}
    assert [mutant.place for mutant in language.mutants(files, most=1)] == ["a.py:1"]
    assert language.merge(files, "x = 2") == {"a.py": "x = 1\nx = 2", "b.py": "y = 1"}
    assert language.instructions(files, TARGET) == "python main.py"
    with pytest.raises(MalformedOutput):
        language.merge({}, "x = 2")
    with pytest.raises(InputError, match="'python'"):
        FakeLanguages(only=("web",)).of(TARGET)


async def test_fake_speech_is_a_real_wav_file() -> None:
    data = await FakeSpeechEngine().speak("hello", voice="v", locale="en")
    with wave.open(io.BytesIO(data)) as sound:
        assert sound.getnframes() / sound.getframerate() == 0.25


def test_a_toolbox_is_complete_and_takes_overrides() -> None:
    model = ScriptedModel({})
    tools = toolbox(model, purpose=Purpose(skill="write_prd"))
    assert tools.models is model
    assert tools.purpose.skill == "write_prd"
    assert tools.search() is tools.search()
    assert tools.speech().name == "fake"


def test_the_public_names_are_sorted_and_exist() -> None:
    assert testing.__all__ == sorted(testing.__all__)
    assert all(hasattr(testing, name) for name in testing.__all__)
