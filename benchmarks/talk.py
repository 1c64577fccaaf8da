"""A team that only talks: so many turns, one model call each, one after the other."""

import json

from makery.app.options import TeamOptions
from makery.app.societies import team_order


def talk(model: str, turns: int, number: int, **options: object) -> TeamOptions:
    """The order for a conversation of so many turns; conversations of other numbers ask other things."""
    team = {
        "name": "talk",
        "about": "Two take turns.",
        "protocol": "round_robin",
        "roles": {"ada": {"goal": "You go on."}, "bob": {"goal": "You go on."}},
        "stop": {"turns": turns},
    }
    order = team_order("panel", f"Talk about the number {number}.", model=model, yes=True)
    fields = {"team": json.dumps(team), "name": "talk", "allow_unknown_price": True, **options}
    return order.model_copy(update=fields)
