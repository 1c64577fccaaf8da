"""A web search, summed up with its sources."""

import re

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Answer
from makery.kernel.ports import SearchResult
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_text, load
from makery.skills.support import unsupported


class Input(Frozen):
    question: str
    results: str


class SearchAndSummarize(Skill[Input, Answer]):
    """A question (the act's option, or the requirement's text) -> an answer that quotes its sources."""

    name = "search_and_summarize"
    purpose = "search the web and sum up what was found, with sources"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return Input(question=act.option("question") or artifacts.requirement.text.strip(), results="")

    async def run(self, given: Input, tools: Toolbox) -> Answer:
        hits = await tools.search().search(given.question[:300])
        if not hits:
            return Answer(text="", sources=())
        asked = given.model_copy(update={"results": _numbered(hits)})
        completion = await ask_text(tools, load(__file__), asked, Sampling(max_tokens=500))
        text = completion.text.strip()
        doubtful = unsupported(text, [f"{hit.title} {hit.snippet}" for hit in hits])
        return Answer(text=text, sources=_quoted_sources(text, hits), unsupported=doubtful)


def _numbered(hits: list[SearchResult]) -> str:
    return "\n".join(f"[{n}] {hit.title} ({hit.url}): {hit.snippet}" for n, hit in enumerate(hits, start=1))


def _quoted_sources(text: str, hits: list[SearchResult]) -> tuple[str, ...]:
    """The addresses of the results that the text refers to, in order of first mention."""
    numbers = dict.fromkeys(int(number) for number in re.findall(r"\[(\d{1,2})\]", text))
    return tuple(hits[number - 1].url for number in numbers if 1 <= number <= len(hits))
