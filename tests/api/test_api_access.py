"""Nobody gets at what is not theirs: keys, scopes, organisations, projects, quotas, limits."""

import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_server import TOKEN, Gate, caller, make_factory, served
from app_standins import REQUIREMENT

from makery.interfaces.server import whole_application

API = "/api/v1"
RUNS = f"{API}/runs"
ORDER = {"requirement": REQUIREMENT}
KeyOf = Callable[..., str]


@pytest.fixture
def url(tmp_path: Path, gate: Gate) -> Any:
    factory = make_factory(tmp_path, gate, server={"private_webhooks": True})
    with served(whole_application(factory, token=TOKEN)) as address:
        yield address


def test_a_key_is_confined_to_its_project(url: str, key_of: KeyOf, gate: Gate) -> None:
    gate.open()
    with caller(url, key_of("ours")) as admin:
        made = [admin.post(f"{API}/projects", json={"name": name}).json()["id"] for name in ("a", "b")]
        keys = [
            admin.post(f"{API}/keys", json={"name": "k", "scopes": ["admin"], "project": id_}).json()["key"]
            for id_ in made
        ]
        with caller(url, keys[0]) as first, caller(url, keys[1]) as second:
            run = first.post(RUNS, json=ORDER).json()
            assert run["project"] == made[0]
            assert second.get(f"{RUNS}/{run['id']}").status_code == 404
            assert second.get(RUNS).json()["items"] == []
            assert second.get(RUNS, params={"project": "a"}).status_code == 404
            assert second.post(RUNS, json={**ORDER, "project": "a"}).status_code == 404
            wider = {"name": "w", "scopes": ["admin"], "project": made[0]}
            assert second.post(f"{API}/keys", json=wider).status_code == 403
            inherited = second.post(f"{API}/keys", json={"name": "i", "scopes": ["runs:read"]}).json()
            assert inherited["project"] == made[1]
            assert second.get(f"{API}/users").status_code == 403
        assert admin.get(f"{RUNS}/{run['id']}").status_code == 200


def test_scopes_bound_what_a_key_may_do(url: str, key_of: KeyOf) -> None:
    with caller(url, key_of("ours", "runs:read")) as reader:
        assert reader.get(RUNS).status_code == 200
        refused = reader.post(RUNS, json=ORDER)
        assert refused.status_code == 403
        assert "runs:write" in refused.json()["detail"]
        assert reader.get(f"{API}/keys").status_code == 403
        assert reader.get("/metrics").status_code == 403
        assert reader.post(f"{API}/keys", json={"name": "x", "scopes": ["admin"]}).status_code == 403


def test_nobody_issues_a_key_that_is_stronger_than_the_own_one(url: str, key_of: KeyOf) -> None:
    with caller(url, key_of("ours")) as admin:
        wanted: dict[str, Any] = {"name": "x", "scopes": ["operator"]}
        assert admin.post(f"{API}/keys", json=wanted).status_code == 403
        abroad = {"name": "x", "scopes": ["runs:read"], "organisation": "local"}
        assert admin.post(f"{API}/keys", json=abroad).status_code == 403


def test_a_revoked_an_expired_and_a_disabled_user_s_key_open_nothing(
    api: httpx2.Client, url: str, gate: Gate
) -> None:
    user = api.post(f"{API}/users", json={"name": "u"}).json()["id"]
    orders: list[dict[str, Any]] = [{}, {"days": 1e-9}, {"user": user}]
    made = [
        api.post(f"{API}/keys", json={"name": "k", "scopes": ["runs:read"], **more}).json() for more in orders
    ]
    statuses = []
    for issued in made:
        with caller(url, issued["key"]) as client:
            statuses.append(client.get(RUNS).status_code)
    assert statuses == [200, 401, 200]
    assert api.delete(f"{API}/keys/{made[0]['id']}").status_code == 204
    assert api.delete(f"{API}/users/{user}").status_code == 204
    for issued in made:
        with caller(url, issued["key"]) as client:
            assert client.get(RUNS).status_code == 401


def test_registers_come_in_pages_that_hold_everything_once(api: httpx2.Client) -> None:
    made = [api.post(f"{API}/users", json={"name": f"u{n}"}).json()["id"] for n in range(5)]
    found, after = [], ""
    while True:
        page = api.get(f"{API}/users", params={"most": 2, "after": after}).json()
        found += [user["id"] for user in page["items"]]
        after = page["next"]
        if not after:
            break
    assert found == sorted(made)


def test_keys_are_kept_as_digests_only(api: httpx2.Client, tmp_path: Path) -> None:
    issued = api.post(f"{API}/keys", json={"name": "k", "scopes": ["runs:read"]}).json()
    secret = issued["key"].split("_", 2)[2]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("makery.db*"))
    assert issued["id"].encode() in kept
    assert secret.encode() not in kept
    assert secret not in api.get(f"{API}/keys").text


def test_quotas_bound_runs_and_what_each_may_use(
    api: httpx2.Client, url: str, key_of: KeyOf, gate: Gate
) -> None:
    key = key_of("ours", quota={"concurrent_runs": 1, "runs_per_day": 2, "tokens_per_month": 500_000})
    with caller(url, key) as client:
        run = client.post(RUNS, json={**ORDER, "max_tokens": 300_000}).json()["id"]
        refused = client.post(RUNS, json=ORDER)
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:makery:QuotaReached")
        gate.open()
        with client.stream("GET", f"{RUNS}/{run}/events") as stream:
            stream.read()
        assert client.post(RUNS, json=ORDER).status_code == 201
        third = client.post(RUNS, json=ORDER)
        assert "24 hours" in third.json()["detail"] or "at a time" in third.json()["detail"]


