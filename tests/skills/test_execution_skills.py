"""What runs, counts and is delivered: no model has a say in it; where one votes, the votes are counted."""

import io
import json
import wave
from dataclasses import replace

import pytest
from skills_world import APP, CHINESE, CLI, code, perform, report, script, suite, todo

from makery.kernel.act import Act
from makery.kernel.completion import Purpose
from makery.kernel.documents import (
    Check,
    Dependencies,
    MutationReport,
    Package,
    ProductRequirements,
    Ruling,
    TestSuite,
)
from makery.kernel.errors import ContractViolation, ProviderUnavailable, SettingsError
from makery.kernel.ports import SearchResult
from makery.kernel.skill import Inputs
from makery.kernel.verdict import judge
from makery.skills.arbitrate_check import _told
from makery.skills.registry import load_skills
from makery.skills.run_code import valid_checks
from makery.testing import (
    FakePackageIndex,
    FakeSearchEngine,
    FakeSpeechEngine,
    FakeVerifier,
    MemoryWorkspace,
    toolbox,
)

EXAMPLE = Check(id="E1", clauses=("C1",), code="def test_e(run):\n    assert run()\n", origin="requirement")
RICH = Package(distribution="rich", module="rich")
WRONG = Ruling(check="C2.0", upheld=False, votes_for=0, votes_against=2)
RIGHT = WRONG.replace(upheld=True, votes_for=1, votes_against=1)


# --------------------------------------------------------------------------------- run_code


async def test_a_program_is_run_with_the_requirement_s_examples_and_all_checks() -> None:
    verifier = FakeVerifier(examples=[EXAMPLE])
    showed = await perform(
        "run_code", todo(), code(todo="x"), suite("C2.0"), suite("C3.0", clause="C3"), verifier=verifier
    )
    assert showed.passed == {"E1", "C2.0", "C3.0"}


async def test_a_check_ruled_wrong_is_not_run_and_one_upheld_is() -> None:
    verifier = FakeVerifier()
    await perform("run_code", todo(), code(todo="x"), suite("C2.0", "C2.1"), WRONG, verifier=verifier)
    await perform("run_code", todo(), code(todo="x"), suite("C2.0", "C2.1"), RIGHT, verifier=verifier)
    assert [[check.id for check in checks] for _, checks in verifier.examined] == [["C2.1"], ["C2.0", "C2.1"]]


async def test_packages_are_installed_mounted_and_declared() -> None:
    verifier, index = FakeVerifier(), FakePackageIndex()
    found = Dependencies(packages=(RICH, Package(distribution="PyYAML", module="yaml"), RICH))
    await perform("run_code", todo(), code(todo="import rich"), found, verifier=verifier, packages=index)
    (program, _), *_ = verifier.examined
    assert program.as_mapping()["requirements.txt"] == "PyYAML\nrich\n"
    assert {package.distribution for package in index.installed} == {"rich", "PyYAML"}
    assert len(verifier.mounted) == 1


async def test_without_packages_nothing_is_installed_or_declared() -> None:
    verifier, index = FakeVerifier(), FakePackageIndex()
    await perform("run_code", todo(), code(todo="x"), Dependencies(), verifier=verifier, packages=index)
    assert (index.installed, verifier.mounted) == ([], [])
    assert "requirements.txt" not in verifier.examined[0][0].as_mapping()


async def test_parts_are_run_as_one_program_over_the_repository_they_change() -> None:
    verifier = FakeVerifier()
    requirement = todo(APP, seed={"main.py": "old", "notes.txt": "n"})
    parts = code(main="new", complete=False), code(store="s", complete=False)
    await perform("run_code", requirement, *parts, verifier=verifier)
    program = verifier.examined[0][0]
    assert program.as_mapping() == {"main.py": "new", "notes.txt": "n", "store.py": "s"}
    assert program.complete


async def test_a_program_without_a_file_is_a_broken_protocol() -> None:
    with pytest.raises(ContractViolation, match="no source code"):
        await perform("run_code", todo())


# ------------------------------------------------------------- challenge_checks, judge_program


