"""The git binary, deaf to the user's configuration, hooks and signing keys."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from makery.kernel.errors import EnvironmentFailure, StorageFailure

AUTHOR = "Makery"
EMAIL = "makery@localhost"

_SETTINGS = {
    "advice.detachedHead": "false",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "gc.auto": "0",
    "init.defaultBranch": "main",
    "init.templateDir": "",
    "maintenance.auto": "false",
}
"""Given with -c, the strongest scope: a repository's own configuration must not start programs either."""

_SECONDS = 120


class Git:
    """Runs git in one folder.

    Args:
        root: the repository's working folder.
        date: author and committer date of all commits, as git reads it (`2026-01-31T12:00:00Z`);
            empty for now. A fixed date makes commit ids reproducible.
    """

    def __init__(self, root: Path, *, date: str = "") -> None:
        self.root = root
        self._date = date

    def run(self, *arguments: str) -> str:
        """Standard output of `git ARGUMENTS`.

        Raises:
            EnvironmentFailure: git is not installed.
            StorageFailure: git failed; the message has what it said.
        """
        ended = self._start(arguments)
        if ended.returncode:
            said = (ended.stderr or ended.stdout).strip() or f"exit status {ended.returncode}"
            raise StorageFailure(
                f"git {arguments[0]} failed in {str(self.root)!r}: {said}", remedy=_remedy(said, self.root)
            )
        return ended.stdout

    def succeeds(self, *arguments: str) -> bool:
        """Whether `git ARGUMENTS` ends with status 0.

        Raises:
            EnvironmentFailure: git is not installed.
        """
        return self._start(arguments).returncode == 0

    def _start(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        # The user named this folder, so git's question whether its owner is trusted is answered.
        settings = {**_SETTINGS, "safe.directory": str(self.root.resolve())}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        try:
            return subprocess.run(
                [_binary(), *options, *arguments],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StorageFailure(
                f"git {arguments[0]} did not end within {_SECONDS} seconds in {str(self.root)!r}.",
                remedy="Is the folder on a network drive that hangs?",
            ) from None
        except OSError as error:
            raise StorageFailure(f"git cannot work in {str(self.root)!r}: {error.strerror}.") from error

    def _environment(self) -> Mapping[str, str]:
        fixed = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": EMAIL,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": EMAIL,
        }
        dates = {"GIT_AUTHOR_DATE": self._date, "GIT_COMMITTER_DATE": self._date} if self._date else {}
        return {**fixed, **dates}


def _binary() -> str:
    found = shutil.which("git")
    if found is None:
        raise EnvironmentFailure(
            "git is not installed, and every run keeps its steps in a git repository.",
            remedy="Install it, for instance: sudo apt-get install git",
        )
    return found


def _remedy(said: str, root: Path) -> str:
    if "No space left" in said:
        return "Free some disk space, then continue the run."
    if "Permission denied" in said or "Read-only" in said:
        return f"Make {str(root)!r} writable, or choose another folder with -o."
    if "index.lock" in said:
        return "Another git is at work there, or one died: end it, or remove .git/index.lock."
    return ""
