"""The pool only grows; messages and artifacts come back from their records as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.documents import CodeReview, Problem, SourceCode, SourceFile
from makery.kernel.errors import ContractViolation
from makery.kernel.message import EVERYONE, Message, derived_id
from makery.kernel.pool import Pool


class Fact(Artifact):
    text: str


class Remark(Artifact):
    number: int


ARTIFACTS = st.one_of(st.builds(Fact, text=st.text()), st.builds(Remark, number=st.integers()))
ROLES = st.sampled_from(["engineer", "qa_engineer", "architect"])


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Messages in which each is caused by some of those before it."""
    messages: list[Message] = []
    for number in range(draw(st.integers(0, 8))):
        known = [message.id for message in messages]
        causes = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        audience = draw(st.sampled_from([(EVERYONE,), ("engineer",), ("architect", "qa_engineer")]))
        messages.append(
            Message(
                id=f"m{number}",
                sender=draw(ROLES),
                skill=draw(st.text(max_size=5)),
                artifact=draw(ARTIFACTS),
                causes=tuple(causes),
                audience=audience,
            )
        )
    return messages


@given(histories())
def test_messages_stay_in_the_order_they_were_published(messages: list[Message]) -> None:
    pool = Pool(tuple(messages))
    assert list(pool) == messages
    assert len(pool) == len(messages)
    assert all(message.id in pool and pool[message.id] == message for message in messages)


@given(histories(), st.data())
def test_publishing_again_changes_nothing(messages: list[Message], data: st.DataObject) -> None:
    pool = Pool(tuple(messages))
    repeated = data.draw(st.lists(st.sampled_from(messages), max_size=5)) if messages else []
    assert not any(pool.publish(message) for message in repeated)
    assert list(pool) == messages


@given(histories(), st.data())
def test_what_was_published_is_never_changed_by_what_follows(
    messages: list[Message], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(messages)))
    pool = Pool(tuple(messages[:cut]))
    seen = iter(pool)
    for message in messages[cut:]:
        assert pool.publish(message)
    assert list(seen) == messages[:cut]
    assert list(pool)[:cut] == messages[:cut]


@given(histories().filter(bool), st.data())
def test_other_content_under_a_known_id_is_refused(messages: list[Message], data: st.DataObject) -> None:
    pool = Pool(tuple(messages))
    forged = data.draw(st.sampled_from(messages)).model_copy(update={"sender": "somebody else"})
    with pytest.raises(ContractViolation, match="other content"):
        pool.publish(forged)
    assert list(pool) == messages


@given(histories(), st.text(min_size=1))
def test_a_cause_that_is_not_in_the_pool_is_refused(messages: list[Message], cause: str) -> None:
    pool = Pool(tuple(messages))
    orphan = Message(id="orphan", sender="x", artifact=Fact(text=""), causes=(f"?{cause}",))
    with pytest.raises(ContractViolation, match="unknown messages"):
        pool.publish(orphan)
    assert "orphan" not in pool


@given(histories(), ROLES)
def test_a_reader_sees_exactly_what_is_meant_for_it(messages: list[Message], reader: str) -> None:
    pool = Pool(tuple(messages))
    for kind in (Fact, Remark, Artifact):
        everything = [m for m in messages if isinstance(m.artifact, kind)]
        assert list(pool.of(kind)) == everything
        assert list(pool.of(kind, reader=reader)) == [
            m for m in everything if m.audience == (EVERYONE,) or reader in m.audience
        ]
        assert [m.artifact for m in everything] == list(pool.artifacts(kind))
        assert pool.latest(kind) == (everything[-1].artifact if everything else None)


@given(histories())
def test_a_message_comes_back_from_its_record_and_from_json(messages: list[Message]) -> None:
    for message in messages:
        again = Message.model_validate(message.record())
        assert again == message
        assert type(again.artifact) is type(message.artifact)


def test_nested_documents_survive_the_record() -> None:
    code = SourceCode(candidate=1, revision=2, files=(SourceFile(path="a.py", content="x\0\u2028"),))
    review = CodeReview(candidate=1, revision=2, problems=(Problem(where="a", what="b"),), approved=False)
    for artifact in (code, review):
        message = Message(id="m", sender="engineer", artifact=artifact)
        assert Message.model_validate(message.record()).artifact == artifact


def test_messages_and_artifacts_cannot_be_changed() -> None:
    message = Message(id="m", sender="engineer", artifact=Fact(text="x"))
    for value, name in ((message, "sender"), (message.artifact, "text")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, name, "y")


# ------------------------------------------------------------------- identities


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_an_id_is_the_same_exactly_when_its_parts_are(one: list[str], other: list[str]) -> None:
    # \x1f separates the parts; it cannot be typed into a name.
    one = [part.replace("\x1f", "") for part in one] or ["-"]
    other = [part.replace("\x1f", "") for part in other] or ["-"]
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


def test_acts_are_told_apart_by_role_skill_inputs_and_options_but_not_by_label() -> None:
    act = Act(role="r", skill="s", inputs=("a",), options=(("n", "1"),), label="x")
    assert act.id == act.model_copy(update={"label": "other"}).id
    for change in ({"role": "q"}, {"skill": "t"}, {"inputs": ("a", "b")}, {"options": (("n", "2"),)}):
        assert act.model_copy(update=change).id != act.id
    assert (act.option("n"), act.option("m", "default")) == ("1", "default")


# --------------------------------------------------------------------- artifacts


def test_an_artifact_is_loaded_by_its_kind() -> None:
    assert Artifact.load(Fact.kind(), {"text": "x"}) == Fact(text="x")


def test_an_unknown_kind_is_a_contract_violation() -> None:
    with pytest.raises(ContractViolation, match="'Nothing'"):
        Artifact.load("Nothing", {})


def test_two_kinds_of_one_name_in_different_modules_are_refused() -> None:
    with pytest.raises(ContractViolation, match="Two artifact kinds are called 'Requirement'"):
        type("Requirement", (Artifact,), {"__module__": __name__, "__annotations__": {}})


def test_an_artifact_refuses_fields_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Artifact.load("Fact", {"text": "x", "more": 1})


def test_replacing_fields_validates_again() -> None:
    assert Fact(text="x").replace(text="y") == Fact(text="y")
    with pytest.raises(ValidationError):
        Fact(text="x").replace(text=None)
