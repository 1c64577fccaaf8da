"""The company's way from requirement to delivery, in worlds whose programs say what they get right."""

import pytest
from teams_world import (
    ALL,
    APP,
    CLI,
    PLANNERS,
    World,
    always,
    asked_path,
    block,
    by_sample,
    keeping,
    made_by,
    requirement,
    skills_of,
    verdict,
)

from makery.kernel.act import Act
from makery.kernel.documents import (
    Check,
    Delivery,
    Dependencies,
    ProductRequirements,
    Ruling,
    SourceCode,
    SystemDesign,
    Target,
    TaskPlan,
    TestReport,
    TestSuite,
)
from makery.kernel.errors import ContractViolation
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict
from makery.teams.software_company import SoftwareCompany, best_program, choose_mode, team

RIGHT = always(block(keeping(*ALL)))
PATCH = {clause: block(f"# ok:{clause}") for clause in ALL}
USELESS = lambda call: block(f"# attempt {call.sample}")  # noqa: E731
EXAMPLE = Check(id="E1", clauses=("C1",), code="def test_e(run):\n    assert run()\n", origin="requirement")


def program_of(pool: Pool) -> str:
    found = best_program(pool)
    assert found is not None
    return "\n".join(found.as_mapping().values())


# ------------------------------------------------------------------- right the first time


async def test_duo_with_a_model_that_is_right_at_once_asks_for_one_program_and_one_suite_a_clause() -> None:
    world = World({"write_code": RIGHT})
    pool = await world.run()
    assert world.asked == {"write_code": 1, "write_test": 3}
    assert (
        str(verdict(pool))
        == "verified: 3 of 3 clauses checked, 3 checks passed, 0 failed, 4 of 4 mutants caught"
    )
    assert [message.skill for message in pool][-4:] == [
        "run_code",
        "challenge_checks",
        "judge_program",
        "write_delivery",
    ]


async def test_direct_is_one_engineer_whose_program_is_run_once_and_judged_as_it_is() -> None:
    world = World({"write_code": RIGHT}, mode="direct", candidates=4, examples=(EXAMPLE,))
    pool = await world.run()
    assert world.asked == {"write_code": 1}
    assert len(world.verifier.examined) == 1
    assert verdict(pool).status == "partly verified"
    assert verdict(pool).clauses_proved == 1


async def test_direct_does_not_mend_what_fails() -> None:
    world = World({"write_code": always(block("nothing"))}, mode="direct", examples=(EXAMPLE,))
    pool = await world.run()
    assert world.asked == {"write_code": 1}
    assert verdict(pool).status == "not verified"


async def test_a_model_that_is_right_at_once_is_done_after_two_calls() -> None:
    world = World({"write_code": RIGHT}, one_suite=True)
    pool = await world.run()
    assert world.asked == {"write_code": 1, "write_test_suite": 1}
    assert verdict(pool).status == "verified"


async def test_a_clause_that_the_suite_left_out_is_asked_for_alone() -> None:
    two = block(
        "def test_c1(run):\n    assert run('x').code == 0\ndef test_c3(run):\n    assert run('x').code == 0\n"
    )
    world = World({"write_code": RIGHT, "write_test_suite": always(two)}, one_suite=True)
    pool = await world.run()
    assert world.asked == {"write_code": 1, "write_test_suite": 1, "write_test": 1}
    assert verdict(pool).status == "verified"


async def test_a_clean_candidate_ends_the_search_for_others() -> None:
    world = World({"write_code": by_sample(block("nothing"), block(keeping(*ALL)))}, candidates=2)
    pool = await world.run()
    assert world.asked == {"write_code": 2, "write_test": 3}
    assert (verdict(pool).status, verdict(pool).candidate) == ("verified", 1)


async def test_programs_that_fail_most_checks_are_written_again_before_any_is_mended() -> None:
    drafts = by_sample(block("nothing"), block("# nothing"), block(keeping("C1", "C2")))
    world = World({"write_code": drafts, "debug_error": always(PATCH["C3"])}, candidates=2)
    pool = await world.run()
    skills = [message.skill for message in pool]
    assert world.asked["write_code"] == 4
    assert skills.index("debug_error") > max(n for n, skill in enumerate(skills) if skill == "write_code")
    assert (verdict(pool).status, verdict(pool).candidate) == ("verified", 2)


