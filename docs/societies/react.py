from makery import Factory
from makery.teams.react import react
from makery.teams.seats import member


def population(city: str) -> int:
    """Tell how many people live in a city.

    Args:
        city: its English name
    """
    return {"Oslo": 717_710, "Bergen": 291_940}[city]


agent = member("agent", "You answer with facts that tools gave you.", tools=("population",))

run = Factory().converse(react(agent), "Which is larger, Oslo or Bergen?", tools=[population])
print(run.answer)
