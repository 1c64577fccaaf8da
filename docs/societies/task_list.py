from makery import Factory
from makery.teams.seats import member
from makery.teams.task_list import task_list

skills = ("execute_task", "create_tasks", "prioritise_tasks")
worker = member("worker", "You reach the objective in few steps.", tools=("files_*",), skills=skills)
team = task_list(worker, first="Make a list of the tasks.", most=6)

run = Factory().converse(team, "Write a one-page guide to making tea in guide.md.")
print(run.answer)
