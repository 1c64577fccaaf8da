"""What `makery --help` costs beside the `--help` of an empty Typer app, started turn by turn.

Usage: python benchmarks/help_cost.py [--rounds N] [--record]

Prints the median of each and their ratio. Turn by turn, so that a busy machine slows both alike.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

EMPTY_APP = '''\
import typer

app = typer.Typer()


@app.command()
def main() -> None:
    """An empty app."""


app()
'''


def seconds(argv: Sequence[str]) -> float:
    """Give the wall time of one run of a command, in seconds."""
    started = perf_counter()
    subprocess.run(argv, capture_output=True, check=True)
    return perf_counter() - started


def measure(rounds: int) -> tuple[float, float]:
    """Give the medians of `makery --help` and of the empty app's, in seconds."""
    with TemporaryDirectory(prefix="makery-bench-") as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_APP, encoding="utf-8")
        ours = (str(Path(sys.executable).with_name("makery")), "--help")
        theirs = (sys.executable, str(empty), "--help")
        seconds(ours), seconds(theirs)  # bytecode and file caches
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def main() -> None:
    """Print the two times and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--record", action="store_true", help="keep the ratio in summary.json")
    given = parser.parse_args()
    ours, theirs = measure(given.rounds)
    ratio = ours / theirs
    print(f"makery --help {ours * 1000:.0f} ms, empty Typer app {theirs * 1000:.0f} ms, ratio {ratio:.2f}")
    if given.record:
        from record import record

        command = f"python benchmarks/help_cost.py --rounds {given.rounds}"
        record("help_cost", round(ratio, 3), "ratio to an empty Typer app", n=given.rounds, command=command)


if __name__ == "__main__":
    main()
