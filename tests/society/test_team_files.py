"""Teams as data: checked before anything runs, drawn, and run by every protocol."""

import json
from pathlib import Path

import pytest
from society_world import run

from makery.app.societies import built_in_teams, team_rows
from makery.kernel.dialogue import Choice
from makery.kernel.documents import Answer
from makery.kernel.errors import InputError
from makery.skills.registry import load_skills
from makery.teams.team_arrows import arrows
from makery.teams.team_build import build_team
from makery.teams.team_check import check_team
from makery.teams.team_draw import mermaid, svg
from makery.teams.team_file import AnyTeam, parse_team, read_team, team_schema
from makery.tools.builtin import BUILT_IN

SKILLS = load_skills()
HEAD = "name: t\nroles:\n  a: {goal: g}\n  b: {goal: g}\n"
STATES = """
protocol: states
start: one
states:
  one: {roles: [a], next: [{to: two}]}
  two: {roles: [b], next: [{to: done, when: {says: OK}}, {to: one}]}
  done: {end: true}
"""
TRAP = """
protocol: states
start: one
states:
  one: {roles: [a], next: [{to: done, when: {says: OK}}, {to: pit}]}
  pit: {roles: [b], next: [{to: pit}]}
  done: {end: true}
"""
SOP = """
name: news
protocol: sop
until: Answer
roles:
  clerk: {goal: g, watches: [Requirement], skills: [write_prd]}
  reader: {goal: g, watches: [ProductRequirements], skills: [search_and_summarize]}
"""


def checked(text: str) -> AnyTeam:
    team = parse_team(text)
    check_team(team, SKILLS, BUILT_IN)
    return team


def problems(text: str) -> str:
    with pytest.raises(InputError) as caught:
        checked(text)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(built_in_teams()))
def test_every_team_that_comes_with_makery_can_work_and_be_drawn(name: str) -> None:
    team = read_team(built_in_teams()[name])
    check_team(team, SKILLS, BUILT_IN)
    build_team(team, SKILLS)
    assert team.name == name and team.about
    assert mermaid(team, SKILLS).startswith("flowchart TD\n")
    assert svg(team, SKILLS).startswith("<svg ")