MODULE = Target(language="python", kind="module", entry=("todo.py",))
CALLED = always(block("def test_it():\n    assert add('x') == 1\n"))
"""QA's answer where functions are checked."""


async def test_functions_are_done_when_two_independent_programs_behave_the_same() -> None:
    world = World({"write_code": RIGHT, "write_test": CALLED}, candidates=2, given=requirement(MODULE))
    pool = await world.run()
    assert world.asked["write_code"] == 2
    assert (verdict(pool).status, verdict(pool).independent, verdict(pool).agreeing) == ("verified", 1, 1)


async def test_functions_are_written_until_two_agree_and_one_of_these_is_gone_on_with() -> None:
    drafts = by_sample(
        block(keeping(*ALL, extra="# one")),
        block(keeping(*ALL, extra="# two")),
        block(keeping(*ALL, extra="# three")),
        block(keeping(*ALL, extra="# two")),
    )
    world = World({"write_code": drafts, "write_test": CALLED}, candidates=2, given=requirement(MODULE))
    pool = await world.run()
    assert world.asked["write_code"] == 4
    assert (verdict(pool).status, verdict(pool).candidate) == ("verified", 1)
    assert (verdict(pool).independent, verdict(pool).agreeing) == (3, 1)


async def test_classes_that_fail_most_checks_are_written_again_though_nothing_of_them_can_be_compared() -> (
    None
):
    drafts = by_sample(block("nothing"), block("# nothing"), block(keeping(*ALL)))
    answers = {"write_code": drafts, "write_test": CALLED}
    world = World(answers, candidates=2, given=requirement(MODULE), observed=False)
    pool = await world.run()
    assert world.asked["write_code"] == 4
    assert (verdict(pool).status, verdict(pool).candidate, verdict(pool).independent) == ("verified", 2, 0)


async def test_functions_that_never_agree_are_not_verified() -> None:
    drafts = lambda call: block(keeping(*ALL, extra=f"# {call.sample}"))  # noqa: E731
    world = World({"write_code": drafts, "write_test": CALLED}, candidates=2, given=requirement(MODULE))
    pool = await world.run()
    assert world.asked["write_code"] == 6
    assert verdict(pool).status == "partly verified"
    assert verdict(pool).reasons == ("no independently written program behaves the same, as in program()",)


async def test_a_candidate_that_fails_is_mended_only_when_all_have_run_and_only_the_best_is() -> None:
    drafts = by_sample(block("# nothing"), block(keeping("C1", "C3")))
    world = World({"write_code": drafts, "debug_error": always(PATCH["C2"])}, candidates=2)
    messages = tuple(await world.run())
    runs = [number for number, message in enumerate(messages) if message.skill == "run_code"]
    one = Pool(messages[: runs[0] + 1])
    assert "debug_error" not in skills_of(world.team.protocol.next_acts(one))
    repairs = [
        m.artifact for m in messages if m.skill == "debug_error" and isinstance(m.artifact, SourceCode)
    ]
    assert {repair.candidate for repair in repairs} == {1}


# ------------------------------------------------------------------------ ready at once


@pytest.mark.parametrize(
    ("mode", "candidates", "ready"),
    [
        ("direct", 3, {"write_code": 1}),
        ("duo", 1, {"write_code": 1, "write_test": 3}),
        ("duo", 3, {"write_code": 3, "write_test": 3}),
        ("company", 2, {"write_prd": 1, "design_filenames": 1, "write_test": 3}),
    ],
)
def test_all_that_waits_for_nothing_is_ready_on_the_initial_pool(
    mode, candidates: int, ready: dict[str, int]
) -> None:
    world = World(mode=mode, candidates=candidates)
    assert skills_of(world.team.protocol.next_acts(world.pool())) == ready


