"""What people decided at gates, as a table with what they changed."""

import json
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from makery.app.labels import Label
from makery.interfaces.gui.rendering import code, diff, difference, page
from makery.interfaces.gui.texts import Texts


def decisions(labels: Iterable[Label], base: str, t: Texts) -> Markup:
    """The table: of an edit the difference is shown, of the others what was decided on."""
    rows = [(label, code(_text(label.before), "artifact.json"), _change(label)) for label in labels]
    return page("labels", labels=rows, base=base, t=t)


def _change(label: Label) -> Markup:
    if label.after is None or label.after == label.before:
        return Markup("")
    name = f"{label.before['kind']}.json"
    return diff(difference({name: _text(label.before)}, {name: _text(label.after)}))


def _text(artifact: dict[str, Any]) -> str:
    return json.dumps(artifact["data"], ensure_ascii=False, indent=2) + "\n"
