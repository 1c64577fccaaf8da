from makery import Factory
from makery.teams.debate import debate, debater, majority_vote

problem = "A farmer has 17 sheep. All but 9 run away, then 4 come back. How many has he?"

run = Factory().converse(debate(debater("ada"), debater("bob"), debater("cleo"), rounds=2), problem)
print("debate:", run.answer)

run = Factory().converse(majority_vote(debater("ada"), answers=6), problem)
print("majority of six:", run.answer)