async def test_only_checks_that_prove_something_are_challenged() -> None:
    class Watching(FakeVerifier):
        challenged: tuple[str, ...] = ()

        async def challenge(self, requirement, program, checks, *, mounts=()):
            self.challenged = tuple(check.id for check in checks)
            return await super().challenge(requirement, program, checks, mounts=mounts)

    verifier = Watching(examples=[EXAMPLE])
    showed = report(E1="", C2_0="", C2_1="", C2_2="", C2_3="1 != 2").replace(
        proves_nothing=("C2.1",), unstable=("C2.2",)
    )
    tests = suite("C2.0", "C2.1", "C2.2", "C2.3")
    made = await perform("challenge_checks", todo(), code(todo="x"), tests, showed, verifier=verifier)
    assert verifier.challenged == ("E1", "C2.0")
    assert (made.mutants, made.caught) == (4, 4)


async def test_with_nothing_to_challenge_no_copy_is_made() -> None:
    made = await perform("challenge_checks", todo(), code(todo="x"), suite("C2.0"), report(C2_0="no"))
    assert made == MutationReport(candidate=0, revision=0, mutants=0, caught=0)


async def test_the_verdict_counts_examples_and_checks_and_reports_the_dropped() -> None:
    showed = report(E1="", C2_1="", C3_0="")
    suites = suite("C2.0", "C2.1"), suite("C3.0", clause="C3")
    mutation = MutationReport(candidate=0, revision=0, mutants=4, caught=4)
    verdict = await perform(
        "judge_program", todo(), *suites, WRONG, showed, mutation, verifier=FakeVerifier(examples=[EXAMPLE])
    )
    assert (verdict.status, verdict.passed, verdict.failed, verdict.dropped) == ("verified", 3, 0, ("C2.0",))


async def test_without_a_mutation_report_nothing_is_verified() -> None:
    verdict = await perform("judge_program", todo(), suite("C2.0"), report(C2_0=""))
    assert verdict.status != "verified"
    assert any("mutant" in reason for reason in verdict.reasons)


# -------------------------------------------------------------------------- arbitrate_check


OUTCOME = "assert f('x') == ['1']\nassert ['0'] == ['1']"
"""As a result tells it: the failed statement, then both values."""
STEPS = (
    "def test_c2():\n    g('a')\n    assert g('b') == 2\n    assert f('x') == ['1']\n    assert f('y') == 3\n"
)
DISPUTED = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code=STEPS),))
SCENARIO = """def test_c2(run):
    r = run('add', 'x')
    assert r.lines == []
    assert r.code == 2
    r = run('list')
    assert r.lines == []
    assert r.code == 2
    r = run('list')
"""
ONE, ZERO, NEITHER = "['1']", "['0']", "['2']"


def value(text: str) -> str:
    return json.dumps({"reason": "prints every item", "value": text})


async def ruled(*values: str, outcome: str = OUTCOME):
    model = script("arbitrate_check", *map(value, values))
    showed = report(C2_0=outcome, line=4)
    return await perform(
        "arbitrate_check", todo(), DISPUTED, showed, model=model, options={"check": "C2.0"}
    ), model


@pytest.mark.parametrize(
    ("values", "upheld", "counted"),
    [
        ((ONE, ONE, ONE), True, (3, 0)),
        ((ZERO, ZERO, ZERO), False, (0, 3)),
        ((ZERO, ZERO, ONE), False, (1, 2)),
        ((ONE, ONE, ZERO), True, (2, 1)),
        ((ONE, ZERO, NEITHER), True, (1, 1)),
        ((NEITHER, NEITHER, NEITHER), False, (0, 0)),
        ((ZERO, NEITHER, NEITHER), False, (0, 1)),
        ((ONE, NEITHER, NEITHER), True, (1, 0)),
    ],
)
async def test_a_check_is_upheld_if_some_vote_gives_its_value_and_no_more_give_the_program_s(
    values: tuple[str, ...], upheld: bool, counted: tuple[int, int]
) -> None:
    ruling, _ = await ruled(*values)
    assert (ruling.check, ruling.upheld, (ruling.votes_for, ruling.votes_against)) == (
        "C2.0",
        upheld,
        counted,
    )
    assert ruling.reason == "prints every item"