def test_the_longest_act_is_named_first() -> None:
    world = World(candidates=2)
    acts = world.team.protocol.next_acts(world.pool())
    assert [act.skill for act in acts][:2] == ["write_code", "write_code"]


def test_acts_of_one_moment_are_told_apart_and_say_what_they_are_about() -> None:
    world = World(candidates=3)
    acts = world.team.protocol.next_acts(world.pool())
    assert len({act.id for act in acts}) == len({act.label for act in acts}) == 6
    assert all(act.label for act in acts)


def test_a_pool_without_a_requirement_is_a_broken_run() -> None:
    with pytest.raises(ContractViolation, match="does not begin with a requirement"):
        SoftwareCompany(mode="duo").next_acts(Pool())


# ----------------------------------------------------------------------------- repairs


async def test_a_failed_check_is_mended_from_its_exact_failure() -> None:
    world = World({"write_code": always(block(keeping("C1", "C3"))), "debug_error": always(PATCH["C2"])})
    pool = await world.run()
    assert world.asked == {"write_code": 1, "write_test": 3, "debug_error": 1}
    assert (verdict(pool).status, verdict(pool).revision) == ("verified", 1)
    (call,) = world.model.calls_of("debug_error")
    assert "<sentence>Lists all items.</sentence>" in call.prompt.user


async def test_a_repair_that_loses_a_passed_check_is_thrown_away() -> None:
    losing = block("# ok:C2\n# ok:C3\n# lost:C1")
    world = World({"write_code": always(block(keeping("C1"))), "debug_error": always(losing)})
    pool = await world.run()
    assert "lost" not in program_of(pool)
    assert (verdict(pool).revision, verdict(pool).passed, verdict(pool).failed) == (0, 1, 2)
    assert {
        message.artifact.revision
        for message in made_by(pool, "debug_error")
        if isinstance(message.artifact, SourceCode)
    } != {0}


async def test_after_a_bad_repair_the_next_one_starts_from_the_good_program() -> None:
    repairs = by_sample(block("# ok:C2\n# lost:C1"), PATCH["C2"])
    world = World({"write_code": always(block(keeping("C1", "C3"))), "debug_error": repairs})
    pool = await world.run()
    assert verdict(pool).status == "verified"
    assert all("lost" not in call.prompt.user for call in world.model.calls_of("debug_error"))


async def test_of_repairs_side_by_side_the_best_is_kept() -> None:
    repairs = by_sample(block("# ok:C2"), block("# ok:C2\n# ok:C3"), block("# useless"))
    world = World({"write_code": always(block(keeping("C1"))), "debug_error": repairs}, candidates=2)
    pool = await world.run()
    assert world.asked["debug_error"] == 2
    assert verdict(pool).status == "verified"


async def test_an_unusable_repair_is_not_run() -> None:
    world = World(
        {"write_code": always(block(keeping("C1", "C3"))), "debug_error": by_sample("", PATCH["C2"])}
    )
    pool = await world.run()
    assert verdict(pool).status == "verified"
    assert len(world.verifier.examined) == 2


async def test_a_program_that_does_not_parse_is_written_anew_before_any_check_is_mended() -> None:
    world = World(
        {
            "write_code": always(block(f"broken\n{keeping(*ALL)}")),
            "debug_error": always(block(keeping("C1", "C2"), "todo.py")),
        }
    )
    pool = await world.run()
    (first, *_) = world.model.calls_of("debug_error")
    assert "todo.py:1: it is broken" in first.prompt.user
    assert "Write the program anew" in first.prompt.user
    assert (verdict(pool).passed, verdict(pool).failed) == (2, 1)


# ------------------------------------------------------------------------------ disputes


async def test_a_check_ruled_wrong_is_dropped_reported_and_no_longer_run() -> None:
    world = World(
        {
            "write_code": always(block(keeping("C1", "C3"))),
            "debug_error": USELESS,
        },
        wrong=("C2",),
    )
    pool = await world.run()
    assert verdict(pool).dropped[0] == "C2.0.1"
    assert "C2.0.1" not in {check.id for check in world.verifier.examined[-1][1]}
    assert verdict(pool).failed == 0
    assert verdict(pool).status == "partly verified"
    assert any("C2" in reason for reason in verdict(pool).reasons)


