from makery import Factory
from makery.teams.group_chat import two_agent_chat
from makery.teams.seats import Seat, member
from makery.teams.stops import code_works, max_turns

coder = Seat(member("coder", "You write one complete Python program that prints its result."))
executor = Seat(member("executor", "You run the coder's program."), runs_code=True)
team = two_agent_chat(coder, executor, stop=code_works() | max_turns(10))
print(Factory().converse(team, "Print the ten largest prime numbers below 1000.").answer)
