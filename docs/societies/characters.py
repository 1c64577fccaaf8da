from makery import Factory
from makery.teams.characters import character
from makery.teams.town import Town, town
from makery.teams.werewolf import Village, werewolf

mara = character("mara", "You run the bakery and want to hold a festival this evening.")
jon = character("jon", "You teach at the school and are shy.")
vera = character("vera", "You are the mayor, hear everything, and tell most of it.")

world = Town((mara, jon, vera), places=("the bakery", "the square"), hours=2, talk=2)
run = Factory().converse(town(world), "A small town by a river, on a warm day in May.")
print(run.answer)

run = Factory().converse(werewolf(Village((mara, jon, vera), seer=False, talk=3, seed=1)), "Play.")
print(run.answer)