@pytest.mark.parametrize("written", ['["1"]', " ['1'] ", "`['1']`", "[ '1', ]", "f('x') == ['1']"])
async def test_the_same_value_counts_however_it_is_written(written: str) -> None:
    ruling, _ = await ruled(written, written, written)
    assert ruling.votes_for == 3


@pytest.mark.parametrize("odd", ["{[1]: 2}", "(" * 200, "", "r.lines == ", "没有输出", "\x00"])
async def test_a_value_that_is_no_literal_is_a_vote_for_neither(odd: str) -> None:
    ruling, _ = await ruled(odd, ONE, ONE)
    assert (ruling.votes_for, ruling.votes_against) == (2, 0)


async def test_the_votes_are_independent_and_see_neither_side() -> None:
    _, model = await ruled(ONE, ONE, ONE)
    assert len({(call.seed, call.sample, call.temperature) for call in model.calls}) == 3
    for call in model.calls:
        asked = call.prompt.user
        assert "g('a')" in asked and "`f('x')`" in asked and "g('b')" not in asked
        assert "['1']" not in asked and "['0']" not in asked


@pytest.mark.parametrize("outcome", ["", "SystemExit: 2", "超时", "did not end within 10 s"])
async def test_a_check_without_a_value_to_compare_is_upheld_without_a_vote(outcome: str) -> None:
    showed = report(C2_0=outcome or " ", line=2)
    ruling = await perform(
        "arbitrate_check",
        todo(),
        DISPUTED,
        showed,
        model=script("arbitrate_check"),
        options={"check": "C2.0"},
    )
    assert (ruling.upheld, ruling.votes_for, ruling.votes_against) == (True, 0, 0)


async def ruled_on_a_run(stdout: list[str], exit_code: int, *, line: int, message: str):
    """The ruling on the scenario where it failed at `line`, after three such votes."""
    vote = json.dumps({"reason": "because", "stdout": stdout, "exit_code": exit_code})
    model = script("arbitrate_check", *[vote] * 3)
    suite = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code=SCENARIO),))
    showed = report(C2_0=message, line=line)
    options = {"check": "C2.0"}
    return await perform("arbitrate_check", todo(), suite, showed, model=model, options=options), model


async def test_of_a_scenario_the_run_that_failed_is_asked_about_not_an_equal_assertion_before_it() -> None:
    message = "assert r.lines == []\nassert ['1 [ ] x'] == []"
    ruling, model = await ruled_on_a_run(["1 [ ] x"], 0, line=6, message=message)
    assert (ruling.upheld, ruling.votes_against, ruling.line) == (False, 3, 6)
    (asked, *_) = [call.prompt.user for call in model.calls]
    assert asked.endswith("that hold here.\nr = run('add', 'x')\nr = run('list')")
    code, _ = await ruled_on_a_run(["1 [ ] x"], 0, line=7, message="assert r.code == 2\nassert 0 == 2")
    assert (code.upheld, code.votes_against) == (False, 3)


async def test_what_comes_before_a_step_that_is_ruled_wrong_stays_a_check() -> None:
    suite = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code=SCENARIO),))
    for line, asserts in ((6, 2), (3, 0), (0, 0)):
        wrong = Ruling(check="C2.0", line=line, upheld=False, votes_for=0, votes_against=3)
        kept = valid_checks(Inputs([todo(), suite, wrong]))
        assert sum(check.code.count("assert ") for check in kept) == asserts
        assert len(kept) == bool(asserts)


async def test_programs_that_agree_against_a_check_are_votes_against_it() -> None:
    votes = [value(ONE), value(ZERO), value(NEITHER)]
    for witnesses, upheld in (("0", True), ("1", False)):
        ruling = await perform(
            "arbitrate_check",
            todo(),
            DISPUTED,
            report(C2_0=OUTCOME, line=4),
            model=script("arbitrate_check", *votes),
            options={"check": "C2.0", "witnesses": witnesses},
        )
        assert (ruling.upheld, ruling.votes_for) == (upheld, 1)