def test_all_teams_are_listed_with_their_protocol() -> None:
    assert {"assistant", "coder_executor", "debate", "role_play"} <= {row.name for row in team_rows()}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("protocol: debate\n" + HEAD + "judge: c", "judge: there is no role 'c'"),
        ("protocol: debate\n" + HEAD + "judge: a", "a debate needs two debaters"),
        ("protocol: react\n" + HEAD, "react is for one role, not 2"),
        ("protocol: round_robin\n" + HEAD + "stop: {says: x, by: c}", "stop.by: there is no role 'c'"),
        ("protocol: role_play\nuser: a\nassistant: a\n" + HEAD, "roles.b: nothing ever reaches this role"),
        (HEAD + STATES.replace("start: one", "start: zero"), "start: there is no state 'zero'"),
        (HEAD + STATES.replace("{to: one}]", "{to: four}]"), "states.two.next: there is no state 'four'"),
        (HEAD + STATES + "  lost: {end: true}\n", "states.lost: no transition leads to this state"),
        (HEAD + STATES.replace(", {to: one}]", "]"), "or the run could get stuck"),
        (HEAD + STATES.replace("roles: [b]", "roles: [a]"), "roles.b: nothing ever reaches this role"),
        (HEAD + STATES.replace("{to: done, when: {says: OK}}, ", ""), "states: no end can be reached"),
        (
            SOP.replace("[ProductRequirements]", "[SystemDesign]"),
            "roles.reader.watches: nobody makes a SystemDesign",
        ),
        (SOP.replace("write_prd", "write_poem"), "roles.clerk.skills: there is no skill 'write_poem'"),
        (
            SOP.replace("[Requirement]", "[Answer]"),
            "roles.clerk: it waits for ever for Answer, which only comes from reader, "
            "who waits for ProductRequirements",
        ),
        (
            SOP.replace("[Requirement]", "[Requirement, ProductRequirements]"),
            "roles.clerk: it waits for ever for ProductRequirements, which only comes from clerk, "
            "who waits for ProductRequirements",
        ),
        (
            SOP.replace("[Requirement]", "[Requirement, Answer]"),
            "roles.reader: it waits for ever for ProductRequirements, which only comes from clerk, "
            "who waits for Answer",
        ),
        (HEAD + TRAP, "states.pit: no end can be reached from here"),
        (
            HEAD + TRAP.replace("{to: pit}]}\n", "{to: hole}]}\n  hole: {roles: [b], next: [{to: pit}]}\n"),
            "states.hole: no end can be reached from here",
        ),
        (
            HEAD + STATES.replace("[{to: two}]", "[{to: one}, {to: two}]"),
            "states.one.next: 'two' is never chosen: the transition to 'one' before it always holds",
        ),
        (HEAD + STATES.replace("[{to: two}]", "[{to: one}]"), "states: no end can be reached"),
        (
            HEAD + STATES.replace("two: {", "two: {controller: model, ").replace(", {to: one}]", "]"),
            "one transition needs no `when`, or the model could be left without a choice",
        ),
        (SOP.replace("until: Answer", "until: Verdict"), "until: nobody who can be reached makes a Verdict"),
        (
            "name: t\nprotocol: react\nroles: {a: {goal: g, tools: [fly]}}",
            "roles.a.tools: there is no tool 'fly'",
        ),
        (
            "name: t\nprotocol: react\nroles: {a: {goal: g}}\npermissions: [{tool: flies, decision: deny}]",
            "permissions: no tool fits 'flies'",
        ),
        (
            "name: t\nprotocol: react\nroles: {a: {goal: g, watches: [SystemDesign]}}",
            "roles.a.watches: in react nobody waits for artifacts; that is for sop",
        ),
    ],
)
def test_a_team_that_cannot_work_is_refused_with_the_reason(text: str, says: str) -> None:
    assert says in problems(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: t\nprotocol: fly\nroles: {a: {goal: g}}", "does not match any of the expected tags"),
        ("name: T 1\nprotocol: react\nroles: {a: {goal: g}}", "name: String should match pattern"),
        ("name: t\nprotocol: react\nroles: {}", "roles: Dictionary should have at least 1 item"),
        ("name: t\nprotocol: react\nroles: {a: {gaol: g}}", "roles.a.gaol: Extra inputs are not permitted"),
        ("name: t\nprotocol: react\nmost: 0\nroles: {a: {goal: g}}", "most: "),
        (HEAD + STATES.replace("{end: true}", "{roles: [a]}"), "either has `end: true` or a `next`"),
        ("a: [", "is no YAML"),
        ("just text", "does not describe a team"),
    ],
)
def test_a_file_that_does_not_fit_the_schema_is_refused_with_the_place(text: str, says: str) -> None:
    assert says in problems(text)


def test_tools_of_a_server_are_known_by_its_name_before_it_is_connected() -> None:
    text = "name: t\nprotocol: react\nroles: {a: {goal: g, tools: ['time_*']}}\n"
    checked(text + "tools: {mcp: [{name: time, command: [x]}]}")
    assert "there is no tool 'time_*'" in problems(text)


def test_permissions_for_a_server_s_tools_and_precautions_need_no_known_tool() -> None:
    rules = "permissions: [{tool: time_set, decision: deny}, {tool: '*delete*', decision: deny}]\n"
    text = f"name: t\nprotocol: react\nroles: {{a: {{goal: g}}}}\n{rules}"
    checked(text + "tools: {mcp: [{name: time, command: [x]}]}")
    assert "no tool fits 'time_set'" in problems(text) and "delete" not in problems(text)


