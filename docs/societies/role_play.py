from makery import Factory
from makery.teams.role_play import Play, player, role_play

trader = player("trader", "You know what the bot has to do.", title="stock trader")
programmer = player("programmer", "You write complete, correct Python.", title="Python programmer")

run = Factory().converse(
    role_play(Play(assistant=programmer, user=trader, turns=10)), "Develop a trading bot for the stock market"
)
print(run.answer)
print(run.workspace / ".makery" / "dialogue.jsonl")
