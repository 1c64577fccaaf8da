from makery import Factory
from makery.teams.debate import canonical, debate, debater

numbers = [(3, 4, 5, 6), (17, 2, 8, 9), (21, 7, 3, 30)]
problems = {f"What is {a} + {b} * {c} - {d}?": a + b * c - d for a, b, c, d in numbers}
team = debate(debater("ada"), debater("bob"), debater("cleo"), rounds=2)

answers = [Factory().converse(team, problem).answer for problem in problems]
right = [canonical(given) == str(true) for given, true in zip(answers, problems.values(), strict=True)]
print(f"{sum(right)} of {len(right)} right")
