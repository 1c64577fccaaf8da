"""A claim that the quoted results do not hold is found; one that they hold is left alone."""

import pytest

from makery.skills.support import unsupported

RESULTS = (
    "FTS5 Full-text search, released in 2015 with SQLite 3.9.0",
    "Bees They pollinate 35 % of crops",
    "SQLite 全文检索 FTS5 于2015年发布",
)


@pytest.mark.parametrize(
    "text",
    [
        "FTS5 was released in 2015 [1].",
        "FTS5 was released in 2015. [1]",
        "It came with SQLite 3.9.0 [1]. Bees pollinate 35 % of crops [2].",
        "FTS5 于2015年发布 [3]。",
        "全文检索于2015年发布 [1]。",
        "It was released [2][1].",
        "",
    ],
)
def test_what_the_quoted_results_say_is_supported(text):
    assert unsupported(text, RESULTS) == ()


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("FTS5 was released in 2016 [1].", "FTS5 was released in 2016 [1]."),
        ("FTS5 was released in 2015 [2].", "FTS5 was released in 2015 [2]."),
        ("It is fast.", "It is fast."),
        ("It is fast [7].", "It is fast [7]."),
        ("FTS5 was released in 2015 [1]. Everybody loves penguins [1].", "Everybody loves penguins [1]."),
        ("蜜蜂会跳舞 [3]。", "蜜蜂会跳舞 [3]。"),
    ],
)
def test_a_claim_that_they_do_not_hold_is_named(text, doubtful):
    assert unsupported(text, RESULTS) == (doubtful,)
