"""Share of the prompt tokens that the model server took from its prefix cache, from a ledger export.

Usage: python benchmarks/prefix_cache.py LEDGER [LEDGER ...] [--record NAME]

LEDGER is a live run's DIR/.makery/ledger.jsonl. Only calls that a model answered count: those from
Makery's own cache or from a recording read no prompt.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from ledger import entries, events

from makery.kernel.completion import Usage
from makery.kernel.events import ModelCalled


def usage_by_skill(ledgers: Iterable[Path]) -> Mapping[str, Usage]:
    """Give the tokens of the calls that a model answered, by skill."""
    found: defaultdict[str, Usage] = defaultdict(Usage)
    for ledger in ledgers:
        for _, call in events(entries(ledger), ModelCalled):
            if call.source == "model":
                found[call.purpose.skill or "-"] += call.usage
    return found


def share(usage: Usage) -> float:
    """Give the cached part of the prompt tokens, from 0 to 1; 0 without any."""
    return usage.cached_tokens / usage.prompt_tokens if usage.prompt_tokens else 0.0


def main() -> None:
    """Print the share of each skill and of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ledgers", type=Path, nargs="+", metavar="LEDGER")
    parser.add_argument("--record", metavar="NAME", help="keep the share of all in summary.json")
    given = parser.parse_args()
    by_skill = usage_by_skill(given.ledgers)
    total = sum(by_skill.values(), Usage())
    for skill, usage in sorted(by_skill.items()):
        print(f"{skill:<24} {usage.prompt_tokens:>9} prompt tokens, {share(usage):6.1%} cached")
    print(f"{'all':<24} {total.prompt_tokens:>9} prompt tokens, {share(total):6.1%} cached")
    if given.record:
        from record import record

        command = f"python benchmarks/prefix_cache.py {' '.join(ledger.name for ledger in given.ledgers)}"
        unit = "share of prompt tokens"
        record(given.record, round(share(total), 4), unit, n=total.prompt_tokens, command=command)


if __name__ == "__main__":
    main()
