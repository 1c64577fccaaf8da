"""The base of every typed document that roles hand to each other."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from makery.kernel.errors import ContractViolation


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Artifact(Frozen):
    """A typed document. Subclass it to add a kind; the class itself is what roles watch."""

    _kinds: ClassVar[dict[str, type["Artifact"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        known = Artifact._kinds.get(cls.__name__)
        if known is not None and known.__module__ != cls.__module__:
            raise ContractViolation(
                f"Two artifact kinds are called {cls.__name__!r}: {known.__module__} and {cls.__module__}."
            )
        Artifact._kinds[cls.__name__] = cls

    @classmethod
    def kind(cls) -> str:
        """The name under which the ledger keeps artifacts of this class."""
        return cls.__name__

    @staticmethod
    def load(kind: str, data: Any) -> "Artifact":
        """Rebuild an artifact from the ledger.

        Raises:
            ContractViolation: no loaded package defines that kind.
        """
        try:
            cls = Artifact._kinds[kind]
        except KeyError:
            raise ContractViolation(f"No artifact kind is called {kind!r}.") from None
        return cls.model_validate(data)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated again."""
        return type(self).model_validate({**self.model_dump(), **changes})