async def test_a_check_is_put_right_where_most_votes_arrive_at_the_program_s_value() -> None:
    ruling, _ = await ruled(ZERO, ZERO, NEITHER)
    assert (ruling.upheld, ruling.value) == (False, ZERO)
    (check,) = valid_checks(Inputs([todo(), DISPUTED, ruling]))
    assert "assert f('x') == ['0']" in check.code and "assert f('y') == 3" in check.code
    unsure, _ = await ruled(ZERO, NEITHER, NEITHER)
    assert (unsure.upheld, unsure.value) == (False, "")


async def test_only_an_equation_can_be_put_right() -> None:
    """`f(3) > False` would pass, and prove nothing."""
    code = "def test_c2():\n    assert f(3) > 2\n"
    suite = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code=code),))
    showed = report(C2_0="assert f(3) > 2\nassert 1 > 2", line=2)
    model = script("arbitrate_check", *[value("False")] * 3)
    ruling = await perform("arbitrate_check", todo(), suite, showed, model=model, options={"check": "C2.0"})
    assert (ruling.upheld, ruling.value) == (False, "")
    assert valid_checks(Inputs([todo(), suite, ruling])) == ()


async def test_a_later_ruling_is_about_what_the_earlier_one_left() -> None:
    spaced = SCENARIO.replace("def test_c2", "import json\n\n\ndef test_c2")  # three lines more than are left
    suite = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code=spaced),))
    first = Ruling(check="C2.0", line=9, upheld=False, votes_for=0, votes_against=3)
    (left,) = valid_checks(Inputs([todo(), suite, first]))
    then = Ruling(
        check="C2.0",
        line=left.code.splitlines().index("    assert r.code == 2") + 1,
        upheld=False,
        votes_for=0,
        votes_against=3,
    )
    (check,) = valid_checks(Inputs([todo(), suite, first, then]))
    assert check.code.endswith("    assert r.lines == []\n") and check.code.count("assert ") == 1


async def test_a_claim_that_is_no_equation_is_asked_for_its_truth() -> None:
    suite = TestSuite(checks=(Check(id="C2.0", clauses=("C2",), code="def test():\n    assert not f(1)\n"),))
    showed = report(C2_0="assert not f(1)\nassert not True\n +  where True = f(1)", line=2)
    model = script("arbitrate_check", *[value("False")] * 3)
    options = {"check": "C2.0"}
    ruling = await perform("arbitrate_check", todo(), suite, showed, model=model, options=options)
    assert "value of `bool(not f(1))`" in model.calls[0].prompt.user
    assert (ruling.upheld, ruling.votes_against) == (False, 3)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["The counter NAME is increased.", "It adds 1 to the list."], "It adds 1 to the list."),
        (["The counter NAME is increased."], "no vote gives words of the requirement"),
        (["输入 计数器"], "no vote gives words of the requirement"),
        (["It adds."], "It adds."),
    ],
)
def test_the_reason_told_is_the_requirements_not_that_of_our_example(said: list[str], told: str) -> None:
    assert _told(said, "The program: it adds 1 to the list.") == told


async def test_votes_out_of_form_are_no_votes() -> None:
    model = script("arbitrate_check", *["我不知道"] * 3)
    ruling = await perform(
        "arbitrate_check",
        todo(),
        DISPUTED,
        report(C2_0=OUTCOME, line=4),
        model=model,
        options={"check": "C2.0"},
    )
    assert (ruling.votes_for, ruling.votes_against, ruling.reason) == (0, 0, "no usable vote")
    assert ruling.upheld


# -------------------------------------------------------------- code review, packages, search


async def test_a_review_names_problems_and_approves_only_without_any() -> None:
    answer = '{"problems": [{"where": "add", "what": "从 0 开始"}]}'
    review = await perform(
        "write_code_review",
        todo(CLI, CHINESE),
        code(todo="x", revision=2, candidate=1),
        model=script("write_code_review", answer),
    )
    assert (review.approved, review.candidate, review.revision) == (False, 1, 2)
    assert review.problems[0].what == "从 0 开始"
    clean = await perform(
        "write_code_review", todo(), code(todo="x"), model=script("write_code_review", '{"problems": []}')
    )
    assert clean.approved


