"""What two programs do is compared where both gave an answer."""

from makery.kernel.documents import Behaviour


def behaviour(**values: str) -> Behaviour:
    return Behaviour(candidate=0, revision=0, values=tuple(values.items()))


def test_programs_differ_where_both_answered_and_not_alike():
    one, other = behaviour(a="1", b="2", c=""), behaviour(a="1", b="3", c="4", d="5")
    assert one.differs(other) == other.differs(one) == ("b",)
    assert not one.agrees(other)


def test_programs_agree_that_answered_half_of_the_calls_alike():
    assert behaviour(a="1", b="").agrees(behaviour(a="1", b="2"))
    assert not behaviour(a="1", b="", c="").agrees(behaviour(a="1", b="2", c="3"))
    assert behaviour(a="1", b="").unanswered == 1


def test_what_was_never_called_proves_no_agreement():
    assert not behaviour().agrees(behaviour())
    assert not behaviour().agrees(behaviour(a="1"))
