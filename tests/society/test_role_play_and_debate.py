"""Role playing with inception prompts; debate with votes and a judge against a plain majority."""

import json

import pytest
from society_world import prompts, run

from makery.kernel.dialogue import Choice, Opinion
from makery.teams.debate import canonical, debate, debater, majority_vote, most_frequent
from makery.teams.role_play import Play, player, role_play
from makery.teams.seats import member

PROGRAMMER = player("programmer", "You write Python.", title="Python programmer")
TRADER = player("trader", "You trade stocks.", title="stock trader")
A, B, C = debater("ada"), debater("bob"), debater("cleo")


def opinion(answer: object, reasoning: str = "because") -> str:
    return json.dumps({"reasoning": reasoning, "answer": str(answer)})


def test_two_roles_finish_a_specified_task() -> None:
    answers = {
        "specify_task": ["Write a bot that trades on moving averages."],
        "instruct": ["Instruction: write the average.\nInput: None", "<CAMEL_TASK_DONE>"],
        "carry_out": ["Solution: def average(x): ...\nNext request."],
    }
    done = run(role_play(Play(PROGRAMMER, TRADER)), answers, task="Develop a trading bot")

    instruct, carry_out = (done.model.calls_of(skill)[0].prompt for skill in ("instruct", "carry_out"))
    assert instruct.system.startswith(
        "You are a stock trader and never forget it. The other one is a Python programmer"
    )
    assert carry_out.system.startswith("You are a Python programmer and never forget it.")
    assert "Write a bot that trades on moving averages." in carry_out.user
    assert (done.ending.outcome, done.ending.text) == ("done", "Solution: def average(x): ...\nNext request.")


def test_a_task_is_not_done_before_anything_was_and_the_word_for_it_needs_no_brackets() -> None:
    answers = {
        "instruct": ["Instruction: write it.\nCAMEL_TASK_DONE", "CAMEL_TASK_DONE"],
        "carry_out": ["Solution: x"],
    }
    done = run(role_play(Play(PROGRAMMER, TRADER, specify=False)), answers)
    assert (done.ending.reason, done.ending.text) == ("the task is done", "Solution: x")


def test_a_critic_chooses_among_proposals_and_the_others_are_not_in_the_dialogue() -> None:
    answers = {
        "instruct": ["Instruction: a", "Instruction: b"],
        "carry_out": ["Solution: x", "Solution: y"],
        "choose": ['{"reason": "r", "choice": "2"}', '{"reason": "r", "choice": "1"}'],
    }
    critic = member("critic", "You choose what serves the task.")
    done = run(role_play(Play(PROGRAMMER, TRADER, specify=False, critic=critic, turns=2)), answers)

    assert "Instruction: b" in done.model.calls_of("carry_out")[0].prompt.user
    assert "Instruction: a" not in done.model.calls_of("carry_out")[0].prompt.user
    assert (done.ending.outcome, done.ending.text) == ("stopped", "Solution: x")


def test_debaters_answer_alone_then_read_each_other_and_agree() -> None:
    answers = {"answer_problem": [opinion(12), opinion(14, "7 times 2"), opinion(12), *[opinion("14.0")] * 3]}
    done = run(debate(A, B, C), answers, task="What is 7 * 2?")

    first, later = prompts(done.model)[:3], prompts(done.model)[3:]
    assert all("Others say" not in prompt for prompt in first)
    assert "7 times 2 Answer: 14" in later[0] and "You said before:\n<own>\nbecause Answer: 12" in later[0]
    assert (done.ending.text, done.ending.reason) == ("14.0", "agreement in round 2")
    assert len(done.pool.artifacts(Opinion)) == 6


def test_a_majority_decides_where_there_is_no_agreement() -> None:
    answers = {"answer_problem": [opinion(1), opinion(2), opinion(2)]}
    done = run(debate(A, B, C, rounds=1), answers)
    assert (done.ending.text, done.ending.reason) == ("2", "2 of 3 votes")


def test_a_judge_decides_where_there_is_no_majority() -> None:
    answers = {
        "answer_problem": [opinion(n) for n in (1, 2, 3)],
        "choose": ['{"reason": "r", "choice": "cleo"}'],
    }
    done = run(debate(A, B, C, rounds=1, judge=member("judge", "You judge.")), answers)
    assert (done.ending.text, done.ending.reason) == ("3", "the judge chose cleo")


def test_that_a_judge_gave_no_usable_choice_is_said() -> None:
    answers = {"answer_problem": [opinion(n) for n in (1, 2, 3)], "choose": ["I cannot say."]}
    done = run(debate(A, B, C, rounds=1, judge=member("judge", "You judge.")), answers)
    assert done.ending.text == "1"
    assert "the judge gave no usable choice: the first answer, ada's, stands" in done.ending.reason
    assert done.pool.latest(Choice).assumed  # type: ignore[union-attr]


def test_a_majority_vote_never_shows_one_answer_to_another() -> None:
    done = run(majority_vote(A, answers=3), {"answer_problem": [opinion(5), opinion(6), opinion("5")]})
    assert all("Others say" not in prompt for prompt in prompts(done.model))
    assert len({call.sample for call in done.model.calls}) == 3
    assert (done.ending.text, done.ending.reason) == ("5", "2 of 3 votes")


@pytest.mark.parametrize(
    ("one", "other"),
    [("The answer is 1,200.0 km", "1200"), ("Yes.", "yes"), ("-3", "x = -3.0"), ("北京。", "北京")],
)
def test_answers_that_mean_the_same_count_as_the_same(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert most_frequent(["0", one, other])[1] == 2