async def test_a_check_ruled_wrong_is_not_mended_for() -> None:
    world = World({"write_code": always(block(keeping("C1", "C3"))), "debug_error": USELESS}, wrong=("C2",))
    pool = await world.run()
    assert [ruling.check for ruling in pool.artifacts(Ruling)] == ["C2.0.1", "C2.1.1"]
    assert "debug_error" not in world.asked


async def test_a_check_that_is_upheld_stays_and_fails() -> None:
    world = World({"write_code": always(block(keeping("C1", "C3"))), "debug_error": USELESS})
    pool = await world.run()
    assert (verdict(pool).dropped, verdict(pool).failed) == ((), 1)
    assert [ruling.upheld for ruling in pool.artifacts(Ruling)] == [True]


async def test_a_check_is_weighed_before_the_program_is_mended_for_it_and_only_once() -> None:
    world = World(
        {"write_code": always(block(keeping("C1", "C3"))), "debug_error": by_sample("", PATCH["C2"])}
    )
    pool = await world.run()
    order = [message.skill for message in pool if message.skill in ("arbitrate_check", "debug_error")]
    assert order == ["arbitrate_check", "debug_error", "debug_error"]


async def test_a_check_that_an_independent_program_passes_is_not_disputed() -> None:
    drafts = by_sample(block(keeping("C2")), block(keeping("C1", "C3")))
    world = World({"write_code": drafts, "debug_error": always(PATCH["C2"])}, candidates=2, wrong=("C2",))
    pool = await world.run()
    assert pool.artifacts(Ruling) == ()
    assert (verdict(pool).status, verdict(pool).dropped) == ("verified", ())


async def test_examples_of_the_requirement_are_never_disputed() -> None:
    world = World(
        {
            "write_code": always(block(keeping("C2", "C3"))),
            "debug_error": USELESS,
        },
        wrong=ALL,
        examples=(EXAMPLE,),
    )
    pool = await world.run()
    assert "E1" not in verdict(pool).dropped
    assert verdict(pool).failed >= 1
    assert verdict(pool).status != "verified"


async def test_a_program_that_fails_nearly_everything_disputes_nothing() -> None:
    text = " ".join(f"Does thing {n}." for n in "abcdefg")
    world = World(
        {"write_code": always(block("nothing")), "debug_error": USELESS}, given=requirement(text=text)
    )
    pool = await world.run()
    assert pool.artifacts(Ruling) == ()
    assert verdict(pool).status == "not verified"


# ---------------------------------------------------------------- second round of checks


async def test_clauses_that_nothing_proves_get_other_checks_that_see_the_first() -> None:
    world = World({"write_code": RIGHT}, proves_nothing=frozenset({"C2.0.1"}))
    pool = await world.run()
    assert world.asked == {"write_code": 1, "write_test": 4}
    assert "another, simpler one" in world.model.calls_of("write_test")[-1].prompt.user
    assert [suite.round for suite in pool.artifacts(TestSuite)] == [0, 0, 0, 1]
    assert verdict(pool).status == "verified"
    assert verdict(pool).proofs[1].checks == ("C2.1.1",)
    assert verdict(pool).proofs[1].weak == ("C2.0.1",)


async def test_what_the_second_round_finds_is_mended() -> None:
    world = World(
        {"write_code": RIGHT, "debug_error": by_sample(block("# useless"), block("# deep:C1"))},
        proves_nothing=frozenset({"C1.0.1"}),
        deep=frozenset({"C1.1.1"}),
    )
    pool = await world.run()
    assert verdict(pool).status == "verified"
    assert verdict(pool).proofs[0].checks == ("C1.1.1",)


