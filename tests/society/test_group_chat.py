"""Conversations: two in turn, many by order, by hand and by a model; people, code, nesting, stops."""

from society_world import Persons, prompts, run, wants

from makery.kernel.dialogue import Executed, Utterance
from makery.kernel.message import USER, Message
from makery.teams.group_chat import chat, group_chat, two_agent_chat
from makery.teams.seats import Seat, member
from makery.teams.stops import code_works, max_turns, says, spoken
from makery.testing import FakeSandbox, ended

CODER = Seat(member("coder", "You write Python."))
EXECUTOR = Seat(member("executor", "You run code."), runs_code=True)
CRITIC = Seat(member("critic", "You criticise."))
WRITER = Seat(member("writer", "You write."))


def test_a_coder_and_an_executor_mend_a_program_until_it_runs() -> None:
    sandbox = (
        FakeSandbox()
        .when(lambda c: "pritn" in c.argv[-1], ended(1, "", "NameError: pritn"))
        .when(lambda c: "print" in c.argv[-1], ended(0, "7\n"))
    )
    answers = {"speak": ["```python\npritn(7)\n```", "```python\nprint(7)\n```"]}
    done = run(two_agent_chat(CODER, EXECUTOR, stop=code_works()), answers, sandbox=sandbox)

    assert [ran.failed for ran in done.pool.artifacts(Executed)] == [True, False]
    assert done.ending.text == done.pool.artifacts(Executed)[-1].output
    assert "NameError: pritn" in prompts(done.model)[1]
    assert (done.ending.outcome, done.ending.reason) == ("done", "the code ran without an error")


def test_round_robin_gives_everybody_a_turn_in_order() -> None:
    team = group_chat(WRITER, CRITIC, CODER, stop=max_turns(4))
    done = run(team, {"speak": ["one", "two", "three", "four"]})

    assert [speaker for speaker, _ in done.spoken] == ["writer", "critic", "coder", "writer"]
    assert done.ending.outcome == "stopped"


def test_a_model_selects_the_next_speaker_and_never_the_one_who_just_spoke() -> None:
    team = group_chat(WRITER, CRITIC, CODER, order="selected", stop=max_turns(3))
    choices = [f'{{"reason": "r", "choice": "{name}"}}' for name in ("coder", "writer", "critic")]
    done = run(team, {"choose": choices, "speak": ["a", "b", "c"]})

    assert [speaker for speaker, _ in done.spoken] == ["coder", "writer", "critic"]
    second = done.model.calls_of("choose")[1].output_schema
    assert second is not None and second["properties"]["choice"]["enum"] == ["writer", "critic"]


def test_a_person_selects_the_next_speaker() -> None:
    people = Persons("critic", "coder")
    team = group_chat(WRITER, CRITIC, CODER, order="manual", stop=max_turns(2))
    done = run(team, {"speak": ["a", "b"]}, people=people)

    assert [speaker for speaker, _ in done.spoken if speaker != "writer"] == ["critic", "coder"]
    assert people.asked[0].choices == ("writer", "critic", "coder")


def test_a_person_takes_a_seat_leaves_a_turn_to_the_model_and_goes() -> None:
    seat = Seat(member("guest", "You ask."), human="always")
    people = Persons("What is 2 + 2?", "", "exit")
    team = two_agent_chat(seat, WRITER, stop=says("BYE"))
    done = run(team, {"speak": ["It is 4.", "Then 3 + 3?", "It is 6."]}, people=people)

    said = [text for _, text in done.spoken if text]
    assert said == ["What is 2 + 2?", "It is 4.", "Then 3 + 3?", "It is 6.", "exit"]
    assert (done.ending.reason, done.ending.text) == ("guest left", "It is 6.")


def test_a_person_asked_at_the_end_can_have_it_go_on() -> None:
    seat = Seat(member("guest", "You ask."), human="at_end")
    people = Persons("Make it shorter.", "")
    team = group_chat(WRITER, seat, stop=says("DONE", by="writer"))
    done = run(team, {"speak": ["A long text. DONE", "Fine, and?", "Short. DONE"]}, people=people)

    assert "Make it shorter." in prompts(done.model)[1]
    assert done.ending.text == "Short. DONE"


def test_stop_conditions_join_by_or_and_and() -> None:
    both = says("DONE") & spoken("critic")
    team = group_chat(WRITER, CRITIC, stop=both | max_turns(9))
    done = run(team, {"speak": ["DONE", "not yet", "DONE"]})

    assert done.ending.reason == "writer said 'DONE' and critic has spoken"


def test_a_nested_chat_is_held_aside_and_only_its_result_is_said() -> None:
    def inner(table):
        return chat(table, (WRITER, CRITIC), max_turns(2))

    host = Seat(member("host", "You host."), nested=inner)
    roles = group_chat(CODER, host, stop=max_turns(2))
    from dataclasses import replace

    team = replace(roles, roles=(*roles.roles, WRITER.role, CRITIC.role))
    done = run(team, {"speak": ["What rhymes with sun?", "inner draft", "inner result", "Fun rhymes."]})

    assert done.spoken[-1] == ("host", "Fun rhymes.")
    assert "What rhymes with sun?" in prompts(done.model)[1]
    assert "inner draft" not in prompts(done.model)[3] and "inner result" in prompts(done.model)[3]


def test_a_saved_conversation_goes_on_where_it_was() -> None:
    earlier = (Utterance(speaker="writer", text="My name is Ada."), Utterance(speaker="critic", text="Good."))
    given = [Message(id=f"g{n}", sender=USER, artifact=turn) for n, turn in enumerate(earlier)]
    done = run(group_chat(WRITER, CRITIC, stop=max_turns(1)), {"speak": ["Ada, then."]}, given=given)

    assert "writer: My name is Ada.\ncritic: Good." in prompts(done.model)[0]


def test_a_speaker_s_name_in_front_of_its_words_is_taken_off() -> None:
    done = run(group_chat(WRITER, stop=max_turns(1)), {"speak": ["**Writer**: Hello."]})
    assert done.spoken == [("writer", "Hello.")]


def test_chinese_conversations_work() -> None:
    team = group_chat(WRITER, CRITIC, stop=says("完成"))
    done = run(team, {"speak": ["写一首诗。", "很好，完成。"]}, task="写一首关于春天的诗")
    assert done.ending.reason == "critic said '完成'"


def test_tools_that_nobody_has_are_answered_not_crashed_on() -> None:
    done = run(
        group_chat(WRITER, stop=max_turns(1)), {"speak": [wants(("add", {"a": 1})), "No tools, then."]}
    )
    assert "add failed: There are no tools here." in prompts(done.model)[1]
    assert done.ending.text == "No tools, then."