async def test_packages_are_those_the_index_confirms_and_others_are_refused_with_a_reason() -> None:
    answer = json.dumps(
        {"modules": [{"module": "PIL.Image", "why": "thumbnails"}, {"module": "evil", "why": "?"}]}
    )
    found = await perform(
        "analyze_dep_libs",
        todo(),
        code(todo="import PIL.Image, evil"),
        model=script("analyze_dep_libs", answer),
        packages=FakePackageIndex({"PIL": "pillow"}),
    )
    assert found.packages == (Package(distribution="pillow", module="PIL", why="thumbnails"),)
    assert [problem.where for problem in found.refused] == ["evil"]


async def test_a_program_that_needs_no_package_gets_none() -> None:
    found = await perform(
        "analyze_dep_libs", todo(), code(todo="x"), model=script("analyze_dep_libs", '{"modules": []}')
    )
    assert found == Dependencies()


HITS = tuple(SearchResult(title=f"T{n}", url=f"https://example.org/{n}", snippet=f"S{n}") for n in (1, 2, 3))


async def test_an_answer_quotes_the_sources_it_refers_to_in_order_of_mention() -> None:
    model = script("search_and_summarize", " 三 [3]。Then one [1], again [3], and [9] or [0]. ")
    answer = await perform(
        "search_and_summarize",
        todo(),
        model=model,
        search=FakeSearchEngine({"*": HITS}),
        options={"question": "多少？"},
    )
    assert answer.text == "三 [3]。Then one [1], again [3], and [9] or [0]."
    assert answer.sources == ("https://example.org/3", "https://example.org/1")
    assert answer.unsupported == ()
    user = model.calls[0].prompt.user
    assert "[2] T2 (https://example.org/2): S2" in user
    assert user.endswith("Question: 多少？")


async def test_without_a_question_the_requirement_is_searched_for_and_cut_to_a_query() -> None:
    engine = FakeSearchEngine({"*": ()})
    answer = await perform("search_and_summarize", todo(text="Word. " * 100), search=engine)
    assert (answer.text, answer.sources) == ("", ())
    assert len(engine.queries[0]) == 300


async def test_an_answer_without_references_has_no_sources() -> None:
    model = script("search_and_summarize", "The results do not say.")
    answer = await perform("search_and_summarize", todo(), model=model, search=FakeSearchEngine({"*": HITS}))
    assert answer.sources == () and answer.unsupported == ("The results do not say.",)


async def test_a_missing_search_engine_is_the_user_s_to_mend() -> None:
    def missing() -> FakeSearchEngine:
        raise SettingsError("No search engine is set up.")

    skill = load_skills()["search_and_summarize"]
    tools = replace(toolbox(purpose=Purpose(skill=skill.name)), search=missing)
    with pytest.raises(SettingsError):
        await skill.run(skill.gather(Act(role="r", skill=skill.name), Inputs((todo(),))), tools)


# --------------------------------------------------------------------------------- azure_tts


async def test_speech_is_a_sound_file_in_the_workspace() -> None:
    workspace, engine = MemoryWorkspace(), FakeSpeechEngine()
    options = {"text": "Done.", "voice": "en-US-Ava"}
    made = await perform("azure_tts", todo(), workspace=workspace, speech=engine, options=options)
    sound = workspace.contents[made.path]
    assert isinstance(sound, bytes)
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() / file.getframerate() == made.seconds > 0
    assert made.path.startswith(".makery/speech/") and made.path.endswith(".wav")
    assert (made.voice, made.engine) == ("en-US-Ava", "fake")
    assert engine.spoken == [("Done.", "en-US-Ava", "en-US")]


async def test_a_chinese_requirement_is_read_aloud_in_chinese() -> None:
    engine = FakeSpeechEngine()
    await perform("azure_tts", todo(text=CHINESE), speech=engine)
    assert engine.spoken == [(CHINESE, "", "zh-CN")]


