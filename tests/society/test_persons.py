"""A person takes any role of any team; an empty answer leaves the turn to the model."""

import json

import pytest
from society_world import Persons, run

from makery.app.options import TeamOptions
from makery.app.societies import find_team, team_order
from makery.kernel.dialogue import Opinion
from makery.kernel.errors import InputError
from makery.skills.registry import load_skills
from makery.teams.characters import character
from makery.teams.debate import debate, debater
from makery.teams.persons import with_persons
from makery.teams.react import react
from makery.teams.role_play import Play, player, role_play
from makery.teams.seats import member
from makery.teams.task_list import task_list
from makery.teams.team_build import build_team, played, seated
from makery.teams.team_file import read_team
from makery.teams.town import Town, town
from makery.teams.werewolf import Village, werewolf


def test_a_person_debates_with_models() -> None:
    people = Persons("17 - 9 => 9")
    team = with_persons(debate(debater("ada"), debater("bob"), rounds=1), ("ada",))
    answers = {"answer_problem": [json.dumps({"reasoning": "r", "answer": "9"})]}
    done = run(team, answers, people=people)
    assert done.ending.text == "9"
    assert {o.speaker: o.reasoning for o in done.pool.artifacts(Opinion)} == {"ada": "17 - 9", "bob": "r"}
    assert people.asked[0].role == "ada" and "answer a problem" in people.asked[0].text


def test_a_person_instructs_in_a_role_play_and_may_leave_a_turn_to_the_model() -> None:
    play = Play(player("coder", "You code."), player("boss", "You know."), specify=False)
    people = Persons("Instruction: say hi", "")
    answers = {"carry_out": ["Solution: hi"], "instruct": ["<CAMEL_TASK_DONE>"]}
    done = run(with_persons(role_play(play), ("boss",)), answers, people=people)
    assert done.spoken[0] == ("boss", "Instruction: say hi") and done.ending.outcome == "done"


def test_a_person_answers_in_the_place_of_one_who_has_tools() -> None:
    done = run(with_persons(react(member("agent", "g")), ("agent",)), {}, people=Persons("It is 4."))
    assert done.ending.text == "It is 4."


def test_a_person_keeps_the_list_of_tasks() -> None:
    worker = member("w", "g", skills=("execute_task", "create_tasks", "prioritise_tasks"))
    people = Persons("done it", "look; write", "write; look", "wrote", "", "over")
    team = with_persons(task_list(worker, first="begin", most=2), ("w",))
    done = run(team, {"create_tasks": ['{"tasks": []}']}, people=people)
    assert (done.ending.text, done.ending.outcome) == ("over", "stopped")


def test_a_person_plays_werewolf_and_lives_in_a_town() -> None:
    three = tuple(character(name, "You play.") for name in ("ada", "bob", "cleo"))
    village = Village(three, seer=False, seed=1)
    (wolf,) = [name for name, part in village.parts().items() if part == "werewolf"]
    victim = next(name for name in ("ada", "bob", "cleo") if name != wolf)
    people = Persons(victim)
    done = run(with_persons(werewolf(village), (wolf,)), {}, people=people)
    assert people.asked[0].choices and "you are a werewolf" in people.asked[0].text
    assert done.ending.reason.startswith("werewolves")

    world = Town(three[:1], places=("inn", "mill"), hours=1)
    answers = {"make_plan": ['{"steps": []}']}
    people = Persons('Mill: I look around. "Anybody here?"')
    done = run(with_persons(town(world), ("ada",)), answers, people=people)
    assert done.ending.text == "08:00 ada (mill): I look around. “Anybody here?”"


def test_what_a_person_in_a_seat_cannot_read_is_left_to_the_model() -> None:
    world = Town((character("ada", "g"),), places=("inn",), hours=1)
    answers = {"make_plan": ['{"steps": []}'], "live": ['{"place": "inn", "doing": "sits", "says": ""}']}
    done = run(with_persons(town(world), ("ada",)), answers, people=Persons("the moon: I fly"))
    assert done.ending.text == "08:00 ada (inn): sits"


@pytest.mark.parametrize("name", ["debate", "role_play", "panel", "writer_critic", "town", "goal"])
def test_every_role_of_a_team_by_name_can_be_taken(name: str) -> None:
    team = read_team(find_team(name))
    for role in team.roles:
        chosen = seated(team, (role,))
        assert chosen.roles[role].human == "always"
        assert played(chosen) == (() if name in ("panel", "writer_critic") else (role,))
        build_team(chosen, load_skills())


def test_a_role_that_the_team_has_not_is_refused_with_those_that_it_has() -> None:
    order = team_order("debate", "x", persons=("zoe",))
    assert isinstance(order, TeamOptions)
    with pytest.raises(InputError, match="no role 'zoe'"):
        seated(read_team(find_team("debate")), order.persons)
