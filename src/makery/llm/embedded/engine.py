"""Finds the engine of an embedded model, or starts it: one per model, shared by all runs on the machine."""

import asyncio
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from makery.kernel.artifact import Frozen
from makery.kernel.errors import ModelUnavailable
from makery.llm.embedded.locks import async_file_lock
from makery.llm.embedded.probe import Reply, probe
from makery.llm.embedded.state import EngineFiles, EngineState
from makery.llm.embedded.storage import storage_errors
from makery.llm.embedded.weights import Weights, embedded_model
from makery.llm.endpoint import Endpoint

_POLL_SECONDS = 0.1

_ENVIRONMENT = {
    # Threads of the OpenMP build wait for each other spinning; beside other busy processes that costs most
    # of the speed (measured: 1.2 instead of 6.1 tokens/s).
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "0",
    "PATH": os.defpath,
    "PYTHONUTF8": "1",
}


class EngineStatus(Frozen):
    """An engine as `makery doctor` shows it; without its key."""

    model: str
    path: str
    pid: int
    port: int
    started: str
    slots: int
    reply: Reply


class _Wanted(Frozen):
    """What an engine has to serve."""

    name: str
    path: Path
    size: int
    sha256: str

    def served_by(self, state: EngineState) -> bool:
        return state.model == self.name and Path(state.path) == self.path and state.size == self.size


