"""One role pursues a goal alone: thoughts, plan, criticism, command, memory, until it is reached.

AutoGPT (Significant Gravitas 2023): continuous or step by step; what a person says instead of yes goes
into the next thought. It cannot go on for ever: loop guard, number of steps and the run's budget see to it.
"""

from makery.kernel.dialogue import Ending, ToolResults, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.table import Table

YES = ("y", "yes", "是", "好")
"""What agrees. Nothing said does not: that also comes where nobody is, or leaves a turn to the model."""
NO = ("n", "no", "exit", "否")


def refusal(answer: str) -> str:
    """Why the work ends at a person's answer to a step; '' if it does not."""
    if not answer.strip():
        return "nobody agreed to the step"
    return "the user stopped it" if answer.strip().lower() in NO else ""


def goal_loop(
    role: Role, *, steps: int = 20, step_by_step: bool = False, guard: LoopGuard | None = None
) -> Team:
    """A team of one that works towards a goal; with `step_by_step` a person sees each command first."""
    program = Program(
        lambda pool: pursue(Table.of(pool), role.name, steps, step_by_step, guard or LoopGuard())
    )
    return Team(name="goal_loop", roles=(role,), protocol=program, skills=load_skills())


def pursue(table: Table, name: str, steps: int, step_by_step: bool, guard: LoopGuard) -> Steps[Ending]:
    """The loop itself."""
    watch = Watch(guard)
    for step in range(steps):
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(name, judged.report, "it went in circles", "looping"))
        act = table.act(name, "pursue_goal", note=judged.hint, steps_left=str(steps - step))
        turn = yield from table.do(Utterance, act)
        if not turn.calls:
            return (yield from table.end(name, turn.text, "the goal is reached"))
        wanted = table.messages[-1:]
        if step_by_step:
            said = yield from table.do(Utterance, table.act(name, "ask_human", sees=wanted, default="yes"))
            if reason := refusal(said.text):
                return (yield from table.end(name, turn.text, reason, "stopped"))
            if said.text.strip().lower() not in YES:
                continue
            table.messages.pop()
        yield from table.do(ToolResults, table.act(name, "use_tools", sees=wanted))
    return (yield from table.end(name, _last(table), f"the limit of {steps} steps", "stopped"))


def _last(table: Table) -> str:
    results = [outcome.text for a in table.said if isinstance(a, ToolResults) for outcome in a.outcomes]
    return results[-1] if results else ""
