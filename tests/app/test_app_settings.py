"""Settings come from one documented place, later sources win, and mistakes name their place."""

import tomllib
from pathlib import Path

import pytest

from makery.app.settings_sources import load_settings, user_file
from makery.app.settings_template import template, undocumented, write_template
from makery.kernel.errors import SettingsError


def user_settings(text: str) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text, encoding="utf-8")


def test_every_setting_is_documented() -> None:
    assert undocumented() == []


def test_the_template_is_a_settings_file_that_changes_nothing(tmp_path: Path) -> None:
    assert write_template(tmp_path / "makery.toml")

    assert load_settings({}, folder=tmp_path) == load_settings({}, folder=tmp_path / "elsewhere")
    assert all(not section for section in tomllib.loads(template()).values())


def test_an_existing_settings_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "makery.toml"
    path.write_text("seed = 7\n", encoding="utf-8")

    assert not write_template(path)
    assert path.read_text(encoding="utf-8") == "seed = 7\n"


def test_later_sources_win(tmp_path: Path) -> None:
    user_settings('seed = 1\nmodel = "a"\nmax_calls = 1\nmax_tokens = 1\n')
    (tmp_path / "makery.toml").write_text("seed = 2\nmax_calls = 2\nmax_tokens = 2\n", encoding="utf-8")

    found = load_settings(
        {"MAKERY_MAX_CALLS": "3", "MAKERY_MAX_TOKENS": "3"}, folder=tmp_path, options={"max_tokens": 4}
    )

    assert (found.model, found.seed, found.max_calls, found.max_tokens) == ("a", 2, 3, 4)


def test_sections_of_several_sources_are_merged_key_by_key(tmp_path: Path) -> None:
    user_settings("[embedded]\nslots = 2\nthreads = 3\n")

    found = load_settings({"MAKERY_EMBEDDED__SLOTS": "8"}, folder=tmp_path)

    assert (found.embedded.slots, found.embedded.threads) == (8, 3)


def test_the_data_folder_can_be_moved(tmp_path: Path) -> None:
    assert load_settings({"MAKERY_HOME": str(tmp_path)}, folder=tmp_path).home == tmp_path


def test_a_wrong_key_names_file_line_and_the_nearest_key(tmp_path: Path) -> None:
    user_settings('# mine\nmodel = "a"\nmax_token = 5\n')

    with pytest.raises(SettingsError) as caught:
        load_settings({}, folder=tmp_path)

    assert f"{user_file()}, line 3" in str(caught.value)
    assert "'max_token'" in str(caught.value) and "'max_tokens'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("\n[embedded]\nslot = 2\n", "line 3"),
        ("[providers.openai]\nbase_url = 'x'\napi_kee = 'k'\n", "line 3"),
        ("seed = 'many'\n", "line 1"),
        ("[embedded]\n# none\nslots = 0\n", "line 3"),
        ("embedded.slots = 0\n", "line 1"),
    ],
)
def test_a_wrong_value_names_its_line(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "makery.toml").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=place):
        load_settings({}, folder=tmp_path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "makery.toml").write_text("model = \n", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"makery\.toml"):
        load_settings({}, folder=tmp_path)


def test_a_misspelt_variable_is_told_instead_of_ignored(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MAKERY_MAX_UDS") as caught:
        load_settings({"MAKERY_MAX_UDS": "1"}, folder=tmp_path)

    assert "max_usd" in str(caught.value)


def test_keys_are_never_shown(tmp_path: Path) -> None:
    found = load_settings({"MAKERY_PROVIDERS__OPENAI__API_KEY": "sk-secret"}, folder=tmp_path)

    assert "sk-secret" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
    assert found.providers["openai"].api_key.get_secret_value() == "sk-secret"


def test_a_wrong_value_beside_a_key_does_not_show_the_key(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"MAKERY_PROVIDERS__OPENAI": "sk-secret"}, folder=tmp_path)

    assert "sk-secret" not in str(caught.value)


UNFIT = {
    "MAKERY_MODE": ("trio", "'mode' has to be 'auto', 'direct', 'duo' or 'company'"),
    "MAKERY_MAX_USD": ("-1", "'max_usd' has to be 0 or more"),
    "MAKERY_MAX_MINUTES": ("soon", "'max_minutes' has to be a number"),
    "MAKERY_CACHE": ("perhaps", "'cache' has to be true or false"),
    "MAKERY_EMBEDDED__SLOTS": ("99", "'embedded.slots' has to be 64 or less"),
    "MAKERY_EMBEDDED": ("3", "'embedded' is a section"),
}


@pytest.mark.parametrize(("name", "value", "told"), [(n, *rest) for n, rest in UNFIT.items()], ids=UNFIT)
def test_an_unfit_setting_is_told_in_our_own_words(tmp_path: Path, name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings({name: value}, folder=tmp_path)

    assert told in caught.value.message and "Input should" not in caught.value.message


def test_an_unfit_setting_in_a_file_names_its_line_and_what_it_has_to_be(tmp_path: Path) -> None:
    (tmp_path / "makery.toml").write_text('seed = 1\nmode = "trio"\n', encoding="utf-8")

    with pytest.raises(SettingsError, match=r"line 2: 'mode' has to be 'auto', 'direct', 'duo' or 'company'"):
        load_settings({}, folder=tmp_path)


def test_an_organisation_has_no_more_calls_at_once_than_all_of_them(tmp_path: Path) -> None:
    user_settings('[workers.models."openai/gpt-4.1-mini"]\nat_once = 2\nat_once_per_tenant = 3\n')
    with pytest.raises(SettingsError, match="at_once_per_tenant is more than at_once"):
        load_settings({}, folder=tmp_path)
