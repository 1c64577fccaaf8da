# ruff: noqa: E501 - the tables read better with long lines
"""Measures tool retrieval: 1,000 synthetic tools, one need for each, is the right one among the first five?

Usage: python benchmarks/tool_retrieval.py [--record]

Tools are 25 actions on 40 things. Each need names the thing by its usual name inside a sentence of its own;
half of the needs name the action by another word than the tool does. A third measure, printed beside, also
replaces the thing's name by another word.

A fourth is of another hand: sixty needs for real tools (`tool_needs.json`: MetaTool's ToolE, a third of them
in Chinese) that share no word with the tool they are for. They were drawn before the search was tuned, on
one half of them; the other half was kept aside. Synthetic tools fill those 199 up to a thousand.
"""

import argparse
import json
import re
from pathlib import Path

from record import record

from makery.kernel.tool import ToolSpec
from makery.tools.retrieval import ToolIndex

ACTIONS = {  # verb of the tool: what its description says; another way to ask for it
    "create": ("Create a new {}", "make a new {}"), "delete": ("Delete an existing {}", "get rid of a {}, remove it"),
    "get": ("Get one {} by its id", "show me that {}"), "list": ("List all {}s", "which {}s are there? give me an overview"),
    "update": ("Update the fields of a {}", "change something in a {}"), "search": ("Search {}s by text", "find a {} that mentions rain"),
    "send": ("Send a {} to somebody", "mail the {} to Tom"), "print": ("Print a {}", "put the {} on paper"),
    "export": ("Export a {} as a file", "download the {}"), "import": ("Import a {} from a file", "upload a {}"),
    "archive": ("Archive a {}", "store the {} away for later"), "approve": ("Approve a pending {}", "accept the {}"),
    "reject": ("Reject a pending {}", "turn down the {}, decline it"), "assign": ("Assign a {} to a person", "hand the {} over to Ann"),
    "rename": ("Rename a {}", "give the {} another name"), "share": ("Share a {} with other users", "invite others to the {}"),
    "compare": ("Compare two {}s", "what is the difference between these {}s?"), "count": ("Count the {}s", "how many {}s in total?"),
    "validate": ("Validate a {}", "verify that the {} is right"), "summarize": ("Summarize a {}", "give me a digest of the {}"),
    "translate": ("Translate a {} into another language", "turn the {} into French"), "merge": ("Merge two {}s", "combine both {}s"),
    "schedule": ("Schedule a {} for a date", "plan the {} for Monday"), "start": ("Start a {}", "launch the {}"),
    "stop": ("Stop a running {}", "halt the {}"),
}  # fmt: skip
THINGS = {  # name: another word for it
    "invoice": "bill", "customer": "client", "meeting": "appointment", "ticket": "issue", "contract": "agreement",
    "photo": "picture", "playlist": "song collection", "recipe": "cooking instruction", "flight": "plane trip", "hotel": "lodging",
    "shipment": "parcel", "warehouse": "depot", "salary": "pay", "employee": "staff member", "vacancy": "open job",
    "course": "class", "exam": "test paper", "student": "pupil", "book": "volume", "library": "reading room",
    "sensor": "probe", "alarm": "alert", "backup": "safety copy", "server": "machine", "database": "data store",
    "branch": "line of code", "release": "version", "container": "box image", "pipeline": "build chain", "password": "secret word",
    "newsletter": "circular", "campaign": "promotion", "survey": "questionnaire", "podcast": "audio show", "video": "film clip",
    "prescription": "medicine order", "patient": "sick person", "vaccine": "jab", "harvest": "crop yield", "tractor": "farm vehicle",
}  # fmt: skip


def tools() -> list[ToolSpec]:
    """Give the thousand tools."""
    nothing = {"type": "object", "properties": {"id": {"type": "string", "description": "which one"}}}
    return [
        ToolSpec(name=f"{thing}_{verb}", description=told.format(thing) + ".", parameters=nothing)
        for thing in THINGS
        for verb, (told, _) in ACTIONS.items()
    ]


def needs(kind: str) -> list[tuple[str, str]]:
    """Give a need and the name of its tool, for each tool: in `same`, `other verb` or `other words`."""
    found: list[tuple[str, str]] = []
    for thing, other in THINGS.items():
        for verb, (told, asked) in ACTIONS.items():
            words = told if kind == "same" else asked
            named = other if kind == "other words" else thing
            found.append(
                (f"Could you please do this for me today: {words.format(named)}?", f"{thing}_{verb}")
            )
    return found


COMMAND = "python benchmarks/tool_retrieval.py --record"
NEEDS = Path(__file__).with_name("tool_needs.json")


def drawn(half: str, language: str) -> list[tuple[str, str]]:
    """Give the needs of another hand and their tools: of one half (`tuning`, `aside`), in one language."""
    rows = json.loads(NEEDS.read_text(encoding="utf-8"))["needs"]
    return [
        (row["need"], _named(row["tool"]))
        for row in rows
        if row["half"] == half and row["language"] == language
    ]


def thousand() -> list[ToolSpec]:
    """Give the tools of the other hand, and synthetic ones up to a thousand."""
    told = json.loads(NEEDS.read_text(encoding="utf-8"))["tools"]
    nothing = {"type": "object", "properties": {}}
    real = [ToolSpec(name=_named(name), description=text, parameters=nothing) for name, text in told.items()]
    return [*real, *tools()[: 1000 - len(real)]]


def _named(name: str) -> str:
    return re.sub(r"\W", "_", name)


def top_five(index: ToolIndex, asked: list[tuple[str, str]]) -> float:
    """Give the share of needs whose tool is among the first five."""
    return sum(name in [spec.name for spec in index.find(need)] for need, name in asked) / len(asked)


def other_hand(keep: bool) -> None:
    """Print, and with `keep` record, the shares for the needs of another hand."""
    index = ToolIndex(thousand())
    for half in ("tuning", "aside"):
        asked = {language: drawn(half, language) for language in ("en", "zh")}
        for language, pairs in asked.items():
            print(f"no word shared, {half} half, {language}: {top_five(index, pairs):.3f} of {len(pairs)}")
        every = [pair for pairs in asked.values() for pair in pairs]
        share = top_five(index, every)
        print(f"no word shared, {half} half: {share:.3f} of {len(every)}")
        if keep:
            record(f"tools.top5_no_word_{half}", round(share, 3), "share", n=len(every), command=COMMAND)


def main() -> None:
    """Print the shares; with --record keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true")
    keep = parser.parse_args().record
    index = ToolIndex(tools())
    shares = {kind: top_five(index, needs(kind)) for kind in ("same", "other verb", "other words")}
    mixed = [
        pair for same, other in zip(needs("same"), needs("other verb"), strict=True) for pair in (same, other)
    ]
    shares["same and other verb"] = top_five(index, mixed)
    for kind, share in shares.items():
        print(f"{kind}: {share:.3f}")
    if keep:
        record("tools.top5", round(shares["same and other verb"], 3), "share", n=len(mixed), command=COMMAND)
        record("tools.top5_other_words", round(shares["other words"], 3), "share", n=1000, command=COMMAND)
    other_hand(keep)


if __name__ == "__main__":
    main()
