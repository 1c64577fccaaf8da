"""One role acts by writing code that calls its tools; the sandbox runs it, state stays from piece to piece.

CodeAct (Wang et al. 2024, arXiv:2402.01030), the code agents of smolagents and Transformers Agents: loops,
conditions and several tool calls fit into one piece of code, so that fewer model calls are needed. With
`ask`, a person sees each piece before it runs, as in Open Interpreter.
"""

from makery.kernel.dialogue import Ending, Executed, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.goal_loop import YES, refusal
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.table import Table


def code_act(role: Role, *, most: int = 10, ask: bool = False, guard: LoopGuard | None = None) -> Team:
    """A team of one that works by code, in at most so many pieces."""
    program = Program(lambda pool: act_by_code(Table.of(pool), role.name, most, ask, guard or LoopGuard()))
    return Team(name="code_act", roles=(role,), protocol=program, skills=load_skills())


def act_by_code(table: Table, name: str, most: int, ask: bool, guard: LoopGuard) -> Steps[Ending]:
    """The loop itself."""
    watch = Watch(guard)
    for _ in range(most):
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(name, judged.report, "it went in circles", "looping"))
        turn = yield from table.do(Utterance, table.act(name, "write_action", note=judged.hint))
        if ask:
            said = yield from table.do(
                Utterance, table.act(name, "ask_human", sees=table.messages[-1:], default="yes")
            )
            if reason := refusal(said.text):
                return (yield from table.end(name, turn.text, reason, "stopped"))
            if said.text.strip().lower() not in YES:
                continue
            table.messages.pop()
        ran = yield from table.do(Executed, table.act(name, "run_action"))
        if ran.answer is not None:
            return (yield from table.end(name, ran.answer, "answered"))
    last = yield from table.do(Utterance, table.act(name, "speak", note=note("finish"), tools="no"))
    return (yield from table.end(name, last.text, f"the limit of {most} pieces of code", "stopped"))