async def test_a_check_of_the_second_round_may_be_ruled_wrong_too() -> None:
    world = World(
        {"write_code": RIGHT, "debug_error": USELESS},
        wrong=("C1",),
        proves_nothing=frozenset({"C1.0.1"}),
        deep=frozenset({"C1.1.1"}),
    )
    pool = await world.run()
    assert (verdict(pool).dropped, verdict(pool).failed) == (("C1.1.1",), 0)
    assert verdict(pool).status == "partly verified"


async def test_a_clause_that_stays_without_a_proof_is_said_so_after_one_more_round() -> None:
    weak = frozenset({"C2.0.1", "C2.1.1"})
    world = World({"write_code": RIGHT}, proves_nothing=weak)
    pool = await world.run()
    assert world.asked["write_test"] == 4
    assert verdict(pool).status == "partly verified"
    assert "no executed check proves C2" in verdict(pool).reasons


async def test_checks_that_catch_no_broken_copy_verify_nothing() -> None:
    pool = await World({"write_code": RIGHT}, caught=0).run()
    assert verdict(pool).status == "partly verified"


# ------------------------------------------------------------------------------ packages


async def test_a_missing_import_is_looked_up_and_declared() -> None:
    world = World(
        {
            "write_code": always(block(f"import rich\n{keeping(*ALL)}")),
            "analyze_dep_libs": always('{"modules": [{"module": "rich", "why": "w"}]}'),
        },
        known={"rich": "rich"},
    )
    pool = await world.run()
    assert verdict(pool).status == "verified"
    assert world.asked["analyze_dep_libs"] == 1
    found = best_program(pool)
    assert found is not None and found.as_mapping()["requirements.txt"] == "rich\n"
    assert [package.distribution for package in world.packages.installed][:1] == ["rich"]


async def test_without_a_missing_import_no_package_is_looked_up() -> None:
    world = World({"write_code": RIGHT})
    await world.run()
    assert "analyze_dep_libs" not in world.asked


async def test_a_package_that_is_refused_is_mended_out_of_the_program() -> None:
    rewritten = "todo.py\n```python\n" + keeping(*ALL) + "\n```"
    world = World(
        {
            "write_code": always(block(f"import evil\n{keeping(*ALL)}")),
            "analyze_dep_libs": always('{"modules": [{"module": "evil", "why": "w"}]}'),
            "debug_error": always(rewritten),
        }
    )
    pool = await world.run()
    assert world.packages.installed == []
    assert [dependencies.refused[0].where for dependencies in pool.artifacts(Dependencies)][:1] == ["evil"]
    assert "evil" in world.model.calls_of("debug_error")[0].prompt.user
    assert "requirements.txt" not in dict.fromkeys(best_program(pool).as_mapping())  # type: ignore[union-attr]


# ------------------------------------------------------------------------------- company


def company_code(call) -> str:
    return block(keeping(*ALL), asked_path(call))


def company(**answers) -> World:
    return World({"write_code": company_code, **answers}, mode="company", given=requirement(APP))


async def test_the_company_plans_before_it_codes_and_codes_by_dependencies() -> None:
    world = company()
    pool = await world.run()
    order = [message.skill for message in pool]
    assert order.index("write_prd") < order.index("write_prd_review") < order.index("design_api")
    assert order.index("design_filenames") < order.index("design_api") < order.index("design_api_review")
    assert order.index("design_api_review") < order.index("project_management") < order.index("write_code")
    files = [
        message.artifact.files[0].path
        for message in made_by(pool, "write_code")
        if isinstance(message.artifact, SourceCode)
    ]
    assert set(files[:2]) == {"store.py", "text.py"} and files[2] == "main.py"
    assert verdict(pool).status == "verified"


async def test_files_that_do_not_need_each_other_are_written_at_once() -> None:
    world = company()
    pool = await world.run()
    planned = [m for m in pool if m.skill != "write_code"]
    until = next(n for n, m in enumerate(planned) if m.skill == "project_management")
    before = Pool(tuple(planned[: until + 1]))
    paths = [act.option("path") for act in world.team.protocol.next_acts(before) if act.skill == "write_code"]
    assert paths == ["store.py", "text.py"]


