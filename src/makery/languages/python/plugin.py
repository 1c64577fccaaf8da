"""The `Language` port for Python."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from typing import Literal

from makery.kernel.documents import Finding, Target
from makery.kernel.ports import Mutant, Sandbox
from makery.languages.python import findings as checks
from makery.languages.python.mend import mend
from makery.languages.python.merge import merge
from makery.languages.python.mutants import mutants
from makery.languages.python.names import module_name
from makery.languages.python.stub import stub


class PythonLanguage:
    """Python programs. `packages` are third-party modules that are installed for the program."""

    name = "python"

    def __init__(self, sandbox: Sandbox, *, packages: Collection[str] = ()) -> None:
        self._sandbox = sandbox
        self._packages = frozenset(packages)

    def guide(self, topic: Literal["code", "checks"], target: Target) -> str:
        """Advice of at most 25 lines for writing code or checks of the target's kind."""
        folder = resources.files("makery.languages.python") / "guides"
        text = (folder / f"{topic}_{target.kind}.md").read_text(encoding="utf-8")
        entry = target.entry[0] if target.entry else "main.py"
        return text.replace("ENTRY", entry).replace("MODULE", module_name(entry))

    def mend(self, files: Mapping[str, str]) -> dict[str, str]:
        """The files with stray text, missing well-known imports and a missing call of `main` put right."""
        return mend(files)

    async def findings(self, files: Mapping[str, str], target: Target) -> tuple[Finding, ...]:
        """Static checks, the fatal ones first.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        found = checks.static_findings(files, target, self._packages)
        broken = {finding.path for finding in found if finding.rule == "syntax"}
        readable = {path: text for path, text in files.items() if path not in broken}
        linted = await checks.lint(self._sandbox, readable)
        return tuple(sorted([*found, *linted], key=lambda finding: not finding.fatal))

    def stub(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same files and names; functions return None, starting the program does nothing."""
        return stub(files)

    def mutants(self, files: Mapping[str, str], *, most: int) -> Sequence[Mutant]:
        """Copies broken in one place each, spread over the program; the same for the same input."""
        return mutants(files, most=most)

    def merge(self, files: Mapping[str, str], snippet: str) -> dict[str, str]:
        """The files with those definitions replaced that the snippet defines anew.

        Raises:
            MalformedOutput: the snippet fits nowhere.
        """
        return merge(files, snippet)

    def instructions(self, files: Mapping[str, str], target: Target) -> str:
        """`python todo.py`, or how to import a module."""
        entry = target.entry[0] if target.entry else next(iter(files), "main.py")
        if target.kind == "module":
            return f'python -c "import {module_name(entry)}"'
        port = " --port 8000" if target.kind == "http" else ""
        return f"python {shlex.quote(entry)}{port}"
