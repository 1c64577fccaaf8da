"""A language that is not really one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from makery.kernel.documents import Finding, Target
from makery.kernel.errors import InputError, MalformedOutput
from makery.kernel.ports import Mutant


@dataclass(frozen=True)
class FakeLanguage:
    """The `Language` port with fixed answers: nothing to mend, nothing found unless said so here."""

    name: str = "python"
    found: tuple[Finding, ...] = ()

    def guide(self, topic: Literal["code", "checks"], target: Target) -> str:
        """A line that names topic and language."""
        return f"How to write {topic} in {self.name}."

    def mend(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same files."""
        return dict(files)

    async def findings(self, files: Mapping[str, str], target: Target) -> tuple[Finding, ...]:
        """The findings given at construction."""
        return self.found

    def stub(self, files: Mapping[str, str]) -> dict[str, str]:
        """The same paths, all empty."""
        return dict.fromkeys(files, "")

    def mutants(self, files: Mapping[str, str], *, most: int) -> Sequence[Mutant]:
        """One mutant a file, with a comment appended."""
        broken = [
            Mutant(place=f"{path}:1", files=tuple({**files, path: f"{text}\n# broken"}.items()))
            for path, text in sorted(files.items())
        ]
        return broken[:most]

    def merge(self, files: Mapping[str, str], snippet: str) -> dict[str, str]:
        """The snippet appended to the first file, where its definitions take the place of earlier ones.

        Raises:
            MalformedOutput: there is no file.
        """
        if not files:
            raise MalformedOutput("There is no file to merge the snippet into.", text=snippet)
        first = min(files)
        return {**files, first: f"{files[first]}\n{snippet}"}

    def instructions(self, files: Mapping[str, str], target: Target) -> str:
        """The entry file's name after the language's."""
        return f"{self.name} {' '.join(target.entry[:1])}".strip()


@dataclass(frozen=True)
class FakeLanguages:
    """The `Languages` port: one fake for every target, unless `only` names the known ones."""

    language: FakeLanguage = FakeLanguage()
    only: tuple[str, ...] = ()

    def of(self, target: Target, /) -> FakeLanguage:
        """The fake.

        Raises:
            InputError: `only` is given and does not hold the target's language.
        """
        if self.only and target.language not in self.only:
            raise InputError(f"No plug-in for language {target.language!r}.")
        return self.language
