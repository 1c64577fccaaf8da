from makery import Factory

run = Factory().run_team("docs/societies/newsroom.yaml", "A paragraph on why bees matter.")
print(run.answer)
