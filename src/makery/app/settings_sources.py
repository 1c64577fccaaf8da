"""Where settings come from: defaults, files, environment, options; later ones win."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from makery.app.settings import Settings
from makery.app.unfit import first_unfit
from makery.kernel.errors import SettingsError

PREFIX = "MAKERY_"
PROJECT_FILE = "makery.toml"

Values = dict[str, Any]


def load_settings(
    environ: Mapping[str, str],
    *,
    folder: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings in force in a folder.

    Args:
        environ: the process's environment; only `MAKERY_…` is read.
        folder: where a project's `makery.toml` is looked for; the current one if None.
        options: what the command line says; None values are left out.

    Raises:
        SettingsError: a source holds an unknown key or an unusable value; names file, line and key.
    """
    values: Values = {"home": default_home()}
    for path in settings_files(folder or Path.cwd()):
        values = _merged(values, _read(path))
    values = _merged(values, _from_environment(environ))
    given = {key: value for key, value in (options or {}).items() if value is not None}
    settings = _validated(_merged(values, given), "the options")
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def default_home() -> Path:
    """The folder for Makery's own data, where the operating system wants it."""
    from platformdirs import user_data_path

    return user_data_path("makery", appauthor=False)


def user_file() -> Path:
    """The settings file of this user; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("makery", appauthor=False) / "settings.toml"


def settings_files(folder: Path) -> tuple[Path, ...]:
    """The settings files that are read for a folder, weakest first; they need not exist."""
    return user_file(), folder / PROJECT_FILE


def _read(path: Path) -> Values:
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from error
    _check(values, lambda keys: f"{path}, line {line_of(text, keys)}")
    return values


def _from_environment(environ: Mapping[str, str]) -> Values:
    values: Values = {}
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and name != PREFIX:
            keys = name.removeprefix(PREFIX).lower().split("__")
            one = _nested(keys, text)
            _check(one, lambda _, name=name: f"the environment variable {name}")
            values = _merged(values, one)
    return values


def _nested(keys: list[str], value: str) -> Values:
    head, *rest = keys
    return {head: _nested(rest, value) if rest else value}


def _merged(below: Values, above: Mapping[str, Any]) -> Values:
    result = dict(below)
    for key, value in above.items():
        known = result.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            result[key] = _merged(known, value)
        else:
            result[key] = value
    return result


def _check(values: Values, place: Any) -> None:
    try:
        Settings.model_validate({"home": Path(), **values})
    except ValidationError as error:
        raise _explained(error, place) from None


def _validated(values: Values, place: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explained(error, lambda _: place) from None


def _explained(error: ValidationError, place: Any) -> SettingsError:
    location, words = first_unfit(error)
    keys = list(location)
    name = ".".join(keys)
    where = place(keys)
    if error.errors()[0]["type"] != "extra_forbidden":
        return SettingsError(f"{_capital(where)}: {name!r} {words}.", remedy=_HELP)
    near = difflib.get_close_matches(keys[-1], _known_keys(keys[:-1]), n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else _HELP
    return SettingsError(f"{_capital(where)}: there is no setting {name!r}.", remedy=hint)


_HELP = "`makery init --stdout` shows every setting with its meaning."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _known_keys(keys: Iterable[str]) -> list[str]:
    section: Any = Settings
    for key in keys:
        if isinstance(section, type) and issubclass(section, BaseModel):
            section = section.model_fields[key].annotation
        else:
            section = get_args(section)[1]
    if isinstance(section, type) and issubclass(section, BaseModel):
        return list(section.model_fields)
    return []


def line_of(text: str, keys: list[str]) -> int:
    """The line, from 1, on which a TOML text sets a key; that of its table if it cannot be told."""
    *tables, key = keys
    best, table = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            table = header[1].replace('"', "")
            best = number if table == ".".join(keys) or table == ".".join(tables) else best
        elif _sets(line, table, tables, key):
            return number
    return best


def _sets(line: str, table: str, tables: list[str], key: str) -> bool:
    left = re.match(r'\s*([\w."-]+)\s*=', line)
    if left is None:
        return False
    path = ".".join(part for part in (table, left[1].replace('"', "")) if part)
    return path in _spellings([*tables, key])


def _spellings(keys: list[str]) -> Iterator[str]:
    for length in range(len(keys), 0, -1):
        yield ".".join(keys[:length])
