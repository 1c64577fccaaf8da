"""The content key of a model call."""

import hashlib
import json

from makery.kernel.completion import ModelCall


def digest(model: str, call: ModelCall) -> str:
    """64 hex digits that are equal for calls which ask the same of the same model.

    Run, act, role, and the template's name are not part of it: what counts is the text that is sent.
    """
    content = [
        model,
        call.prompt.system,
        call.prompt.user,
        call.output_schema,
        call.max_tokens,
        call.temperature,
        call.seed,
        list(call.stop),
        call.sample,
    ]
    if call.tools:
        content.append([tool.model_dump() for tool in call.tools])
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
