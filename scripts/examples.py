"""Replays the recorded runs in examples/ without a model and compares what comes out, byte for byte.

Usage: python scripts/examples.py [NAME ...]        (all of them without a name)

Exit status 0: everything came out as recorded; 1: something differs, or there is nothing to replay.
An example is a folder with

    requirement.md    what was asked for
    recording.jsonl   every answer of the model
    expected/         the program's files
    verdict.json      what was proved
    about.json        model, mode, date, seconds, exit_status, options of `makery build`
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
MAKERY = Path(sys.executable).with_name("makery")
PARTS = ("requirement.md", "recording.jsonl", "expected", "verdict.json", "about.json")
NOT_THE_PROGRAM = (".git", ".makery")
"""Top-level folders of a delivery that hold its history and its papers."""
PATIENCE = 600
"""Seconds after which a replay counts as hung."""


@dataclass(frozen=True)
class Example:
    """A recorded run."""

    folder: Path

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.folder.name

    @property
    def missing(self) -> list[str]:
        """The parts that are not there."""
        return [part for part in PARTS if not (self.folder / part).exists()]

    @property
    def about(self) -> dict[str, object]:
        """How it was recorded."""
        return json.loads((self.folder / "about.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Replay:
    """What came out, as differences from what was recorded; none is right."""

    example: Example
    seconds: float
    differences: tuple[str, ...]


def is_package(folder: Path) -> bool:
    """Whether a folder is a plug-in to start from, not a recorded run."""
    return (folder / "pyproject.toml").is_file()


def all_examples(names: Sequence[str] = (), folder: Path = EXAMPLES) -> list[Example]:
    """Give the examples of those names, or all, in alphabetical order."""
    found = names or sorted(path.name for path in folder.glob("*/") if path.is_dir() and not is_package(path))
    return [Example(folder / name) for name in found]


def replay(example: Example, makery: Path = MAKERY) -> Replay:
    """Run an example from its recording, in a home and a folder of its own, and compare."""
    if example.missing:
        return Replay(example, 0.0, (f"{', '.join(example.missing)} missing",))
    started = monotonic()
    with TemporaryDirectory(prefix="makery-example-") as name:
        out = Path(name) / "out"
        ended = _build(example, out, makery)
        differences = tuple(_differences(example, out, ended))
    return Replay(example, monotonic() - started, differences)


def program_files(folder: Path) -> dict[str, bytes]:
    """Give the content of a delivered program's files by path."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    relative = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in sorted(relative.items())
        if name.parts[0] not in NOT_THE_PROGRAM and "__pycache__" not in name.parts
    }


def _build(example: Example, out: Path, makery: Path) -> subprocess.CompletedProcess[str]:
    options = example.about.get("options", [])
    argv = [str(makery), "build", "-f", str(example.folder / "requirement.md"), "-o", str(out)]
    argv += ["--replay", str(example.folder / "recording.jsonl"), "--yes", *map(str, options)]  # type: ignore[call-overload]
    return subprocess.run(
        argv,
        cwd=out.parent,
        env=own_environment(out.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )


def own_environment(home: Path) -> dict[str, str]:
    """Give an environment in which no setting and no data of the user counts."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    folders = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    return {**kept, "HOME": str(home), **{name: str(home / name.lower()) for name in folders}}


def _differences(example: Example, out: Path, ended: subprocess.CompletedProcess[str]) -> Iterator[str]:
    expected_status = example.about.get("exit_status")
    if ended.returncode != expected_status:
        last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-3:]
        yield f"exit status {ended.returncode}, recorded {expected_status}: {' / '.join(last)}"
    expected, found = program_files(example.folder / "expected"), program_files(out)
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            yield f"{path} did not come out"
        elif path not in expected:
            yield f"{path} came out, but was not recorded"
        elif expected[path] != found[path]:
            yield f"{path} differs"
    verdict = out / ".makery" / "verdict.json"
    if not verdict.is_file():
        yield "verdict.json did not come out"
    elif verdict.read_bytes() != (example.folder / "verdict.json").read_bytes():
        yield "verdict.json differs"


def _row(done: Replay) -> str:
    about = {} if done.example.missing else done.example.about
    result = "same" if not done.differences else "DIFFERS"
    columns = (done.example.name, about.get("mode", ""), about.get("verdict", ""), about.get("model", ""))
    name, mode, verdict, model = map(str, columns)
    return f"{name:<24} {mode:<8} {verdict:<16} {done.seconds:6.1f} s  {result:<8} {model}"


def main(names: Sequence[str]) -> int:
    """Print a table; give the exit status."""
    examples = all_examples(names)
    if not examples:
        print(f"There is no example in {EXAMPLES.name}/; scripts/record_example.py makes one.")
        return 1
    print(f"{'example':<24} {'mode':<8} {'verdict':<16} {'replay':>8}  {'result':<8} recorded with")
    different = 0
    for example in examples:
        done = replay(example)
        print(_row(done), flush=True)
        for difference in done.differences:
            print(f"    {difference}")
        different += bool(done.differences)
    print(f"{len(examples) - different} came out as recorded, {different} did not.")
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
