"""Asks an engine whether it answers, without proxies: it is on loopback."""

import http.client
from typing import Literal

from makery.llm.embedded.state import EngineState

Reply = Literal["ready", "silent", "refused"]


def probe(state: EngineState, *, seconds: float = 3.0) -> Reply:
    """How the port of an engine reacts to its key; blocks.

    Returns:
        `ready`: it accepts the key, so it is this engine; `silent`: a connection, but no answer in time;
        `refused`: nobody there, or somebody else.
    """
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=seconds)
    try:
        # /health is open to all and would not prove whose engine it is
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {state.key}"})
        return "ready" if connection.getresponse().status == http.HTTPStatus.OK else "refused"
    except TimeoutError:
        return "silent"
    except (OSError, http.client.HTTPException):
        return "refused"
    finally:
        connection.close()
