"""A typed client of a Makery server.

from makery.client import Client

with Client("http://127.0.0.1:8765", key="mk_…") as makery:
    run = makery.build("A command-line tool that converts CSV to JSON")
    for event in makery.follow(run.id):
        print(event.event["type"])
    print(makery.verdict(run.id).sentence)
"""

from makery.client.client import Client, Refused
from makery.client.signatures import verify_signature
from makery.client.wire import NewRun, Problem, Run, RunDetail, RunEvent

__all__ = ["Client", "NewRun", "Problem", "Refused", "Run", "RunDetail", "RunEvent", "verify_signature"]