async def test_a_file_sees_the_files_it_uses_and_the_design() -> None:
    world = company()
    await world.run()
    main = next(call for call in world.model.calls_of("write_code") if asked_path(call) == "main.py")
    assert "store.py\n```" in main.prompt.user and "text.py\n```" in main.prompt.user
    assert "main.py: p (uses store.py, text.py)" in main.prompt.user


async def test_the_company_asks_each_planner_once_where_its_review_finds_nothing() -> None:
    world = company()
    await world.run()
    once = (
        "write_prd",
        "write_prd_review",
        "design_filenames",
        "design_api",
        "design_api_review",
        "project_management",
    )
    assert {skill: world.asked[skill] for skill in once} == dict.fromkeys(once, 1)
    assert world.asked["write_code"] == 3
    assert "write_code_review" not in world.asked


async def test_a_prd_that_forgets_a_clause_is_written_once_more_and_not_again() -> None:
    forgetful = PLANNERS["write_prd"].replace('["C1", "C2", "C3"]', '["C1"]')
    world = company(write_prd=always(forgetful))
    pool = await world.run()
    assert world.asked["write_prd"] == 2 and world.asked["write_prd_review"] == 1
    assert [prd.revision for prd in pool.artifacts(ProductRequirements)] == [0, 1]


async def test_a_design_that_goes_round_in_a_circle_is_drawn_once_more() -> None:
    circle = (
        '{"overview": "o", "packages": [], "files": ['
        '{"path": "main.py", "purpose": "p", "interfaces": [], "depends_on": ["store.py"]},'
        '{"path": "store.py", "purpose": "p", "interfaces": [], "depends_on": ["main.py"]}]}'
    )
    world = company(design_api=always(circle))
    pool = await world.run()
    assert [design.revision for design in pool.artifacts(SystemDesign)] == [0, 1]
    assert len(pool.artifacts(TaskPlan)[0].tasks) == 3
    assert verdict(pool).status == "verified"


async def test_the_company_reviews_what_it_mends() -> None:
    def nearly(call) -> str:
        return block(keeping("C1", "C3"), asked_path(call))

    world = company(write_code=nearly, debug_error=always(PATCH["C2"]))
    pool = await world.run()
    assert (world.asked["write_code_review"], world.asked["debug_error"]) == (1, 1)
    assert verdict(pool).status == "verified"


async def test_the_delivery_has_the_prd_s_title() -> None:
    pool = await company().run()
    delivery = pool.latest(Delivery)
    assert delivery is not None and delivery.title == "To-do"


# -------------------------------------------------------------------------------- change


SEED = {"todo.py": "# ok:C1", "notes.txt": "kept"}


async def test_a_change_is_laid_over_the_repository() -> None:
    answer = always(block(keeping("C1", "C2", "C3"), "todo.py"))
    world = World({"write_code": answer}, given=requirement(CLI, SEED))
    pool = await world.run()
    found = best_program(pool)
    assert found is not None
    assert found.as_mapping() == {"notes.txt": "kept", "todo.py": keeping(*ALL) + "\n"}
    (call,) = world.model.calls_of("write_code")
    assert (
        "The repository to change:" in call.prompt.user and "each file that has to change" in call.prompt.user
    )
    assert verdict(pool).status == "verified"


async def test_a_change_to_another_file_keeps_what_the_repository_could_do() -> None:
    world = World({"write_code": always(block(keeping("C2", "C3"), "more.py"))}, given=requirement(CLI, SEED))
    pool = await world.run()
    assert verdict(pool).status == "verified"
    assert best_program(pool).as_mapping()["todo.py"] == "# ok:C1"  # type: ignore[union-attr]


# ------------------------------------------------------------------- the program to show


