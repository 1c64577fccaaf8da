"""The page about the API is what the OpenAPI document says."""

import json


def test_the_api_page_is_what_the_openapi_document_says(script, root):
    reference = script("scripts/api_reference.py")
    stale = reference.page() != (root / "docs" / "api.md").read_text(encoding="utf-8")
    assert not stale, "docs/api.md is stale: run `python scripts/api_reference.py`"


def test_every_operation_is_on_the_page_and_every_order_has_an_example(script, root):
    found = script("scripts/api_reference.py").document()
    text = (root / "docs" / "api.md").read_text(encoding="utf-8")
    for path, methods in found["paths"].items():
        for method in methods:
            assert f"### {method.upper()} {path}\n" in text
    orders = {
        "NewRun",
        "NewTeamRun",
        "ForkedRun",
        "ContinuedRun",
        "Answer",
        "NewTeam",
        "NewKey",
        "NewWebhook",
    }
    for name in (*orders, "RunDetail", "Problem"):
        assert f"### {name}\n" in text
    lacking = [name for name in orders if not found["components"]["schemas"][name].get("examples")]
    assert lacking == []
    assert "example" in json.dumps(found["paths"]["/relay/v1/chat/completions"])
