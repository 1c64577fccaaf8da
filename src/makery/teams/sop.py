"""Roles that act when something they watch arrives: MetaGPT's way of working (Hong et al. 2023,
arXiv:2308.00352), for teams that a file describes. The software company is a protocol of its own.
"""

from collections.abc import Mapping

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.message import Message
from makery.kernel.program import Steps
from makery.teams.table import Table
from makery.teams.team_file import RoleEntry, SopFile


def watching(table: Table, team: SopFile) -> Steps[None]:
    """Wake every role for each message that it watches, side by side, until the wanted kind is there."""
    taken: set[tuple[str, str]] = set()
    for _ in range(team.most):
        if any(message.artifact.kind() == team.until for message in table.messages):
            break
        acts = _woken(table, team.roles, taken)
        if not acts:
            break
        yield from table.do_all(Artifact, acts)
    last = table.messages[-1].artifact
    done = last.kind() == team.until
    reason = f"a {team.until} is there" if done else "nothing more arrives"
    yield from table.end(next(iter(team.roles)), "", reason, "done" if done else "stopped")


def _woken(table: Table, roles: Mapping[str, RoleEntry], taken: set[tuple[str, str]]) -> list[Act]:
    acts: list[Act] = []
    for name, role in roles.items():
        news = [m for m in table.messages if m.artifact.kind() in role.watches and (name, m.id) not in taken]
        if not news or not _complete(table.messages, role):
            continue
        taken |= {(name, message.id) for message in news}
        acts += [table.act(name, skill) for skill in role.skills]
    return acts


def _complete(messages: list[Message], role: RoleEntry) -> bool:
    """Whether one of each kind that the role watches is there."""
    return set(role.watches) <= {message.artifact.kind() for message in messages}