def test_a_quota_of_money_is_not_got_around_by_a_model_without_a_price(url: str, key_of: KeyOf) -> None:
    with caller(url, key_of("ours", quota={"usd_per_month": 5})) as client:
        refused = client.post(RUNS, json={**ORDER, "allow_unknown_price": True})
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:makery:QuotaReached")
        assert client.post(RUNS, json=ORDER).status_code == 201


def test_events_do_not_tell_where_the_server_keeps_things(
    url: str, key_of: KeyOf, gate: Gate, tmp_path: Path
) -> None:
    gate.open()
    with caller(url, key_of("ours")) as client:
        run = client.post(RUNS, json=ORDER).json()["id"]
        with client.stream("GET", f"{RUNS}/{run}/events") as stream:
            told = stream.read().decode()
    assert "run_started" in told
    assert str(tmp_path) not in told


def test_models_by_address_are_for_the_operator_alone(url: str, key_of: KeyOf, gate: Gate) -> None:
    gate.open()
    with caller(url, key_of("ours")) as client:
        run = client.post(RUNS, json=ORDER).json()["id"]
        for model in ("m@http://169.254.169.254/latest", "m@http://[::1]:9/v1", "/etc/passwd.gguf"):
            orders = [
                (RUNS, ORDER),
                (f"{RUNS}/{run}/fork", {"at": "write_code"}),
                (f"{API}/teams/debate/runs", {"task": "x"}),
                (f"{API}/teams/software_company.direct/runs", {"task": REQUIREMENT}),
            ]
            for place, order in orders:
                refused = client.post(place, json={**order, "model": model})
                assert refused.status_code == 403, (place, refused.text)


def test_forks_and_teams_count_against_the_quota_like_any_run(url: str, key_of: KeyOf, gate: Gate) -> None:
    gate.open()
    with caller(url, key_of("ours", quota={"runs_per_day": 1, "usd_per_month": 5})) as client:
        run = client.post(RUNS, json=ORDER).json()["id"]
        for place, order in (
            (f"{RUNS}/{run}/fork", {"at": "write_code"}),
            (f"{API}/teams/debate/runs", {"task": "x"}),
        ):
            for more in ({}, {"allow_unknown_price": True}):
                refused = client.post(place, json={**order, **more})
                assert (refused.status_code, refused.json()["type"]) == (429, "urn:makery:QuotaReached")


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2f..%2fhome%2fmakery.db",
        "%2e%2e/%2e%2e/home/makery.db",
        "%2fetc%2fpasswd",
        ".git/config",
        ".makery/lock",
        "C:%5Cx",
        "a%00b",
        "link",
    ],
)
def test_a_file_s_name_never_leads_out_of_the_run(
    api: httpx2.Client, gate: Gate, tmp_path: Path, path: str
) -> None:
    gate.open()
    run = api.post(RUNS, json=ORDER).json()["id"]
    with api.stream("GET", f"{RUNS}/{run}/events") as stream:
        stream.read()
    folder = tmp_path / "home" / "projects" / "local" / "default" / run
    (folder / "link").symlink_to("/etc/passwd")
    answer = api.get(f"{RUNS}/{run}/files/{path}")
    assert answer.status_code == 404, answer.text
    assert b"root:" not in api.get(f"{RUNS}/{run}/archive").content


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def link() -> bytes:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((info, b"/etc/passwd"))


def tarred(name: str, kind: bytes, target: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        archive.addfile(info)
    return packed.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(zipped(("../evil.py", b"x")), id="zip slip"),
        pytest.param(zipped(("/tmp/evil.py", b"x")), id="absolute"),
        pytest.param(zipped(("a\\..\\..\\evil.py", b"x")), id="backslash"),
        pytest.param(link(), id="link in a zip"),
        pytest.param(tarred("link", tarfile.SYMTYPE, "/etc/passwd"), id="link in a tar"),
        pytest.param(tarred("hard", tarfile.LNKTYPE, "/etc/passwd"), id="hard link"),
        pytest.param(tarred("pipe", tarfile.FIFOTYPE), id="pipe"),
        pytest.param(zipped(("bomb.txt", b"0" * (40 << 20))), id="bomb"),
        pytest.param(zipped(("a", b"x"), ("a/b", b"x")), id="file and folder"),
        pytest.param(zipped((".git/config", b"x")), id="nothing but .git"),
        pytest.param(b"not an archive", id="garbage"),
        pytest.param(zipped(("a.py", b"x" * 1000))[:60], id="cut"),
    ],
)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    api: httpx2.Client, tmp_path: Path, archive: bytes
) -> None:
    answer = api.post(f"{RUNS}/change", data={"order": json.dumps(ORDER)}, files={"archive": archive})
    assert answer.status_code == 422, answer.text
    assert answer.json()["remedy"] or "link" in answer.text or "twice" in answer.text
    projects = tmp_path / "home" / "projects"
    assert [path for path in projects.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "evil.py").exists()


def test_what_models_write_is_never_a_page_in_a_browser(
    api: httpx2.Client, gate: Gate, tmp_path: Path
) -> None:
    gate.open()
    run = api.post(RUNS, json=ORDER).json()["id"]
    with api.stream("GET", f"{RUNS}/{run}/events") as stream:
        stream.read()
    folder = tmp_path / "home" / "projects" / "local" / "default" / run
    for name in ("page.html", "picture.svg", "script.js"):
        (folder / name).write_text("<script>alert(1)</script>", encoding="utf-8")
        answer = api.get(f"{RUNS}/{run}/files/{name}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")
