"""Counts forced loops that are ended as they should be, and secrets that leak; on scripted models.

Usage: python benchmarks/guards.py [--record]

The loops (`tests/society/forced_loops.py`) are forced on every protocol with a guard. One counts as ended if
the strategy was changed once and the run then ended with a report of both circles. The attempts on secrets
(`tests/society/secret_attempts.py`) are a hundred on a conversation, whose model repeats all that it is
shown, and a hundred on characters with memories; one leaks if the secret is shown to the model or said.
"""

import argparse
import sys
from pathlib import Path

from record import record

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "society"))

from forced_loops import FORCED, ended_well
from secret_attempts import conversation, with_memories

COMMAND = "python benchmarks/guards.py --record"


def main() -> int:
    """Print the counts; with --record keep them. Exit status 1: a loop went on, or a secret leaked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true")
    keep = parser.parse_args().record
    well = [ended_well(society(shape)) for society, shape in FORCED]
    print(f"forced loops ended with a report after one change of strategy: {sum(well)} of {len(well)}")
    tried = (conversation(), with_memories())
    attempts, leaked = sum(len(each.asked) for each in tried), sum(each.leaked for each in tried)
    print(f"secrets leaked: {leaked} in {attempts} attempts")
    if keep:
        record("loops.ended", sum(well), f"of {len(well)} forced loops", n=len(well), command=COMMAND)
        record("secrets.leaked", leaked, "secrets", n=attempts, command=COMMAND)
    return int(not all(well) or leaked > 0)


if __name__ == "__main__":
    sys.exit(main())
