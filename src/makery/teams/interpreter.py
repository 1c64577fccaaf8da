"""A chat that runs code: Python, shell and JavaScript in one session, seen and agreed to before it runs.

Open Interpreter (Lucas 2023), ChatGPT's code interpreter: ask, see the code, say yes, see what comes, go on.
"""

from dataclasses import dataclass, field

from makery.kernel.dialogue import Ending, Executed, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.skills.society.run_cell import cell_of, fenced
from makery.teams.goal_loop import NO, YES
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.seats import EXIT
from makery.teams.table import Table

ALL = ("a", "all", "全部")
"""Yes, and to all further code of this conversation."""


@dataclass(frozen=True)
class Session:
    """Who writes code, for whom, and how much of it."""

    agent: Role
    """Needs the skills `write_cell` and `run_cell`."""
    user: Role | None = None
    """Says what else is wanted after each answer; None ends with the first one."""
    ask: bool = True
    """Whether a person sees each cell before it runs."""
    most: int = 20
    """Cells for one thing that is wanted."""
    guard: LoopGuard = field(default_factory=LoopGuard)


def interpreter(session: Session) -> Team:
    """A team of one that works with a session, and the user."""
    program = Program(lambda pool: interpret(Table.of(pool), session))
    roles = (session.agent, *((session.user,) if session.user else ()))
    return Team(name="interpreter", roles=roles, protocol=program, skills=load_skills())


def interpret(table: Table, session: Session) -> Steps[Ending]:
    """The conversation itself."""
    name, ask = session.agent.name, session.ask
    table.options["user"] = session.user.name if session.user else ""
    while True:
        answer, ask, ending = yield from _answered(table, session, ask)
        if ending:
            return (yield from table.end(name, ending, "it went in circles", "looping"))
        if session.user is None:
            done = cell_of(answer) is None
            reason = "answered" if done else f"the limit of {session.most} cells"
            return (yield from table.end(name, answer, reason, "done" if done else "stopped"))
        said = yield from table.do(Utterance, table.act(session.user.name, "ask_human", question=answer))
        if said.text.strip().lower() in ("", EXIT):
            return (yield from table.end(name, answer, f"{session.user.name} left"))


def _answered(table: Table, session: Session, ask: bool) -> Steps[tuple[str, bool, str]]:
    """The answer to what the user said last, whether to go on asking, and the loop guard's report if any."""
    name, person = session.agent.name, session.user.name if session.user else session.agent.name
    watch, start, text = Watch(session.guard), len(table.made), ""
    for _ in range(session.most):
        judged = watch.judge(table.made[start:])
        if judged.state == "end":
            return text, ask, judged.report
        turn = yield from table.do(Utterance, table.act(name, "write_cell", note=judged.hint))
        text = turn.text
        if cell_of(text) is None:
            return text, ask, ""
        if ask:
            consent = yield from _consent(table, person, text)
            if consent == "no":
                return note("not_run"), ask, ""
            ask = consent != "all"
            if consent == "other":
                continue
        yield from table.do(Executed, table.act(name, "run_cell"))
    return text, ask, ""


def _consent(table: Table, name: str, text: str) -> Steps[str]:
    """What the person says to a cell: yes, all, no, or other; nobody's answer is no.

    Edited code takes the place of the cell.
    """
    cell = cell_of(text)
    draft = fenced(cell) if cell else ""
    cells = table.messages[-1:]
    act = table.act(name, "ask_human", sees=cells, question=note("run_it"), draft=draft, default="yes")
    said = (yield from table.do(Utterance, act)).text.strip()
    if not said:
        return "no"
    if cell_of(said):
        return "yes"
    if said.lower() in (*YES, *ALL, *NO):
        table.messages.pop()
        return "yes" if said.lower() in YES else "all" if said.lower() in ALL else "no"
    return "other"
