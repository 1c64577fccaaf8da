from makery import Factory
from makery.teams.codium import codium

run = Factory().converse(
    codium(ideas=2, repairs=3),
    "A command-line program `python roman.py N` prints N (1 to 3999) as a Roman numeral. "
    "For example `python roman.py 14` prints `XIV`.",
)
print(run.message)
