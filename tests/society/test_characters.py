"""Characters: what they remember, who speaks, a town's hours, and a table of Werewolf to its end."""

import json
from collections.abc import Callable

import pytest
from society_world import prompts, run

from makery.kernel.completion import ModelCall
from makery.kernel.dialogue import Bid, Memories, Memory, Utterance
from makery.kernel.program import Program
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.skills.society.memory_stream import retrieved
from makery.teams.characters import character, discuss, narrator, remember
from makery.teams.table import Table
from makery.teams.town import Town, town
from makery.teams.werewolf import Village, werewolf

NAMES = ("ada", "bob", "cleo", "dan", "eve")
PEOPLE = tuple(character(name, f"You are {name}, who likes tea.") for name in NAMES)


def bidding(**urgencies: int) -> Callable[[ModelCall], str]:
    return lambda call: json.dumps({"urgency": urgencies.get(call.purpose.role, 0)})


def talk(turns: int, people: tuple[str, ...] = NAMES[:3]) -> Team:
    def steps(pool):
        table = Table.of(pool)
        yield from discuss(table, people, turns, situation="At tea.", now=0)
        return (yield from table.end("narrator", "over", "enough"))

    return Team("talk", (*PEOPLE, narrator()), Program(steps), load_skills())


def test_recent_important_and_relevant_memories_come_first() -> None:
    stream = [Memory(text=f"The weather was dull, hour {n}", importance=2, at=n) for n in range(20)]
    stream[3] = Memory(text="Bob hid the key under the mill", importance=2, at=3)
    stream[5] = Memory(text="The mayor resigned", importance=10, at=5)
    found = retrieved(stream, "Where is the key?", now=20, most=3)
    assert "Bob hid the key under the mill" in found and "The mayor resigned" in found
    assert found[-1] == "The weather was dull, hour 19"


def test_exactly_one_speaks_at_a_time_and_whoever_wants_to_most() -> None:
    answers = {
        "bid_to_speak": [bidding(bob=9, ada=3)] * 99,
        "say_in_character": [f"word {n}" for n in range(5)],
    }
    done = run(talk(5), answers, finished=False)
    assert [speaker for speaker, _ in done.spoken] == ["bob", "ada", "bob", "ada", "bob"]


def test_if_nobody_wants_to_speak_there_is_no_silence() -> None:
    answers = {"bid_to_speak": [bidding()] * 99, "say_in_character": [f"word {n}" for n in range(6)]}
    done = run(talk(6), answers, finished=False)
    assert [speaker for speaker, _ in done.spoken] == ["ada", "bob", "cleo"] * 2


def test_how_much_somebody_wants_to_speak_is_seen_by_nobody_else() -> None:
    answers = {"bid_to_speak": [bidding(ada=7)] * 99, "say_in_character": ["one", "two"]}
    done = run(talk(2), answers, finished=False)
    assert all(m.audience == (m.artifact.who,) for m in done.pool if isinstance(m.artifact, Bid))
    assert "7" not in "".join(call.prompt.user for call in done.model.calls_of("say_in_character"))


def test_who_has_much_to_think_about_reflects_and_plans_and_only_it_knows() -> None:
    def steps(pool):
        table = Table.of(pool)
        yield from discuss(table, NAMES[:2], 4, situation="At tea.", now=0)
        yield from remember(table, NAMES[:2], situation="At tea.", now=1)
        yield from remember(table, NAMES[:2], situation="At home.", now=2)
        return (yield from table.end("narrator", "over", "enough"))

    def rated(call: ModelCall) -> str:
        return json.dumps({"ratings": [10, 10, 10, 10] if call.purpose.role == "ada" else [1, 1, 1, 1]})

    answers = {
        "bid_to_speak": [bidding()] * 9,
        "say_in_character": ["a", "b", "c", "d"],
        "perceive": [rated] * 2,
        "reflect": ['{"insights": ["Bob hides something."]}'],
        "make_plan": ['{"steps": ["Watch Bob."]}'],
    }
    done = run(Team("t", (*PEOPLE, narrator()), Program(steps), load_skills()), answers, finished=False)
    kept = done.pool.artifacts(Memories)
    assert [(m.owner, [e.kind for e in m.entries]) for m in kept if m.owner == "ada"][:3] == [
        ("ada", ["observation"] * 4),
        ("ada", ["reflection"]),
        ("ada", ["plan"]),
    ]
    assert all(m.audience == (m.artifact.owner,) for m in done.pool if isinstance(m.artifact, Memories))
    assert len(done.model.calls_of("reflect")) == 1


