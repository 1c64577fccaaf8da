"""The same page with no behaviour: what a check that passes on it does not prove."""

from collections.abc import Mapping

from makery.languages.web.page import EVENT_ATTRIBUTE, SCRIPT, pages, scripts


def stub(files: Mapping[str, str]) -> dict[str, str]:
    """The files with markup and style, and without any script.

    Emptying each function instead would keep top-level code running on their missing results, and its
    errors would fail checks for the wrong reason; without scripts a check fails if it needs behaviour.
    """
    emptied = dict.fromkeys(scripts(files), "")
    for path, text in pages(files).items():
        without = SCRIPT.sub(lambda match: f"{match.group(1)}{match.group(3)}", text)
        emptied[path] = EVENT_ATTRIBUTE.sub("", without)
    return {path: emptied.get(path, text) for path, text in files.items()}
