"""Starts a web service of the program and talks to it over loopback."""

import http.client
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

STARTUP = 5.0
ANSWER = 5.0


@dataclass(frozen=True, repr=False)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    text: str
    request: str = field(default="")

    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.text)

    @property
    def status_code(self) -> int:
        """Another name of `status`."""
        return self.status

    def __repr__(self) -> str:
        return f"<{self.request}: {self.status} {self.text[:160]!r}>"


class Service:
    """The service, started for one check. Each request uses a connection of its own."""

    def __init__(
        self,
        entry: str,
        arguments: list[str],
        folder: Path,
        environment: dict[str, str],
        remarks: list[str],
    ) -> None:
        self._remarks = remarks
        self.port = _free_port()
        words = [word.replace("{port}", str(self.port)) for word in arguments]
        self._shown = " ".join(["python", entry, *arguments]).replace("{port}", "N")
        self._log = folder.parent / "home" / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, entry, *words],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def url(self) -> str:
        """Its root, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        deadline = time.monotonic() + STARTUP
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(
                    f"`{self._shown}` ended with code {self._process.returncode}{self._last_words()}"
                )
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        self.__exit__()
        raise AssertionError(
            f"`{self._shown}` did not listen on 127.0.0.1 within {STARTUP:g} s{self._last_words()}"
        )

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1][:200]}" if lines else ""

    def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; `json` is encoded, `body` is sent as it is."""
        data, sent = _encode(json, body, headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER)
        try:
            connection.request(method, path, body=data, headers=sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            text = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(
                f"{method} {path} got no answer: {type(error).__name__} {error}{self._last_words()}"
            ) from None
        finally:
            connection.close()
        answer = Answer(response.status, names, text, f"{method} {path}")
        self._remarks[:] = [repr(answer)]
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        """`GET`."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        """`POST`."""
        return self.request("POST", path, json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Answer:
        """`PUT`."""
        return self.request("PUT", path, json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Answer:
        """`PATCH`."""
        return self.request("PATCH", path, json, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """`DELETE`."""
        return self.request("DELETE", path, **options)


def _encode(
    value: Any, body: str | bytes | None, headers: dict[str, str]
) -> tuple[bytes | None, dict[str, str]]:
    if value is not None:
        return json.dumps(value).encode(), {"Content-Type": "application/json", **headers}
    return (body.encode() if isinstance(body, str) else body), headers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
