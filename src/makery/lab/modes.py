"""How a task is worked on: one of Makery's own modes, or a baseline that only the lab offers."""

from dataclasses import dataclass

from makery.app.factory import Factory
from makery.app.settings import Mode as OwnMode
from makery.kernel.documents import Requirement, SourceCode
from makery.kernel.pool import Pool
from makery.kernel.team import Team
from makery.lab.line import Mode
from makery.teams import software_company
from makery.teams.best_of_n import Lone

BEST_OF = 4
"""Candidates of `best_of_n` where none are named."""


@dataclass(frozen=True)
class _FixedCandidates:
    """The company with a number of candidates that the model's entry does not decide."""

    candidates: int

    def choose_mode(self, requirement: Requirement) -> software_company.Mode:
        return software_company.choose_mode(requirement)

    def team(self, mode: software_company.Mode, *, candidates: int, one_suite: bool = False) -> Team:
        return software_company.team(mode, candidates=self.candidates, one_suite=one_suite)

    def best_program(self, pool: Pool) -> SourceCode | None:
        return software_company.best_program(pool)


def candidates_of(mode: Mode, candidates: int | None) -> int | None:
    """The number that counts: given, or the default of `best_of_n`, or None for the catalogue's."""
    return candidates or (BEST_OF if mode == "best_of_n" else None)


def team_for(factory: Factory, mode: Mode, candidates: int | None) -> Factory:
    """The factory with the team that a mode means."""
    if mode == "best_of_n":
        return factory.with_company(Lone(candidates or BEST_OF))
    return factory.with_company(_FixedCandidates(candidates)) if candidates else factory


def own_mode(mode: Mode) -> OwnMode:
    """What the factory is told."""
    return "direct" if mode == "best_of_n" else mode
