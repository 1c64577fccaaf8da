"""The `Language` port for browser programs."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Literal

from makery.kernel.documents import Finding, Target
from makery.kernel.ports import Mutant, Sandbox
from makery.languages.web.findings import static_findings, syntax
from makery.languages.web.mend import mend
from makery.languages.web.merge import merge
from makery.languages.web.mutants import mutants
from makery.languages.web.stub import stub


class WebLanguage:
    """Pages of HTML, CSS and JavaScript that work without a network."""

    name = "web"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def guide(self, topic: Literal["code", "checks"], target: Target) -> str:
        """Advice of at most 25 lines for writing code or checks of a page."""
        folder = resources.files("makery.languages.web") / "guides"
        text = (folder / f"{topic}_web.md").read_text(encoding="utf-8")
        return text.replace("ENTRY", target.entry[0] if target.entry else "index.html")

    def mend(self, files: Mapping[str, str]) -> dict[str, str]:
        """The files without stray fences and prose, and pages that load the scripts beside them."""
        return mend(files)

    async def findings(self, files: Mapping[str, str], target: Target) -> tuple[Finding, ...]:
        """Static checks, the fatal ones first.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        found = [*static_findings(files, target), *await syntax(self._sandbox, files)]
        return tuple(sorted(found, key=lambda finding: not finding.fatal))

    def stub(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same files without scripts."""
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
        """What to open."""
        return f"open {target.entry[0] if target.entry else next(iter(files), 'index.html')}"
