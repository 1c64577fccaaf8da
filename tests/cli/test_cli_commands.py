"""The commands that look things up, set things up and try things out."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from app_standins import REQUIREMENT
from typer.testing import Result

from makery.kernel.errors import AuthenticationFailed, SandboxUnavailable

Makery = Callable[..., Result]


def test_runs_are_listed_and_shown(makery: Makery) -> None:
    run = json.loads(makery("build", REQUIREMENT, "-o", "out", "--json").stdout)["run_id"]

    rows = json.loads(makery("runs", "list", "--json").stdout)
    shown = json.loads(makery("runs", "show", run, "--json").stdout)

    assert [row["run"] for row in rows] == [run]
    assert rows[0]["verdict"].startswith("verified")
    assert shown["verdict"] == "verified" and shown["state"] == "ended"
    assert run in makery("runs", "list").stdout


def test_a_shown_run_says_what_was_asked_and_why_it_stopped(makery: Makery) -> None:
    asked = f"{REQUIREMENT}\nIt greets nobody else."
    run = json.loads(makery("build", asked, "-o", "out", "--max-tokens", "5", "--json").stdout)["run_id"]

    shown = makery("runs", "show", run).stdout

    assert f"Asked:   {REQUIREMENT} …" in shown
    assert "Stopped: The limit --max-tokens is reached" in shown
    assert json.loads(makery("runs", "show", run, "--json").stdout)["requirement"] == asked


def test_skills_and_roles_are_listed(makery: Makery) -> None:
    skills = [row["skill"] for row in json.loads(makery("skills", "list", "--json").stdout)]
    roles = [row["role"] for row in json.loads(makery("roles", "list", "--json").stdout)]

    assert {"write_prd", "write_code", "write_test"} <= set(skills)
    assert {"product_manager", "architect", "project_manager", "engineer", "qa_engineer"} <= set(roles)


def test_a_skill_is_shown_with_its_output(makery: Makery) -> None:
    result = makery("skills", "show", "write_prd")

    assert "ProductRequirements" in result.stdout


def test_a_skill_runs_alone_and_its_output_feeds_another(makery: Makery, tmp_path: Path) -> None:
    first = makery("skills", "run", "write_code", REQUIREMENT, "--json")
    assert first.exit_code == 0
    (tmp_path / "code.json").write_text(first.stdout, encoding="utf-8")

    second = makery("skills", "run", "run_code", REQUIREMENT, "--input", "code.json", "--json")

    assert second.exit_code == 0
    assert json.loads(second.stdout)["artifact"]["kind"] == "TestReport"


def test_models_are_listed_without_keys(makery: Makery) -> None:
    assert json.loads(makery("models", "list", "--json").stdout)[0]["model"] == "embedded"


MODEL = "openrouter/deepseek/deepseek-chat-v3-0324-instruct-q4_k_m"


def test_piped_lists_have_a_header_and_full_values_between_tabs(makery: Makery, tmp_path: Path) -> None:
    asked = "The program prints hello. " * 7
    run = json.loads(makery("build", asked, "-o", "out", "--json").stdout)["run_id"]

    header, row = (line.split("\t") for line in makery("runs", "list").stdout.splitlines())

    cells = dict(zip(header, row, strict=True))
    assert cells["run"] == run and cells["requirement"] == asked.strip()
    assert cells["out"] == str(tmp_path / "out")


@pytest.mark.parametrize("width", ["80", "40"])
def test_what_a_user_copies_is_never_cut_on_a_narrow_terminal(
    makery: Makery, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    run = json.loads(makery("build", REQUIREMENT * 9, "-o", "out", "--json").stdout)["run_id"]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", width)

    assert run in makery("runs", "list").stdout
    assert MODEL in makery("models", "list", known=("embedded", MODEL)).stdout


def test_a_narrow_table_says_which_columns_it_leaves_out(
    makery: Makery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")

    result = makery("models", "list")

    assert "base url" not in result.stdout and "base url" in result.stderr


def test_json_lists_have_snake_case_names_and_typed_values(makery: Makery) -> None:
    makery("build", REQUIREMENT, "-o", "out")
    lists = {
        name: json.loads(makery(name, "list", "--json").stdout)
        for name in ("runs", "models", "skills", "roles")
    }

    names = [key for rows in lists.values() for row in rows for key in row]
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    model = lists["models"][0]
    assert (model["context"], model["usd_per_million_in"], model["has_key"]) == (8192, 0.0, None)
    assert lists["runs"][0]["exit_status"] == 0
    assert datetime.fromisoformat(lists["runs"][0]["began"]).tzinfo is not None
    assert "requirement" in next(row for row in lists["skills"] if row["skill"] == "write_prd")["takes"]


def test_a_model_that_answers_exits_0_and_one_that_does_not_5(makery: Makery) -> None:
    assert makery("models", "test", "embedded").exit_code == 0

    refused = makery("models", "test", broken=AuthenticationFailed("The key was refused."))
    assert refused.exit_code == 5 and "key was refused" in refused.stdout


def test_stopping_models_says_how_many_were_running(makery: Makery) -> None:
    result = makery("models", "stop")

    assert result.exit_code == 0 and "None was running" in result.stdout


def test_doctor_says_what_is_missing_and_what_mends_it(makery: Makery) -> None:
    broken = SandboxUnavailable("bubblewrap is not installed.", remedy="sudo apt-get install bubblewrap")

    result = makery("doctor", broken=broken)
    facts = json.loads(makery("doctor", "--json", broken=broken).stdout)

    assert result.exit_code == 5
    assert "sudo apt-get install bubblewrap" in result.stdout
    assert facts["healthy"] is False
    assert {"python", "git", "sandbox", "model", "disk"} <= {one["name"] for one in facts["findings"]}


def test_doctor_exits_0_where_nothing_is_missing(makery: Makery) -> None:
    assert makery("doctor").exit_code == 0


def test_init_writes_a_settings_file_once(makery: Makery, tmp_path: Path) -> None:
    assert makery("init", "--here").exit_code == 0
    written = (tmp_path / "makery.toml").read_text(encoding="utf-8")

    again = makery("init", "--here")

    assert "# model = " in written and "[embedded]" in written
    assert "left as it is" in again.stderr
    assert makery("init", "--stdout").stdout == written


def test_the_version_is_told(makery: Makery) -> None:
    assert makery("--version").stdout.startswith("makery ")


@pytest.mark.parametrize(
    "words",
    [[], ["build"], ["change"], ["runs"], ["models"], ["skills"], ["skills", "run"], ["roles"], ["doctor"]],
    ids=" ".join,
)
def test_every_command_has_a_help_page(makery: Makery, words: list[str]) -> None:
    result = makery(*words, "--help")

    assert result.exit_code == 0 and "Usage: makery" in result.stdout


def test_help_loads_no_part_of_the_application() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['makery', '--help']\n"
        "from makery.interfaces.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = ('pydantic', 'sqlalchemy', 'httpx', 'jinja2', 'asyncio', 'makery.kernel', 'makery.app')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stderr.strip() == "[]"


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, makery; print([name for name in sys.modules if name.startswith('makery.')])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "[]"


def test_a_wrong_settings_file_is_a_message_and_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "makery.toml").write_text("modelx = 'x'\n", encoding="utf-8")

    ended = subprocess.run(
        [sys.executable, "-m", "makery.interfaces.cli.main", "runs", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "line 1" in ended.stderr and "'model'" in ended.stderr


UNFIT = {
    "a mode": (("--mode", "trio"), "'trio' is not one of 'auto', 'direct', 'duo', 'company'"),
    "money": (("--max-usd", "-1"), "it has to be 0 or more"),
    "tokens": (("--max-tokens", "1.5"), "it has to be a whole number"),
}


@pytest.mark.parametrize(("words", "told"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_option_is_told_in_our_own_words(makery: Makery, words: tuple[str, ...], told: str) -> None:
    result = makery("build", REQUIREMENT, *words)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert "Input should" not in result.stderr and "Value error" not in result.stderr


def test_an_unknown_option_is_compared_only_with_what_is_near(makery: Makery) -> None:
    assert "Possible options" not in makery("build", REQUIREMENT, "--bogus").stderr
    near = makery("runs", "list", "--jsno")
    assert near.exit_code == 2 and "--json" in near.stderr
