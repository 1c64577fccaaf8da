from makery import Factory
from makery.teams.code_act import code_act
from makery.teams.seats import member


def prices() -> dict[str, float]:
    """Tell the price of each thing in the shop."""
    return {"pen": 1.5, "book": 12.0, "lamp": 20.0}


def stock(thing: str) -> int:
    """Tell how many of a thing there are."""
    return {"pen": 10, "book": 2, "lamp": 0}[thing]


def discount(thing: str) -> float:
    """Tell the discount on a thing, as a share of its price."""
    return 0.5 if thing == "book" else 0.0


agent = member("agent", "You compute.", tools=("*",), skills=("write_action", "run_action"))

run = Factory().converse(
    code_act(agent), "What is everything in the shop worth, after discounts?", tools=[prices, stock, discount]
)
print(run.answer)