async def test_there_is_something_to_show_at_every_stage_and_it_never_gets_worse() -> None:
    world = World(
        {
            "write_code": by_sample(block(keeping("C1")), block(keeping("C1", "C2"))),
            "debug_error": by_sample(block("# lost:C1"), block("# ok:C3")),
        },
        candidates=2,
    )
    messages = tuple(await world.run())
    shown = []
    for end in range(1, len(messages) + 1):
        found = best_program(Pool(messages[:end]))
        drafts = any(isinstance(m.artifact, SourceCode) for m in messages[:end])
        assert (found is not None) == drafts
        if found and any(isinstance(m.artifact, TestReport) for m in messages[:end]):
            shown.append(sum(f"ok:{c}" in program_of(Pool(messages[:end])) for c in ALL))
    assert shown == sorted(shown)
    assert shown[-1] == 3


async def test_the_judged_program_is_shown_in_the_end() -> None:
    world = World({"write_code": always(block(keeping("C1", "C3"))), "debug_error": always(PATCH["C2"])})
    pool = await world.run()
    found = best_program(pool)
    assert found is not None
    assert (found.candidate, found.revision) == (verdict(pool).candidate, verdict(pool).revision)


async def test_parts_of_a_program_are_not_shown_as_one() -> None:
    world = company()
    messages = tuple(await world.run())
    first = next(n for n, m in enumerate(messages) if m.skill == "write_code")
    assert best_program(Pool(messages[: first + 1])) is None
    ran = next(n for n, m in enumerate(messages) if m.skill == "run_code")
    assert len(best_program(Pool(messages[: ran + 1])).files) == 3  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------- mode


@pytest.mark.parametrize(
    ("kind", "entry", "seed", "mode"),
    [
        ("cli", ("todo.py",), {}, "duo"),
        ("module", ("a.py",), {}, "duo"),
        ("web", ("index.html", "app.js"), {}, "duo"),
        ("web", ("index.html", "app.js", "style.css"), {}, "company"),
        ("app", ("main.py",), {}, "company"),
        ("app", ("main.py",), {"main.py": "x"}, "duo"),
    ],
)
def test_a_company_is_for_new_programs_of_several_files(kind, entry, seed, mode) -> None:
    target = Target(language="web" if kind == "web" else "python", kind=kind, entry=entry)
    assert choose_mode(requirement(target, seed)) == mode


@pytest.mark.parametrize("mode", ["direct", "duo", "company"])
def test_a_team_has_every_role_and_a_name_that_says_its_mode(mode) -> None:
    made = team(mode, candidates=2)
    assert made.name == f"software_company.{mode}"
    assert len(made.roles) == 5


# ------------------------------------------------------------------------------- the end


@pytest.mark.parametrize("mode", ["direct", "duo", "company"])
@pytest.mark.parametrize("candidates", [1, 3])
async def test_a_run_in_which_nothing_ever_works_ends_soon_and_says_so(mode, candidates: int) -> None:
    world = World(
        {
            "write_code": lambda call: block(f"# useless {call.sample}", asked_path(call)),
            "debug_error": USELESS,
            "write_code_review": always('{"problems": [{"where": "all", "what": "wrong"}]}'),
        },
        mode=mode,
        candidates=candidates,
        given=requirement(APP if mode == "company" else CLI),
    )
    pool = await world.run()
    assert verdict(pool).status == "not verified"
    assert len(pool) <= 60
    assert len(pool.artifacts(Verdict)) == 1


@pytest.mark.parametrize("broken", [True, False])
async def test_a_run_whose_repairs_are_all_unusable_ends_soon(broken: bool) -> None:
    world = World({"write_code": always(block("broken" if broken else "nothing")), "debug_error": always("")})
    pool = await world.run()
    assert len(world.verifier.examined) == 1
    assert verdict(pool).status == "not verified"
    assert len(pool) <= 30


async def test_every_act_is_performed_once() -> None:
    world = World({"write_code": always(block("nothing")), "debug_error": USELESS}, candidates=2)
    pool = await world.run()
    assert len({message.id for message in pool}) == len(pool)
    started = [event.act for event in world.sink.events if event.type == "act_started"]
    assert len(started) == len(set(started)) == len(pool) - 1


def test_an_act_for_the_same_work_is_the_same_act() -> None:
    world = World()
    again = World()
    first: list[Act] = list(world.team.protocol.next_acts(world.pool()))
    assert first == list(again.team.protocol.next_acts(again.pool()))
