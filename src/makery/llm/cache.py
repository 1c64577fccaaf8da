"""The exact cache: equal calls are paid for once."""

from typing import Protocol

from makery.kernel.completion import Completion


class CompletionCache(Protocol):
    """Keeps completions under the digest of their call."""

    def get(self, digest: str, /) -> Completion | None:
        """The completion kept under that digest, or None.

        Raises:
            StorageFailure: the store cannot be read.
        """
        ...

    def put(self, digest: str, completion: Completion, /) -> None:
        """Keep a completion.

        Raises:
            StorageFailure: the store cannot be written.
        """
        ...


class MemoryCache:
    """A `CompletionCache` that lasts as long as its process."""

    def __init__(self) -> None:
        self._kept: dict[str, Completion] = {}

    def get(self, digest: str, /) -> Completion | None:
        """The completion kept under that digest, or None."""
        return self._kept.get(digest)

    def put(self, digest: str, completion: Completion, /) -> None:
        """Keep a completion."""
        self._kept[digest] = completion
