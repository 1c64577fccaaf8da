from makery import Factory
from makery.teams.group_chat import group_chat, two_agent_chat
from makery.teams.seats import Seat, member
from makery.teams.stops import code_works, max_turns, says

coder = Seat(member("coder", "You write one complete Python program that prints its result."))
executor = Seat(member("executor", "You run the coder's program."), runs_code=True)
pair = two_agent_chat(coder, executor, stop=code_works() | max_turns(10))

run = Factory().converse(pair, "Print the first ten prime numbers.")
print(run.answer)

critic = Seat(member("critic", "You name what is wrong in the last text, or say APPROVED."))
writer = Seat(member("writer", "You write and improve a slogan."))
you = Seat(member("you", "You are the user."), human="at_end")
table = group_chat(writer, critic, you, order="selected", stop=says("APPROVED", by="critic") | max_turns(9))

run = Factory().converse(table, "A slogan for a bakery that opens at five.")
print(run.answer)