class EmbeddedEngine:
    """An `EndpointSource` whose endpoints are engine processes on this machine.

    A found engine keeps the options it was started with: sharing it is worth more than other options.
    """

    def __init__(
        self,
        *,
        models_folder: Path,
        state_folder: Path,
        slots: int = 4,
        context: int = 8192,
        threads: int = 0,
        idle_minutes: float = 15.0,
        start_seconds: float = 180.0,
        hung_seconds: float = 30.0,
        stop_seconds: float = 10.0,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "makery.llm.embedded.server"),
    ) -> None:
        """Keep the options; nothing is started yet.

        Args:
            context: Tokens of context of each slot.
            threads: 0 for all processors.
            start_seconds: How long an engine may take to load its weights.
            hung_seconds: An engine that says nothing for so long is ended and started anew.
            stop_seconds: How long an engine may take to end when asked; then it is killed.
            environment: Added to the engine's own small environment, which inherits nothing.
            command: Starts the engine's process; replaced in tests.
        """
        self._models_folder = models_folder
        self._state_folder = state_folder
        self._options = {"slots": slots, "context": context, "threads": threads, "idle-minutes": idle_minutes}
        self._start_seconds = start_seconds
        self._hung_seconds = hung_seconds
        self._stop_seconds = stop_seconds
        self._environment = {**_ENVIRONMENT, **(environment or {})}
        self._command = tuple(command)

    async def endpoint(self, model: str) -> Endpoint:
        """The endpoint of a live engine of that model, started when needed.

        Args:
            model: Name of an embedded model, or the path of a GGUF file.

        Raises:
            ModelUnavailable: no such model, its weights are not here, or its engine does not start.
            StorageFailure: the state folder cannot be written.
        """
        wanted = self._wanted(model)
        with storage_errors(self._state_folder):
            self._state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            files = EngineFiles(self._state_folder, wanted.path)
            state = await self._live(files, wanted) or await self._started(files, wanted)
            _announce_request(files.state)
        return Endpoint(base_url=f"http://127.0.0.1:{state.port}/v1", key=SecretStr(state.key))

    async def status(self) -> tuple[EngineStatus, ...]:
        """The engines that run now, whoever started them."""
        states = [state for path in self._state_files() if (state := EngineState.read(path)) and state.runs()]
        replies = await asyncio.gather(*(asyncio.to_thread(probe, state) for state in states))
        return tuple(
            EngineStatus(
                reply=reply, **state.model_dump(include={"model", "path", "pid", "port", "started", "slots"})
            )
            for state, reply in zip(states, replies, strict=True)
        )

    async def stop(self) -> int:
        """End all engines of this state folder, whoever started them; how many were running."""
        stopped = 0
        for path in self._state_files():
            state = EngineState.read(path)
            if state and state.runs():
                await self._end(state)
                stopped += 1
            path.unlink(missing_ok=True)
        return stopped

    def _state_files(self) -> tuple[Path, ...]:
        return EngineFiles.states(self._state_folder)

    def _wanted(self, model: str) -> _Wanted:
        if model.endswith(".gguf"):
            return _own_file(Path(model))
        weights = embedded_model(model)
        if not weights.present(self._models_folder):
            raise _missing(weights, self._models_folder)
        path = weights.path(self._models_folder).absolute()
        return _Wanted(name=weights.name, path=path, size=weights.size, sha256=weights.sha256)

    async def _live(self, files: EngineFiles, wanted: _Wanted) -> EngineState | None:
        """The engine of the state file if it answers; one that hangs or serves old weights is ended."""
        state = EngineState.read(files.state)
        if state is None or not state.runs():
            return None
        if wanted.served_by(state) and await self._answers(state):
            return state
        await self._end(state)
        return None

    async def _answers(self, state: EngineState) -> bool:
        deadline = time.monotonic() + self._hung_seconds
        while (reply := await self._reply(state)) == "silent":
            if time.monotonic() > deadline:
                return False
        return reply == "ready"

    async def _reply(self, state: EngineState) -> Reply:
        return await asyncio.to_thread(probe, state, seconds=min(3.0, self._hung_seconds))

    async def _started(self, files: EngineFiles, wanted: _Wanted) -> EngineState:
        try:
            async with async_file_lock(files.lock, seconds=self._start_seconds + self._hung_seconds):
                # another run may have started it while this one waited for the lock
                return await self._live(files, wanted) or await self._start(files, wanted)
        except TimeoutError as error:
            raise ModelUnavailable(
                f"The engine of {wanted.name!r} is not ready: {error}.",
                remedy=f"Look at {files.log}; `makery models stop` ends all engines.",
            ) from error

    async def _start(self, files: EngineFiles, wanted: _Wanted) -> EngineState:
        files.state.unlink(missing_ok=True)
        process = self._spawn(files, wanted)
        try:
            return await self._ready(process, files, wanted)
        except BaseException:  # cancelled, too: nobody would know of an engine that gets ready later
            process.kill()
            raise

    async def _ready(
        self, process: "subprocess.Popen[bytes]", files: EngineFiles, wanted: _Wanted
    ) -> EngineState:
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            state = EngineState.read(files.state)
            if state and state.pid == process.pid and await self._answers(state):
                return state
            if process.poll() is not None:
                raise _died(process.returncode, files, wanted)
            await asyncio.sleep(_POLL_SECONDS)
        raise TimeoutError(f"loading {wanted.path} took more than {self._start_seconds:.0f} s")

    async def _end(self, state: EngineState) -> None:
        """Ask the process to end, and insist after a while."""
        for wish in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(state.pid, wish)
            except ProcessLookupError:
                return
            for _ in range(math.ceil(self._stop_seconds / _POLL_SECONDS)):
                await asyncio.sleep(_POLL_SECONDS)
                if not state.runs():
                    return

    def _spawn(self, files: EngineFiles, wanted: _Wanted) -> "subprocess.Popen[bytes]":
        options = {
            **self._options,
            "model": wanted.name,
            "sha256": wanted.sha256,
            "state": files.state.absolute(),
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with files.log.open("wb") as log:
            process = subprocess.Popen(
                [*self._command, str(wanted.path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._state_folder,
                start_new_session=True,  # Ctrl-C in this terminal is not meant for other runs that share it
            )
        # Waited for as soon as it ends, so that it never stays as a zombie of a long-lived caller.
        threading.Thread(target=process.wait, name=f"engine-{process.pid}", daemon=True).start()
        return process


def _announce_request(state: Path) -> None:
    """Keep an idle engine from ending between the answer to its finder and that one's request."""
    try:
        os.utime(state)
    except FileNotFoundError:
        return  # it has just ended; the call will fail and be tried again


def _own_file(path: Path) -> _Wanted:
    if not path.is_file():
        raise ModelUnavailable(f"There is no GGUF file {str(path)!r}.", remedy="Check the path of the model.")
    path = path.absolute()
    return _Wanted(name=path.name, path=path, size=path.stat().st_size, sha256="")


def _missing(weights: Weights, folder: Path) -> ModelUnavailable:
    size = f"{weights.size / 1e9:.1f} GB"
    return ModelUnavailable(
        f"The weights of the embedded model {weights.name!r} ({size}) are not in {folder}.",
        remedy=f"Run `makery models pull {weights.name}`.",
    )


def _died(status: int, files: EngineFiles, wanted: _Wanted) -> ModelUnavailable:
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    return ModelUnavailable(
        f"The engine of {wanted.name!r} {how} while starting. Its last lines:\n{files.last_log_lines()}\n",
        remedy=f"The whole log is {files.log}. If memory is short, choose fewer slots or a smaller model; "
        "if the file is damaged, remove it and pull it again.",
    )
