"""The plug-in works once it is installed: its team can work, and its tools are there."""

import asyncio

from makery.app.build_societies import offered_functions
from makery.app.societies import built_in_teams, team_order
from makery.kernel.absent import Nobody
from makery.kernel.tool import ToolCall
from makery.tools.permission import Permissions, Rule
from makery.tools.toolset import ToolBelt
from makery_words import PROOFREADERS

ALLOW = Rule(tool="words_*", decision="allow")


def test_the_team_is_found_by_its_name():
    assert built_in_teams()["proofreaders"] == PROOFREADERS
    assert team_order("proofreaders", "x").name == "proofreaders"


def test_the_kit_s_tools_are_offered_and_work():
    belt = ToolBelt(offered_functions(), people=Nobody(), permissions=Permissions(rules=(ALLOW,)))
    assert [spec.name for spec in belt.offered(("words_*",))] == ["words_count", "words_longest"]
    call = ToolCall(id="c", tool="words_count", arguments={"text": "one two three"})
    assert asyncio.run(belt.call(call, ("words_*",))).text == "3"
