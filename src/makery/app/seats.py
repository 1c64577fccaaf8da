"""Whose eyes a run is looked at with: the one rule that terminal, API and page follow.

While a run with persons in its seats lasts, whoever looks at it sees what those persons' roles may know.
Where several persons sit in it, each says which role; who does not sees what all of them may know. At a
terminal all seats are the same person's. A run in which nobody sits, and one that is over, is open to
everybody who may look at it at all.
"""

from makery.app.options import AnyOrder, TeamOptions
from makery.app.shown import options_of
from makery.kernel.errors import InputError
from makery.kernel.message import EVERYONE
from makery.kernel.sight import EVERYTHING, Sight
from makery.store.runs import RunRecord


def seats_of(options: AnyOrder) -> tuple[str, ...]:
    """The roles that persons play in a team: those that were taken, and those that its file leaves to one."""
    if not isinstance(options, TeamOptions):
        return ()
    return tuple(dict.fromkeys((*options.persons, *_own_seats(options))))


def sight_in(options: AnyOrder) -> Sight:
    """What may be shown of a run that lasts where nobody says with whose eyes: on a screen, in a file."""
    seats = seats_of(options)
    if not seats:
        return EVERYTHING
    return Sight(seats=seats, one_screen=isinstance(options, TeamOptions) and not options.attended)


def sight_of(record: RunRecord, role: str | None = None) -> Sight:
    """What may be shown of a run as it stands.

    Args:
        record: the run.
        role: the seat of whoever looks; `*` for somebody who may see everything, which is not checked here.

    Raises:
        InputError: no person sits in that role.
    """
    if record.over or role == EVERYONE:
        return EVERYTHING
    options = options_of(record)
    if role is None or not isinstance(options, TeamOptions):  # in the company nothing is told in confidence
        return sight_in(options)
    seats = seats_of(options)
    if role not in seats:
        there = f"There are: {', '.join(seats)}." if seats else "Nobody sits in this run: leave the role out."
        raise InputError(f"No person sits as {role[:80]!r} in run {record.id!r}.", remedy=there)
    return Sight(seats=(role,))


def _own_seats(options: TeamOptions) -> tuple[str, ...]:
    if not options.team or (options.yes and not options.attended):
        return ()
    from makery.teams.team_file import parse_team

    roles = parse_team(options.team, where=options.name).roles
    return tuple(name for name, entry in roles.items() if entry.human != "never")


def insist_on_discretion(options: AnyOrder) -> None:
    """Insist that a run in which somebody takes a seat does not write all prompts to a file as it goes on.

    Raises:
        InputError: it would.
    """
    if isinstance(options, TeamOptions) and options.persons and options.record is not None:
        raise InputError(
            "A recording says what each role was told in confidence, and you take a seat.",
            remedy="Leave --record out, and take it at the end: makery runs export RUN --recording",
        )
