"""What documentation shows is run: Python blocks with the scripted model, commands against the CLI."""

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "CONTRIBUTING.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[list[str]]:
    """The command lines of a page's `sh` blocks, without comments."""
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


# ------------------------------------------------------------------------- Python blocks


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize("page", READMES)
def test_the_readme_example_builds_a_program_as_it_stands(
    page, scripted_factory, monkeypatch, tmp_path, capsys
):
    import makery

    monkeypatch.setattr(makery, "Factory", scripted_factory)
    monkeypatch.chdir(tmp_path)
    (example,) = blocks(page, "python")
    namespace: dict[str, object] = {}
    exec(compile(example, page, "exec"), namespace)
    verdict, workspace = capsys.readouterr().out.splitlines()
    assert re.match(r"(verified|partly verified|not verified): \d+ of \d+ clauses checked", verdict)
    assert (Path(workspace) / ".git").is_dir()
    assert (Path(workspace) / ".makery" / "verdict.json").is_file()


def test_the_skill_of_the_writing_skills_page_works_and_its_test_passes(tmp_path, monkeypatch):
    (template,) = blocks("docs/writing-skills.md", "text")
    skill, its_test = blocks("docs/writing-skills.md", "python")
    (tmp_path / "greet.md").write_text(template, encoding="utf-8")
    (tmp_path / "greet.py").write_text(skill, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    exec(compile(f"from greet import Greet\n{its_test}", "writing-skills.md", "exec"), {})


def test_the_blocks_of_the_testing_page_run():
    for block in blocks("docs/testing.md", "python"):
        exec(compile(block, "testing.md", "exec"), {})


def test_every_page_with_python_blocks_is_among_those_that_are_run():
    run = {*READMES, "docs/writing-skills.md", "docs/testing.md"}
    assert {page for page in PAGES if blocks(page, "python")} == run


@pytest.mark.parametrize("block", blocks("docs/models.md", "toml"))
def test_settings_in_the_documentation_are_accepted(block, tmp_path):
    from makery.app.settings_sources import load_settings

    (tmp_path / "makery.toml").write_text(textwrap.dedent(block), encoding="utf-8")
    load_settings({}, folder=tmp_path)


# ------------------------------------------------------------------------------ commands


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_shows_exists(page):
    for words in commands(page):
        match words[0]:
            case "makery":
                assert_makery_understands(words[1:])
            case "make":
                assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8"), words
            case "python":
                assert (ROOT / words[1]).is_file(), words
            case _:
                pytest.fail(f"{page} shows a command that nobody checks: {words}")


def assert_makery_understands(words: list[str]) -> None:
    from makery.interfaces.cli.main import app

    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if command.name == "eval" and words and not words[0].startswith("-"):
        command = command.commands["run"]  # type: ignore[attr-defined]  # a suite's name stands for it
    known = {option for parameter in command.params for option in parameter.opts}
    bare = not words or not words[0].startswith("-")
    unknown = [word for word in words if word.startswith("-") and word not in known]
    assert not unknown, f"{command.name}: no option {unknown}"
    if getattr(command, "commands", None):
        assert words and bare and " " in words[0], f"{words[:1]} is no command of {command.name}"


def test_both_readmes_show_the_same_commands():
    english, chinese = ([words[:2] for words in commands(page)] for page in READMES)
    assert [words[0] for words in english] == [words[0] for words in chinese]
    assert len(english) == len(chinese)


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_of_the_repository_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
