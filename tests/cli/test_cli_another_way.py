"""Forking with another model or an edited artifact, and going on with more: what each provider is asked."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from openai_standin import StandInServer, serving
from typer.testing import CliRunner, Result

from makery.app.build import Installed
from makery.app.factory import Factory
from makery.app.settings import Settings
from makery.interfaces.cli.main import app

pytestmark = pytest.mark.sandboxed

TEAM = """
name: pair
protocol: round_robin
roles:
  writer: {goal: You write.}
  critic: {goal: You criticise.}
stop: {turns: 4}
"""
CENTS = 0.02
"""Of one answer of the stand-in: 20 tokens."""


@dataclass(frozen=True)
class World:
    """Two providers with a price, and the command line."""

    dear: StandInServer
    cheap: StandInServer
    makery: Callable[..., Result]

    def ordered(self, *more: str) -> dict[str, object]:
        return facts(self.makery("team", "run", "pair.yaml", "Write.", "--model", "dear/x", "--json", *more))


def facts(result: Result) -> dict[str, object]:
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit_status"], result.stderr
    return found


def numbered(name: str) -> Callable[[str], str]:
    """Answers that tell who gave them, and as the how manieth."""
    told = iter(range(1, 99))
    return lambda _: f"{name} {next(told)}"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pair.yaml").write_text(TEAM, encoding="utf-8")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(numbered(name))) for name in ("dear", "cheap")}
        providers = {
            name: {
                "base_url": f"http://127.0.0.1:{server.server_port}/v1",
                "usd_per_million_in": 0.0,
                "usd_per_million_out": CENTS / 20 * 1e6 if name == "dear" else 0.0,
            }
            for name, server in servers.items()
        }
        settings = Settings.model_validate({"home": tmp_path / "home", "providers": providers})

        def makery(*words: str) -> Result:
            parts = Installed(settings, os.environ)
            return CliRunner().invoke(app, list(words), obj=Factory(settings, parts=parts))

        yield World(servers["dear"], servers["cheap"], makery)


def test_a_fork_pays_nothing_before_the_step_and_asks_the_other_model_after_it(world: World) -> None:
    origin = world.ordered()
    assert (origin["calls"], origin["usd"]) == (4, pytest.approx(4 * CENTS))
    forked = facts(
        world.makery("runs", "fork", str(origin["run_id"]), "--at", "3", "--model", "cheap/y", "--json")
    )
    assert (len(world.dear.prompts), len(world.cheap.prompts)) == (4, 2)
    assert (forked["calls"], forked["usd"]) == (2, 0.0)
    assert "dear 1" in world.cheap.prompts[0] and "dear 2" in world.cheap.prompts[0]
    assert "dear 3" not in world.cheap.prompts[1] and "cheap 1" in world.cheap.prompts[1]
    assert world.makery("runs", "show", str(forked["run_id"]), "--json").stdout.count("cheap/y") >= 1
    shown = json.loads(world.makery("runs", "show", str(origin["run_id"]), "--json").stdout)
    assert (shown["calls"], shown["usd"]) == (4, pytest.approx(4 * CENTS))


def test_a_fork_goes_on_from_an_edited_artifact_and_pays_for_what_follows_only(
    world: World, tmp_path: Path
) -> None:
    origin = str(world.ordered()["run_id"])
    artifact = json.loads(world.makery("runs", "show", origin, "--step", "2").stdout)
    artifact["data"]["text"] = "Shorter!"
    (tmp_path / "edited.json").write_text(json.dumps(artifact), encoding="utf-8")
    forked = facts(world.makery("runs", "fork", origin, "--at", "2", "--edit", "edited.json", "--json"))
    assert (forked["calls"], forked["usd"]) == (2, pytest.approx(2 * CENTS))
    third = world.dear.prompts[4]
    assert "dear 1" in third and "Shorter!" in third and "dear 2" not in third
    assert len(world.dear.prompts) == 6


def test_a_step_is_named_by_its_number_where_a_skill_made_several(world: World) -> None:
    origin = str(world.ordered()["run_id"])
    shown = world.makery("runs", "show", origin, "--step", "speak")
    assert json.loads(shown.stdout)["data"]["text"] == "dear 1"
    assert "4 steps of 'speak': 1, 2, 3, 4. This is step 1" in shown.stderr
    assert world.makery("runs", "show", origin, "--step", "3").stderr == ""
    forked = world.makery("runs", "fork", origin, "--at", "speak", "--model", "cheap/y", "--json")
    assert facts(forked)["calls"] == 4 and "This is step 1" in forked.stderr


def test_a_fork_without_such_a_step_model_or_file_is_refused_and_begins_nothing(world: World) -> None:
    origin = str(world.ordered()["run_id"])
    for words, said in (
        (("--at", "9"), "no step '9': they are numbered 1 to 5"),
        (("--at", "1", "--model", "nobody/z"), "nobody/z"),
        (("--at", "1", "--edit", "nowhere.json"), "cannot be read"),
        (("--at", "1", "--edit", "pair.yaml"), "no JSON"),
    ):
        refused = world.makery("runs", "fork", origin, *words)
        assert refused.exit_code == 2 and said in " ".join(refused.stderr.split()), refused.stderr
    assert len(json.loads(world.makery("runs", "list", "--json").stdout)) == 1


def test_money_that_was_spent_counts_when_a_run_goes_on_with_more(world: World) -> None:
    stopped = world.ordered("--max-calls", "2")
    run = str(stopped["run_id"])
    assert (stopped["exit_status"], stopped["usd"]) == (4, pytest.approx(2 * CENTS))

    less = facts(world.makery("runs", "resume", run, "--max-calls", "9", "--max-usd", "0.03", "--json"))
    assert less["exit_status"] == 4 and "--max-usd" in str(less["message"])
    assert (less["usd"], len(world.dear.prompts)) == (pytest.approx(2 * CENTS), 2)

    ended = facts(world.makery("runs", "resume", run, "--max-usd", "99", "--json"))
    assert (ended["state"], ended["calls"]) == ("ended", 4)
    assert (ended["usd"], len(world.dear.prompts)) == (pytest.approx(4 * CENTS), 4)
    assert facts(world.makery("runs", "resume", run, "--max-usd", "99", "--json"))["usd"] == ended["usd"]


def test_a_limit_on_money_names_itself_and_how_to_go_on(world: World) -> None:
    stopped = world.ordered("--max-usd", "0.001")
    assert (stopped["exit_status"], stopped["calls"], world.dear.prompts) == (4, 0, [])
    assert "--max-usd is reached" in str(stopped["message"])
    done = facts(world.makery("runs", "resume", str(stopped["run_id"]), "--max-usd", "99", "--json"))
    assert (done["state"], done["usd"]) == ("ended", pytest.approx(4 * CENTS))