def hour(place: str, doing: str, says: str = "") -> str:
    return json.dumps({"place": place, "doing": doing, "says": says})


def test_in_a_town_only_those_who_are_there_see_and_hear() -> None:
    world = Town(PEOPLE[:3], places=("mill", "inn"), hours=2, talk=2)

    def lives(call: ModelCall) -> str:
        if call.purpose.role == "cleo":
            return hour("inn", "bakes")
        return hour("mill", "works", "The treasure is under the oak." if call.purpose.role == "ada" else "")

    answers = {
        "perceive": ['{"ratings": [9]}'] * 9,
        "make_plan": ['{"steps": ["work"]}'] * 3,
        "live": [lives] * 6,
        "bid_to_speak": [bidding()] * 9,
        "say_in_character": ["Quiet!", "Why?"] * 2,
    }
    done = run(town(world), answers, task="A village by a river.", finished=False)
    cleo = [call.prompt.user for call in done.model.calls if call.purpose.role == "cleo"]
    bob = [call.prompt.user for call in done.model.calls if call.purpose.role == "bob"]
    assert not any("oak" in text or "Quiet!" in text for text in cleo)
    assert any("The treasure is under the oak." in text for text in bob)
    assert done.ending.reason == "2 hours have passed"
    assert "08:00 cleo (inn): bakes" in done.ending.text and "09:00 ada (mill)" in done.ending.text
    assert "work" in prompts(done.model)[-1]  # the plan is remembered


def game(seed: int = 0, task: str = "Play.", **more: object):
    """A game in which everybody suspects the first on the list; everything that is told is scripted."""
    village = Village(PEOPLE, talk=4, seed=seed, **more)  # type: ignore[arg-type]

    def first(call: ModelCall) -> str:
        names = call.output_schema["properties"]["choice"]["enum"]  # type: ignore[index]
        return json.dumps({"reason": "r", "choice": names[0]})

    answers = {
        "choose": [first] * 99,
        "bid_to_speak": [bidding(bob=5)] * 999,
        "say_in_character": [lambda call: f"{call.purpose.role} thinks aloud"] * 99,
        "perceive": ['{"ratings": [5]}'] * 99,
        "reflect": ['{"insights": ["I am not sure."]}'] * 99,
        "make_plan": ['{"steps": ["listen"]}'] * 99,
    }
    return village, run(werewolf(village), answers, task=task, finished=False)


@pytest.mark.parametrize("seed", range(6))
def test_a_game_of_werewolf_comes_to_an_end_and_says_who_was_what(seed: int) -> None:
    village, done = game(seed)
    parts = village.parts()
    assert sorted(parts.values()) == ["seer", "villager", "villager", "villager", "werewolf"]
    assert done.ending.reason.split()[0] in ("villagers", "werewolves")
    assert all(f"{name}: {part}" in done.ending.text for name, part in parts.items())


@pytest.mark.parametrize("seed", range(6))
def test_nobody_learns_a_part_that_is_not_theirs_before_it_is_out(seed: int) -> None:
    village, done = game(seed)
    for name, part in village.parts().items():
        others = [c.prompt.user for c in done.model.calls if c.purpose.role not in (name, "narrator")]
        secret = f"{name}, you are a" if part != "seer" else f"{name}, you are the seer"
        assert not any(secret in text for text in others)
    looks = [m for m in done.pool if isinstance(m.artifact, Utterance) and "You looked at" in m.artifact.text]
    assert all(village.parts()[m.audience[0]] == "seer" for m in looks)


def test_two_wolves_talk_at_night_and_no_villager_hears_it() -> None:
    village, done = game(1, wolves=2)
    wolves = {name for name, part in village.parts().items() if part == "werewolf"}
    night = [m for m in done.pool if m.skill == "say_in_character" and set(m.audience) == wolves]
    assert night


def test_the_dead_are_silent_and_the_game_is_played_in_chinese_too() -> None:
    _, done = game(2, task="开始游戏。")
    told = [text for speaker, text in done.spoken if speaker == "narrator"]
    dead: list[str] = []
    for message in done.pool:
        if isinstance(message.artifact, Utterance) and message.sender == "narrator":
            dead += [
                name
                for name in NAMES
                if f"{name}昨夜被杀" in message.artifact.text or f"{name}出局，身份" in message.artifact.text
            ]
        elif message.skill == "say_in_character":
            assert message.sender not in dead
    assert dead and any("你是狼人" in text for text in told)
