"""Makes src/makery/tools/thesaurus.txt: which words mean the same, in English and Chinese.

Usage: python scripts/make_thesaurus.py WORDNET_FOLDER COW_FILE

WORDNET_FOLDER holds the database of WordNet 3.0 (Debian's package `wordnet-base` brings it), COW_FILE is
`wns/cow/wn-data-cmn.tab` of github.com/omwn/omw-data. Kept are the meanings that occur in WordNet's
counted texts, each with those of its words for which that meaning is common: a line each, words with `_`.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "src" / "makery" / "tools" / "thesaurus.txt"
PARTS = {"noun": "n", "verb": "v", "adj": "a"}
COMMON_SENSES = 3
"""A word is kept for its first so many meanings."""
MOST_CHINESE = 5
"""Characters of a Chinese word."""
HEAD = (
    "# Words that mean the same, one meaning a line. Made by scripts/make_thesaurus.py from WordNet 3.0",
    "# (Copyright 2006 by Princeton University, WordNet 3.0 license) and the Chinese Open Wordnet",
    "# (Copyright 2013, 2014 Francis Bond and Shan Wang): the licenses are in thesaurus_license.txt.",
)


def main() -> None:
    """Write the file."""
    folder, chinese = Path(sys.argv[1]), _chinese(Path(sys.argv[2]))
    lines = {line for part, letter in PARTS.items() for line in _lines(folder, part, letter, chinese)}
    OUT.write_text("\n".join((*HEAD, *sorted(lines))) + "\n", encoding="utf-8")
    print(f"{len(lines)} meanings")


def _lines(folder: Path, part: str, letter: str, chinese: dict[str, list[str]]) -> list[str]:
    found: list[str] = []
    words: dict[str, list[str]] = defaultdict(list)
    counted: set[str] = set()
    for line in (folder / f"index.{part}").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            continue
        fields = line.split()
        senses = fields[-int(fields[2]) :]
        counted |= set(senses[: int(fields[-int(fields[2]) - 1])])  # the tagged ones come first
        for sense in senses[:COMMON_SENSES]:
            words[sense].append(fields[0])
    for sense in sorted(counted):
        told = [word for word in words[sense] if re.fullmatch(r"[a-z_-]+", word)]
        told += chinese.get(f"{sense}-{letter}", [])
        if len(told) > 1:
            found.append(" ".join(told))
    return found


def _chinese(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        sense, kind, *word = line.split("\t")
        if kind == "cmn:lemma" and 1 < len(word[0]) <= MOST_CHINESE:
            bare = re.sub(r"[+的地]*$", "", word[0])
            if re.fullmatch(r"[\u3400-\u9fff]{2,}", bare):
                found[sense].append(bare)
    return {sense: list(dict.fromkeys(words)) for sense, words in found.items()}


if __name__ == "__main__":
    main()
