"""The command-line page is what the commands say."""


def test_the_command_line_page_is_what_help_says(script, root):
    reference = script("scripts/cli_reference.py")
    stale = reference.page() != (root / "docs" / "cli.md").read_text(encoding="utf-8")
    assert not stale, "docs/cli.md is stale: run `python scripts/cli_reference.py`"


def test_every_command_of_the_product_is_on_the_page(root):
    text = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    promised = (
        "build", "change", "runs list", "runs show", "models list", "models pull", "models test",
        "skills list", "skills show", "skills run", "roles list", "doctor", "init",
    )  # fmt: skip
    assert [command for command in promised if f" makery {command}\n" not in text] == []
