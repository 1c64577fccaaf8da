"""Trying a delivered program: one line at a time, in the sandbox, with the files that lines before left."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from makery.app.factory import Factory
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Dependencies, Requirement
from makery.kernel.events import MessagePublished
from makery.kernel.message import Message
from makery.kernel.ports import Command, CommandLimits, Mount

LONGEST_LINE = 4000
SECONDS = 20.0
MOST_FILES = 200
MOST_TEXT = 4 << 20
"""Characters of all files together that are kept from one line to the next."""


class Tried(Frozen):
    """What came of one line."""

    output: str
    exit_status: int
    exceeded: str = ""
    """The limit that ended it; '' if none did."""
    files: dict[str, str]
    """The program's text files as the line left them: what the next line begins with."""


class Bench:
    """Where delivered programs are tried.

    Args:
        factory: has the sandbox and the runs.
    """

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def requirement(self, run: str) -> Requirement | None:
        """What a run was asked for; None if it began with nothing."""
        return next((found for found in self._artifacts(run) if isinstance(found, Requirement)), None)

    def files(self, run: str) -> dict[str, str]:
        """The text files of a run's program.

        Raises:
            NotFound: its folder is gone.
        """
        browser = self._factory.browse(run)
        read = ((path, browser.file(path)) for path in browser.tree().program)
        return dict(_texts(read))

    def page(self, run: str) -> str:
        """The page to open of a program for the browser; '' for other programs."""
        wanted, paths = self.requirement(run), self.files(run)
        entry = wanted.target.entry[0] if wanted and wanted.target.entry else ""
        if entry.endswith(".html") and entry in paths:
            return entry
        if any(path.endswith(".py") for path in paths):
            return ""
        return next((path for path in sorted(paths) if path.endswith(".html")), "")

    def first_line(self, run: str) -> str:
        """A line to begin with; '' if none suggests itself."""
        wanted = self.requirement(run)
        entry = wanted.target.entry[0] if wanted and wanted.target.entry else ""
        if not entry.endswith(".py"):
            return ""
        if wanted and wanted.target.kind == "module":
            return f"python3 -c 'import {PurePosixPath(entry).stem} as it; print(dir(it))'"
        return f"python3 {entry} --help"

    async def run(self, run: str, line: str, files: Mapping[str, str], stdin: str = "") -> Tried:
        """Have a shell in the sandbox do one line.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        mounts = await self._packages(run)
        path = (("PYTHONPATH", mounts[0].target),) if mounts else ()
        command = Command(
            argv=("sh", "-c", line[:LONGEST_LINE]),
            files=tuple(files.items()),
            mounts=mounts,
            stdin=stdin,
            environment=path,
            limits=CommandLimits(seconds=SECONDS),
            collect=("**/*", "*"),
            purpose="try",
        )
        done = await self._factory.sandbox().run(command)
        left = dict(_texts(done.collected))
        return Tried(
            output=done.stdout + done.stderr,
            exit_status=done.exit_status,
            exceeded=done.exceeded,
            files=left or dict(files),
        )

    async def _packages(self, run: str) -> tuple[Mount, ...]:
        needed = [found for found in self._artifacts(run) if isinstance(found, Dependencies)]
        packages = needed[-1].packages if needed else ()
        return (await self._factory.packages().install(packages),) if packages else ()

    def _artifacts(self, run: str) -> list[object]:
        published = (e.event for e in self._factory.events(run) if isinstance(e.event, MessagePublished))
        wanted = (event for event in published if event.message["artifact"]["kind"] in _READ)
        return [Message.model_validate(event.message).artifact for event in wanted]


_READ = ("Requirement", "Dependencies")


def _texts(found: object) -> list[tuple[str, str]]:
    """Those files that are text, not too many and not too long."""
    texts: list[tuple[str, str]] = []
    room = MOST_TEXT
    for path, content in found:  # type: ignore[attr-defined]
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            continue
        room -= len(text)
        if room < 0 or len(texts) >= MOST_FILES:
            break
        if not path.startswith(".") and "__pycache__" not in path:
            texts.append((path, text))
    return texts
