"""The company's documents before any code: PRD, design, plan, each reviewed once."""

from dataclasses import dataclass

from makery.kernel.act import Act
from makery.kernel.documents import (
    ApiReview,
    FileNames,
    PrdReview,
    ProductRequirements,
    SystemDesign,
    TaskPlan,
)
from makery.teams.gates import passed
from makery.teams.plan import Plan, Result


@dataclass(frozen=True)
class Documents:
    """What the planners handed over; all empty where there are no planners."""

    ids: tuple[str, ...] = ()
    design: str = ""
    plan: Result[TaskPlan] | None = None


def planned(plan: Plan, start: str) -> Documents | None:
    """PRD -> file names -> design -> tasks, or None while one is missing."""
    prd = passed(plan, "prd", _product_requirements(plan, start), ProductRequirements)
    names = plan.need(_act("architect", "design_filenames", start), FileNames)
    if prd is None or names is None:
        return None
    design = passed(plan, "design", _design(plan, start, names.id), SystemDesign)
    if design is None:
        return None
    planned_tasks = plan.need(_act("project_manager", "project_management", start, design.id), TaskPlan)
    tasks = passed(plan, "plan", planned_tasks, TaskPlan)
    if tasks is None:
        return None
    return Documents(ids=(prd.id, design.id, tasks.id), design=design.id, plan=tasks)


def _product_requirements(plan: Plan, start: str) -> Result[ProductRequirements] | None:
    draft = plan.need(_act("product_manager", "write_prd", start), ProductRequirements)
    if draft is None:
        return None
    review = plan.need(_act("product_manager", "write_prd_review", start, draft.id), PrdReview)
    if review is None or review.artifact.approved:
        return draft if review else None
    return plan.need(_act("product_manager", "write_prd", start, draft.id, review.id), ProductRequirements)


def _design(plan: Plan, start: str, names: str) -> Result[SystemDesign] | None:
    draft = plan.need(_act("architect", "design_api", start, names), SystemDesign)
    if draft is None:
        return None
    review = plan.need(_act("architect", "design_api_review", start, draft.id), ApiReview)
    if review is None or review.artifact.approved:
        return draft if review else None
    return plan.need(_act("architect", "design_api", start, names, review.id), SystemDesign)


def _act(role: str, skill: str, *inputs: str) -> Act:
    return Act(role=role, skill=skill, inputs=inputs, label=skill.replace("_", " "))
