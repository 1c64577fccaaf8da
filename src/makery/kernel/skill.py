"""One thing a role can do: input artifacts in, one artifact out."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast, get_args

from makery.kernel.absent import Nobody, NoNotebook, NoTools
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.cells import Notebook
from makery.kernel.completion import Purpose
from makery.kernel.documents import Requirement
from makery.kernel.ports import (
    Languages,
    Models,
    PackageIndex,
    People,
    Sandbox,
    SearchEngine,
    SpeechEngine,
    Toolset,
    Verifier,
    Workspace,
)
from makery.kernel.role import Role


@dataclass(frozen=True)
class Toolbox:
    """What a skill may use: ports only, and on whose behalf."""

    models: Models
    sandbox: Sandbox
    languages: Languages
    verifier: Verifier
    packages: PackageIndex
    search: Callable[[], SearchEngine]
    """Called when needed; raises `SettingsError` if none is set up."""
    speech: Callable[[], SpeechEngine]
    workspace: Workspace
    toolset: Toolset = field(default_factory=NoTools)
    """What the role may have done outside."""
    people: People = field(default_factory=Nobody)
    """Who may be asked."""
    notebook: Notebook = field(default_factory=NoNotebook)
    """Where code is run cell by cell."""
    role: Role | None = None
    """The role that acts; its goal and constraints go into the prompt."""
    purpose: Purpose = field(default_factory=Purpose)


In = TypeVar("In", bound=Frozen)
Out = TypeVar("Out", bound=Artifact)


class Skill(ABC, Generic[In, Out]):
    """Subclass it in a module of its own, with a prompt template of the same name beside it.

    `Input` holds exactly what the skill reads; `gather` picks it from the artifacts that an act names.
    """

    name: ClassVar[str]
    purpose: ClassVar[str]
    """One line for `makery skills list`."""

    @classmethod
    def produces(cls) -> type[Artifact]:
        """The artifact class that the skill's type arguments name."""
        return cast(type[Artifact], cls._argument(1))

    @classmethod
    def takes(cls) -> type[Frozen]:
        """The input class that the skill's type arguments name."""
        return cast(type[Frozen], cls._argument(0))

    @classmethod
    def _argument(cls, index: int) -> Any:
        for base in getattr(cls, "__orig_bases__", ()):
            if get_args(base):
                return get_args(base)[index]
        raise TypeError(f"{cls.__name__} must subclass Skill[Input, Output]")

    @abstractmethod
    def gather(self, act: Act, artifacts: "Inputs") -> In:
        """Pick the input from the artifacts that the act names."""

    @abstractmethod
    async def run(self, given: In, tools: Toolbox) -> Out:
        """Do it.

        Raises:
            MakeryError: as the ports that are used say.
        """


A = TypeVar("A", bound=Artifact)


class Inputs(tuple[Artifact, ...]):
    """The artifacts of an act, in the order it names them."""

    def all(self, kind: type[A]) -> tuple[A, ...]:
        """All of a kind."""
        return tuple(artifact for artifact in self if isinstance(artifact, kind))

    def last(self, kind: type[A]) -> A | None:
        """The last of a kind, or None."""
        found = self.all(kind)
        return found[-1] if found else None

    def one(self, kind: type[A]) -> A:
        """The last of a kind.

        Raises:
            LookupError: there is none: the protocol named the wrong inputs.
        """
        found = self.last(kind)
        if found is None:
            raise LookupError(f"no {kind.__name__} among the act's inputs")
        return found

    @property
    def requirement(self) -> Requirement:
        """The requirement, which every skill of software making gets."""
        return self.one(Requirement)
