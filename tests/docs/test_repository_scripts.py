"""What `make` and CI run: found, readable by bash, and free of what holds on one machine only."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = ("scripts/setup", "scripts/demo", ".ci/run")
OURS = [
    *BASH, "Makefile", "README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "mkdocs.yml",
    *(str(path.relative_to(ROOT)) for folder in ("docs", "scripts", "benchmarks")
      for path in sorted((ROOT / folder).glob("*.*"))),
]  # fmt: skip


@pytest.mark.parametrize("path", BASH)
def test_bash_scripts_are_executable_and_parse(path):
    assert (ROOT / path).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / path)], check=True)


@pytest.mark.parametrize("path", OURS)
def test_no_file_names_a_package_index_or_a_folder_of_one_machine(path):
    text = (ROOT / path).read_bytes().decode("utf-8", "replace")  # pictures, too
    assert re.findall(r"pypi\.org|pythonhosted|/root/|/work/|/home/\w", text) == []


def test_help_says_every_target_of_the_makefile():
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = re.findall(r"^  make (\w+)", done.stdout, re.MULTILINE)
    assert {"demo", "test", "check", "bench", "docs", "examples", "help"} == set(said)


def test_an_unknown_option_of_setup_is_refused_before_anything_is_done():
    done = subprocess.run([ROOT / "scripts" / "setup", "--fast"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "unknown option --fast" in done.stderr


def test_the_demo_says_where_the_program_is_what_was_proved_and_how_to_run_it(script, tmp_path, monkeypatch):
    import json

    monkeypatch.chdir(tmp_path)
    papers = tmp_path / "demo" / ".makery"
    papers.mkdir(parents=True)
    proof = {"clause": "C1", "quote": "prints one line", "checks": ["a"], "failed": [], "weak": []}
    verdict = {
        "sentence": "partly verified: 1 of 3 clauses checked",
        "proofs": [proof, {**proof, "quote": "ends", "failed": ["b"]}, {**proof, "quote": "x", "checks": []}],
        "reasons": ["1 check failed"],
    }
    (papers / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    report = "# Report\n\n## How to run it\n\n    python duration.py 3725\n\n## What it cost\n"
    (papers / "report.md").write_text(report, encoding="utf-8")
    said = list(script("scripts/say_verdict.py").sentences(Path("demo")))
    assert said == [
        "The program is in ./demo/, its report in ./demo/.makery/report.md.",
        "Verdict: partly verified: 1 of 3 clauses checked",
        "  proved    : prints one line",
        "  FAILED    : ends",
        "  not proved: x",
        "  Why it is not verified: 1 check failed",
        "Run it:  cd demo && python duration.py 3725",
    ]
