from makery import Factory
from makery.teams.goal_loop import goal_loop
from makery.teams.seats import member

agent = member("agent", "You reach the goal.", tools=("files_*", "web_search"), skills=("pursue_goal",))
team = goal_loop(agent, steps=12, step_by_step=False)

run = Factory().converse(team, "Find out what SQLite's FTS5 is and write three sentences into fts5.txt.")
print(run.answer)
