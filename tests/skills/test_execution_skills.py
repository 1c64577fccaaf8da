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
)
from makery.kernel.errors import ContractViolation, MalformedOutput, ProviderUnavailable, SettingsError
from makery.kernel.ports import SearchResult
from makery.kernel.skill import Inputs
from makery.kernel.verdict import judge
from makery.skills.registry import load_skills
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


def vote(choice: str, reason: str = "because") -> str:
    return json.dumps({"reason": reason, "choice": choice})


@pytest.mark.parametrize(
    ("votes", "upheld", "counted"),
    [("AB", True, (2, 0)), ("BA", False, (0, 2)), ("AA", True, (1, 1)), ("BB", True, (1, 1))],
    ids=["both for the check", "both for the program", "always the first", "always the second"],
)
async def test_a_check_is_overruled_only_by_both_orders(
    votes: str, upheld: bool, counted: tuple[int, int]
) -> None:
    model = script("arbitrate_check", *map(vote, votes))
    ruling = await perform(
        "arbitrate_check",
        todo(),
        suite("C2.0", "C2.1"),
        report(C2_0="0 != 1"),
        model=model,
        options={"check": "C2.0"},
    )
    assert (ruling.check, ruling.upheld, (ruling.votes_for, ruling.votes_against)) == (
        "C2.0",
        upheld,
        counted,
    )
    assert ruling.reason == "because"


async def test_the_two_sides_change_places_between_the_votes() -> None:
    model = script("arbitrate_check", vote("A"), vote("B"))
    await perform(
        "arbitrate_check",
        todo(),
        suite("C2.0"),
        report(C2_0="0 != 1"),
        model=model,
        options={"check": "C2.0"},
    )
    first, second = (call.prompt.user for call in model.calls)
    assert "A: the check\nB: the program" in first
    assert "A: the program\nB: the check" in second
    for user in (first, second):
        assert "<sentence>`add TEXT` prints its number.</sentence>" in user
        assert "0 != 1" in user and "def test_0(run)" in user


async def test_a_vote_out_of_form_is_malformed() -> None:
    with pytest.raises(MalformedOutput, match="choice"):
        await perform(
            "arbitrate_check",
            todo(),
            suite("C2.0"),
            report(C2_0="x"),
            model=script("arbitrate_check", vote("C")),
            options={"check": "C2.0"},
        )


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
    assert answer.sources == ()


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