async def test_other_words_or_another_voice_are_another_file() -> None:
    options = ({"text": "a"}, {"text": "b"}, {"text": "a", "voice": "v"}, {"text": "a"})
    paths = [(await perform("azure_tts", todo(), options=option)).path for option in options]
    assert len(set(paths)) == 3 and paths[0] == paths[3]


async def test_a_failing_speech_service_leaves_no_file() -> None:
    class Dead(FakeSpeechEngine):
        async def speak(self, text: str, *, voice: str, locale: str) -> bytes:
            raise ProviderUnavailable("hung up")

    workspace = MemoryWorkspace()
    with pytest.raises(ProviderUnavailable):
        await perform("azure_tts", todo(), workspace=workspace, speech=Dead())
    assert workspace.contents == {}


# ----------------------------------------------------------------------------- write_delivery


async def delivered(text: str, *more):
    requirement = todo(CLI, text)
    verdict = judge(requirement, suite("C2.0").checks, report(C2_0=""))
    return await perform("write_delivery", requirement, code(todo="x", util="y"), *more, verdict), verdict


async def test_the_readme_says_how_to_run_it_what_is_in_it_and_what_was_proved() -> None:
    made, verdict = await delivered("# To-do list\n\n`add TEXT` prints it. `list` prints all.")
    assert made.title == "To-do list"
    assert made.run == "python todo.py"
    for part in (
        "# To-do list\n",
        "> `add TEXT` prints it.",
        "## How to run it\n\n    python todo.py\n",
        "- `todo.py`\n- `util.py`",
        str(verdict),
    ):
        assert part in made.readme


async def test_the_readme_of_a_chinese_requirement_is_chinese() -> None:
    made, verdict = await delivered(CHINESE)
    for part in ("## 运行方法", "## 文件", "## 验证结果", f"> {CHINESE}", str(verdict)):
        assert part in made.readme
    assert "How to run it" not in made.readme


async def test_the_prd_s_title_is_the_delivery_s() -> None:
    made, _ = await delivered(CHINESE, ProductRequirements(title="待办", goals=("g",), stories=()))
    assert made.readme.startswith("# 待办\n")


async def test_a_long_first_line_is_no_endless_title() -> None:
    made, _ = await delivered("word " * 60)
    assert len(made.title) <= 80


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "I want `a.py`, a tool. It does more than anybody could say in a title of some length at all.",
            None,
        ),
        ("word " * 60, " ".join(["word"] * 16) + "…"),
        (
            "A small command-line program, `duration.py`, that turns a number of seconds into hours.",
            "A small command-line program, `duration.py`…",
        ),
        ("一个命令行程序，" * 20, "一个命令行程序，" * 8 + "一个命令行程序…"),
    ],
)
async def test_a_title_ends_at_a_sentence_or_a_word(text: str, title: str | None) -> None:
    made, _ = await delivered(text)
    assert made.title == (title or "I want `a.py`, a tool")


async def test_a_title_that_the_grammar_cut_ends_at_a_word() -> None:
    cut_off = "A program that keeps a list of things to do and also remembe"
    made, _ = await delivered(CHINESE, ProductRequirements(title=cut_off, goals=("g",), stories=()))
    assert made.title == "A program that keeps a list of things to do and also…"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Write `todo.py`. `python todo.py COMMAND ...` keeps a list.", "python todo.py COMMAND ..."),
        ("For example `python3 todo.py 3725` prints `1h`.", "python todo.py 3725"),
        ("用 `python todo.py 年份` 查询。", "python todo.py 年份"),
        ("Call it so:\n\n```sh\n$ python todo.py in.csv out.json\n```", "python todo.py in.csv out.json"),
        ("`todo.py FILE` prints it.", "python todo.py FILE"),
        ("It is called todo.py and prints `x`.", "python todo.py"),
    ],
)
async def test_the_run_command_has_the_arguments_that_the_requirement_shows(text: str, command: str) -> None:
    made, _ = await delivered(text)
    assert made.run == command
    assert f"    {command}\n" in made.readme
