"""All skills: ours and those that installed packages offer."""

import sys
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from makery.kernel.errors import ContractViolation
from makery.kernel.skill import Skill

BUILT_IN = (
    "analyze_dep_libs:AnalyzeDepLibs",
    "arbitrate_check:ArbitrateCheck",
    "azure_tts:AzureTts",
    "challenge_checks:ChallengeChecks",
    "debug_error:DebugError",
    "design_api:DesignApi",
    "design_api_review:DesignApiReview",
    "design_filenames:DesignFilenames",
    "judge_program:JudgeProgram",
    "observe_behaviour:ObserveBehaviour",
    "project_management:ProjectManagement",
    "run_code:RunCode",
    "search_and_summarize:SearchAndSummarize",
    "society.answer_problem:AnswerProblem",
    "society.ask_human:AskHuman",
    "society.characters:BidToSpeak",
    "society.characters:Live",
    "society.characters:MakePlan",
    "society.characters:Perceive",
    "society.characters:Reflect",
    "society.characters:SayInCharacter",
    "society.choose:Choose",
    "society.codium:ProposeSolutions",
    "society.codium:ReasonOnTests",
    "society.codium:ReflectProblem",
    "society.codium:WriteSolution",
    "society.conclude:Conclude",
    "society.execute_task:ExecuteTask",
    "society.plan_graph:PlanGraph",
    "society.plan_tasks:CreateTasks",
    "society.plan_tasks:PrioritiseTasks",
    "society.pursue_goal:PursueGoal",
    "society.role_play:CarryOut",
    "society.role_play:Instruct",
    "society.role_play:SpecifyTask",
    "society.run_action:RunAction",
    "society.run_blocks:RunBlocks",
    "society.run_cell:RunCell",
    "society.speak:Speak",
    "society.tell:Tell",
    "society.use_tools:UseTools",
    "society.write_action:WriteAction",
    "society.write_cell:WriteCell",
    "write_code:WriteCode",
    "write_code_review:WriteCodeReview",
    "write_delivery:WriteDelivery",
    "write_prd:WritePrd",
    "write_prd_review:WritePrdReview",
    "write_test:WriteTest",
    "write_test_suite:WriteTestSuite",
)


def load_skills() -> dict[str, Skill[Any, Any]]:
    """Every skill by name; entry points of the group `makery.skills` may add some, not replace ours.

    Raises:
        ContractViolation: two skills have the same name, or an entry point is no skill.
    """
    skills: dict[str, Skill[Any, Any]] = {}
    for reference in BUILT_IN:
        module, _, name = reference.partition(":")
        _add(skills, getattr(import_module(f"makery.skills.{module}"), name), "makery")
    for point in installed("makery.skills"):
        _add(skills, point.load(), point.value)
    return skills


def installed(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group. Looked for once: that reads files of all packages."""
    return _installed(group, tuple(sys.path))


@lru_cache(maxsize=64)
def _installed(group: str, _path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _add(skills: dict[str, Skill[Any, Any]], offered: Any, origin: str) -> None:
    if not (isinstance(offered, type) and issubclass(offered, Skill)):
        raise ContractViolation(f"Entry point {origin!r} is no Skill class.")
    if offered.name in skills:
        raise ContractViolation(f"Two skills are called {offered.name!r}; one is from {origin!r}.")
    skills[offered.name] = offered()