def test_a_missing_or_binary_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_team(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_team(tmp_path / "b.yaml")


def test_the_json_schema_names_every_protocol() -> None:
    schema = json.dumps(team_schema())
    for protocol in ("round_robin", "states", "sop", "debate", "role_play", "code_act"):
        assert f'"{protocol}"' in schema


def test_a_procedure_goes_from_state_to_state_by_rules() -> None:
    team = build_team(checked(HEAD + STATES.replace("one: {", "one: {instruction: Be bold., ")), SKILLS)
    done = run(team, {"speak": ["draft", "no", "better draft", "OK"]})
    assert [speaker for speaker, _ in done.spoken] == ["a", "b", "a", "b"]
    assert "Be bold." in done.model.calls[0].prompt.user
    assert (done.ending.text, done.ending.reason) == ("OK", "the state done")


def test_a_model_may_decide_which_state_follows() -> None:
    text = HEAD + STATES.replace("two: {", "two: {controller: model, ").replace(", when: {says: OK}", "")
    done = run(
        build_team(checked(text), SKILLS),
        {
            "speak": ["x", "y", "z", "w"],
            "choose": ['{"reason": "r", "choice": "one"}', '{"reason": "r", "choice": "done"}'],
        },
    )
    assert [choice.choice for choice in done.pool.artifacts(Choice)] == ["one", "done"]


def test_roles_act_when_what_they_watch_arrives() -> None:
    from dataclasses import replace

    from makery.kernel.artifact import Frozen
    from makery.kernel.documents import ProductRequirements
    from makery.kernel.skill import Skill

    class Prd(Skill[Frozen, ProductRequirements]):
        name = "write_prd"
        purpose = "t"

        def gather(self, act, artifacts):
            return Frozen()

        async def run(self, given, tools):
            return ProductRequirements(title="T", goals=(), stories=())

    class Sum(Skill[Frozen, Answer]):
        name = "search_and_summarize"
        purpose = "t"

        def gather(self, act, artifacts):
            assert artifacts.one(ProductRequirements)
            return Frozen()

        async def run(self, given, tools):
            return Answer(text="summed up")

    team = build_team(checked(SOP), SKILLS)
    skills = {**team.skills, "write_prd": Prd(), "search_and_summarize": Sum()}
    done = run(replace(team, skills=skills), {})
    assert [message.skill for message in done.pool][1:] == ["write_prd", "search_and_summarize", "conclude"]
    assert done.ending.reason == "a Answer is there"


def drawn(text: str) -> list[str]:
    return [f"{a.start} -{a.label}-> {a.end}" for a in arrows(checked("name: t\n" + text), SKILLS)]


THREE = "roles:\n  a: {goal: g}\n  b: {goal: g}\n  c: {goal: g}\n"


@pytest.mark.parametrize(
    ("text", "shows", "never"),
    [
        (
            "protocol: task_graph\ncontroller: b\n",
            {"task --> b", "b -a part-> a", "a -its result-> b", "b -a part-> c", "b -the sum-> end"},
            {"a --> c", "a --> b", "c --> end"},
        ),
        (
            "protocol: selected\n",
            {"task --> Next speaker", "Next speaker -a model chooses-> a", "c --> Next speaker"},
            {"a --> b", "c --> a", "c --> end"},
        ),
        (
            "protocol: manual\n",
            {"Next speaker -a person chooses-> b", "Next speaker -until 12 turns-> end"},
            {"a --> b", "b --> c"},
        ),
        (
            "protocol: town\nplaces: [inn]\n",
            {"task --> Hour", "Hour -chooses a place-> a", "b -who meets may talk-> Meetings"}
            | {"Meetings -the next hour-> Hour", "Meetings -after 6 hours-> end"},
            {"a --> b"},
        ),
        (
            "protocol: werewolf\nseer: false\n",
            {"task -a secret part-> a", "a --> Night", "Night -who was killed-> Day"}
            | {"Day -who has to go-> Night", "Day -one side has won-> end", "Night -one side has won-> end"},
            {"a --> b", "c --> end"},
        ),
        (
            "protocol: role_play\nuser: a\nassistant: b\ncritic: c\n",
            {"a -proposals-> c", "c -the best instruction-> b", "c -the best solution-> a"},
            {"a -instruction-> b"},
        ),
        ("protocol: round_robin\n", {"a --> b", "b --> c", "c --> a"}, set()),
    ],
)
def test_a_team_is_drawn_as_what_it_is(text, shows, never) -> None:
    found = set(drawn(text + THREE))
    assert shows <= found, found
    assert not never & found


def test_an_interpreter_is_drawn_with_its_person_and_boxes_of_two_words_have_one_name() -> None:
    text = "protocol: interpreter\nroles: {a: {goal: g}, me: {goal: g, human: always}}\n"
    assert {"a -code and answers-> me", "me -consent and wishes-> a", "me -leaves-> end"} <= set(drawn(text))
    team = checked("name: t\nprotocol: selected\n" + THREE)
    assert 'Next_speaker["Next speaker"] -->|"a model chooses"| a[a]' in mermaid(team, SKILLS)
    assert "Next speaker" in svg(team, SKILLS)


def test_pairs_are_drawn_once_with_all_their_reasons() -> None:
    team = checked(HEAD + STATES.replace("{to: one}]", "{to: done, when: {visits: 2}}, {to: one}]"))
    assert '    two[two] -->|"says OK or visit 2"| done[done]' in mermaid(team, SKILLS)
    assert svg(team, SKILLS).count("marker-end") == 5


def test_a_picture_holds_no_markup_of_a_team_s_texts() -> None:
    team = checked(HEAD + STATES.replace("says: OK", "says: '<script>'"))
    assert "<script>" not in svg(team, SKILLS)
