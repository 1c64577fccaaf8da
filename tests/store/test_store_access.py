"""The tables of a server for many, on SQLite and PostgreSQL."""

import pytest

from makery.kernel.errors import InputError
from makery.store.access import LOCAL, Access, Key, Quota
from makery.store.database import Database
from makery.store.ownership import Owner, Ownership
from makery.store.relay_usage import RelayUsage, RelayUse
from makery.store.runs import Runs
from makery.store.webhooks import Webhook, Webhooks


def test_the_operator_s_own_organisation_is_always_there(database: Database) -> None:
    for _ in range(2):
        access = Access(database)
    assert [known.id for known in access.organisations()] == [LOCAL]
    assert [project.id for project in access.projects(LOCAL)] == ["default"]


def test_names_are_unique_where_they_have_to_be(database: Database) -> None:
    access = Access(database)
    first = access.add_organisation("a", Quota(runs_per_day=3))
    second = access.add_organisation("b", Quota())
    with pytest.raises(InputError, match="there already"):
        access.add_organisation("a", Quota())
    access.add_user(first.id, "u")
    access.add_user(second.id, "u")
    with pytest.raises(InputError, match="there already"):
        access.add_user(first.id, "u")
    assert access.organisation(first.id) == first


def test_expired_revoked_and_disabled_keys_are_not_usable(database: Database) -> None:
    now = 1000.0
    access = Access(database, clock=lambda: now)
    user = access.add_user(LOCAL, "u")
    for name, more in {"a": {}, "b": {"expires": 1500.0}, "c": {"user": user.id}}.items():
        access.add_key(
            Key(id=name, organisation=LOCAL, name=name, digest="d", scopes=("relay",), created=now, **more)
        )
    assert all(access.usable_key(name) for name in "abc")
    now = 2000.0
    access.revoke_key("a")
    access.disable_user(user.id)
    assert [access.usable_key(name) for name in "abc"] == [None] * 3
    assert access.usable_key("unknown") is None


def test_a_run_is_seen_by_its_owner_alone_and_an_unclaimed_one_by_the_operator(database: Database) -> None:
    ownership, runs = Ownership(database), Runs(database)
    for id_, owner in {"1": ("a", "p"), "2": ("a", "q"), "3": ("b", "r")}.items():
        ownership.claim(id_, Owner(organisation=owner[0], project=owner[1]))
        runs.create("x", mode="duo", model="m", out="/o", id=id_)
    runs.create("x", mode="duo", model="m", out="/o", id="4")

    def seen(*whose: str) -> list[str]:
        return [owned.record.id for owned in ownership.page(*whose, most=10)]

    assert (seen("a"), seen("a", "q"), seen("b"), seen(LOCAL)) == (["2", "1"], ["2"], ["3"], ["4"])
    assert [owned.record.id for owned in ownership.page("a", most=10, before="2")] == ["1"]
    assert ownership.find("3", "a") is None
    assert ownership.find("4", LOCAL, "default") is not None


def test_an_idempotency_key_is_taken_once_for_each_organisation(database: Database) -> None:
    ownership = Ownership(database)
    assert ownership.begin_once("a", "k", "d1") is None
    assert ownership.begin_once("b", "k", "d1") is None
    ownership.done_once("a", "k", "run")
    claim = ownership.begin_once("a", "k", "d2")
    assert claim is not None
    assert (claim.digest, claim.run) == ("d1", "run")
    ownership.undo_once("b", "k")
    assert ownership.begin_once("b", "k", "d3") is None


def test_use_adds_up_by_key_model_and_day(database: Database) -> None:
    usage = RelayUsage(database)
    one = RelayUse(
        key="k", organisation="a", model="m", day="2026-01-02", prompt_tokens=3, completion_tokens=2, usd=0.5
    )
    usage.add([one, one, one.model_copy(update={"day": "2026-01-03"})])
    usage.add([one.model_copy(update={"organisation": "b", "key": "other"})])
    assert usage.spent("k") == (15, 1.5)
    assert usage.spent("nobody") == (0, 0.0)
    assert [(row.day, row.calls, row.prompt_tokens) for row in usage.rows("a")] == [
        ("2026-01-02", 2, 6),
        ("2026-01-03", 1, 3),
    ]
    assert len(usage.rows("a", since="2026-01-03")) == 1


def test_webhooks_are_removed_by_their_owner_alone(database: Database) -> None:
    webhooks = Webhooks(database)
    webhooks.add(Webhook(id="w", organisation="a", url="http://x/", secret="s", events=("e",), created=1.0))
    assert not webhooks.remove("b", "w")
    assert [hook.events for hook in webhooks.of("a")] == [("e",)]
    assert webhooks.remove("a", "w")
    assert webhooks.of("a") == ()
