"""One role with tools: think, use tools, look at what came, until the answer is known.

ReAct (Yao et al. 2022, arXiv:2210.03629), the agent of LangChain and of function calling: several calls at
once, and errors fed back for the model to mend.
"""

from makery.kernel.dialogue import Ending, ToolResults, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.table import Table


def react(role: Role, *, most: int = 12, guard: LoopGuard | None = None) -> Team:
    """A team of one that answers with the help of its tools, after at most so many rounds."""
    program = Program(lambda pool: work(Table.of(pool), role.name, most, guard or LoopGuard()))
    return Team(name="react", roles=(role,), protocol=program, skills=load_skills())


def work(table: Table, name: str, most: int, guard: LoopGuard) -> Steps[Ending]:
    """The loop itself."""
    watch = Watch(guard)
    for _ in range(most):
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(name, judged.report, "it went in circles", "looping"))
        turn = yield from table.do(Utterance, table.act(name, "speak", note=judged.hint))
        if not turn.calls:
            return (yield from table.end(name, turn.text, "answered"))
        yield from table.do(ToolResults, table.act(name, "use_tools", sees=table.messages[-1:]))
    turn = yield from table.do(Utterance, table.act(name, "speak", note=note("finish"), tools="no"))
    return (yield from table.end(name, turn.text, f"the limit of {most} rounds", "stopped"))
