from makery import Factory
from makery.teams.interpreter import Session, interpreter
from makery.teams.seats import member

agent = member("agent", "You do what the user wants with code.", skills=("write_cell", "run_cell"))

run = Factory().converse(interpreter(Session(agent, ask=False)), "Which day of the week was 9 May 2024?")
print(run.answer)
