from makery import Factory
from makery.teams.seats import member
from makery.teams.task_graph import controller, task_graph

researcher = member("researcher", "You look facts up.", tools=("web_search",))
calculator = member("calculator", "You compute with Python.", tools=("run_python",))
writer = member("writer", "You write clear text.")  # model="openai/gpt-5-mini" gives it one of its own

team = task_graph(controller(), researcher, calculator, writer)
run = Factory().converse(team, "What share of Norway's people lives in Oslo? Say it in one sentence.")
print(run.answer)
