"""Which models there are, where they answer, what they cost: the content of `catalogue.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Literal

from pydantic import ValidationError

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Usage
from makery.kernel.errors import ContractViolation, InputError, SettingsError

Wire = Literal["openai", "anthropic", "google", "azure", "replicate"]
"""The wire formats that `dialects/` speaks."""

Structure = Literal["schema", "json", "prompt"]
"""How JSON is had: enforced by schema, enforced as JSON of any form, or only asked for."""

EMBEDDED = "embedded"
CUSTOM = "custom"
_MILLION = 1_000_000


class Price(Frozen):
    """USD for a million tokens, where it was read, and when."""

    input: float
    output: float
    cached: float | None = None
    """Prompt tokens from the provider's cache; None: as any other."""
    source: str
    checked: date

    def usd(self, usage: Usage) -> float:
        """What that many tokens cost."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.prompt_tokens - usage.cached_tokens
        spent = fresh * self.input + usage.cached_tokens * cached + usage.completion_tokens * self.output
        return spent / _MILLION


class Provider(Frozen):
    """Somebody who serves models, and how to talk to them."""

    name: str
    title: str
    wire: Wire
    base_url: str = ""
    """'': the user's own, from settings or `base_url_variables`."""
    key_variables: tuple[str, ...] = ()
    """Environment variables that may hold the key; the first one found counts. Empty: no key is needed."""
    base_url_variables: tuple[str, ...] = ()
    page: str = ""
    """Where keys are had and the API is described."""
    local: bool = False
    """Runs on the user's own machines: costs nothing, needs no key."""
    structure: Structure = "schema"
    tools: Literal["native", "form"] = "form"
    """Tool calls of the wire format's own, or as a JSON form that the gateway asks for."""
    omit: tuple[Literal["seed", "stream_options", "temperature", "finish_reason"], ...] = ()
    """Parts of the format that this provider refuses or never sends."""
    min_temperature: float = 0.0
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    concurrency: int = 8
    """Most requests under way at the same time."""
    key_optional: bool = False

    @property
    def needs_no_key(self) -> bool:
        """Whether calls can be made without a key."""
        return self.local or self.key_optional


class ModelEntry(Frozen):
    """One model: all that the gateway has to know to call it."""

    provider: Provider
    model: str
    """The provider's own name for it."""
    context: int = 32_768
    """Tokens of prompt and completion together."""
    max_output: int | None = None
    """Most tokens of one completion; None: only the context bounds it."""
    price: Price | None = None
    """None: unknown."""
    candidates: int = 1
    """How many independent answers should be asked for when one may not do."""
    one_suite: bool = False
    """Whether it is asked for the checks of all clauses at once; small models do better with one each."""
    note: str = ""

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.provider.name}/{self.model}"


class UnknownModelName(InputError):
    """No such model is in the catalogue; `nearest` are the names most like it."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        hint = f"Did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
        remedy = f"{hint} See `makery models list`; MODEL@https://base/url is any OpenAI-compatible server."
        super().__init__(f"No model is called {name!r}.", remedy=remedy.strip())
        self.name = name
        self.nearest = nearest


class Catalogue:
    """The known providers and models, looked up by name."""

    def __init__(self, providers: Iterable[Provider], models: Iterable[ModelEntry], default: str) -> None:
        self.providers: Mapping[str, Provider] = {provider.name: provider for provider in providers}
        self.models: tuple[ModelEntry, ...] = tuple(models)
        self.default = default
        """The name used when the user gives none."""

    def find(self, name: str) -> ModelEntry:
        """The entry of `provider/model`, a bare model name, `MODEL@URL`, or a GGUF file's path.

        A known provider with a model that is not listed gives an entry without a price.

        Raises:
            UnknownModelName: nothing fits; carries the nearest names.
        """
        wanted = name.strip()
        model, at, url = wanted.rpartition("@")
        if at and model and url.startswith(("http://", "https://")):
            return self._at(model, url)
        if wanted.lower().endswith(".gguf"):
            return self._file(wanted)
        return self._named(wanted) or self._unlisted(wanted) or self._bare(wanted)

    def of(self, provider: str) -> tuple[ModelEntry, ...]:
        """The models listed for a provider."""
        return tuple(entry for entry in self.models if entry.provider.name == provider)

    def extended(self, settings: Mapping[str, Mapping[str, str]]) -> "Catalogue":
        """This catalogue with the providers of a settings file that it does not know.

        Each needs a `base_url`; `wire` says its format (default `openai`), `local = "true"` that it is free.

        Raises:
            SettingsError: such a provider cannot be used as it is described.
        """
        own = [_own_provider(name, given) for name, given in settings.items() if name not in self.providers]
        return Catalogue([*self.providers.values(), *own], self.models, self.default)

    def joined(self, text: str, origin: str) -> "Catalogue":
        """This catalogue with the providers and models of a TOML text of its form, which needs no `default`.

        Raises:
            InputError: the text is not such a catalogue, or a provider or a model is there already.
        """
        try:
            data = tomllib.loads(text)
            own = {name: Provider(name=name, **fields) for name, fields in data["providers"].items()}
            models = [_entry(own[row.pop("provider")], row) for row in data.get("models", ())]
        except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"The models of {origin} cannot be read: {error}") from error
        for name in own.keys() & self.providers.keys():
            raise InputError(f"{origin} offers a provider {name!r}, but there is one already.")
        return Catalogue([*self.providers.values(), *own.values()], [*self.models, *models], self.default)

    def _named(self, wanted: str) -> ModelEntry | None:
        return next((entry for entry in self.models if entry.name == wanted), None)

    def _unlisted(self, wanted: str) -> ModelEntry | None:
        name, _, model = wanted.partition("/")
        provider = self.providers.get(name)
        if provider is None or not model or name == EMBEDDED:
            return None
        return ModelEntry(
            provider=provider,
            model=model,
            price=_free() if provider.local else None,
            one_suite=not provider.local,
        )

    def _bare(self, wanted: str) -> ModelEntry:
        found = next((entry for entry in self.models if entry.model == wanted), None)
        if found is None:
            raise UnknownModelName(wanted, self._nearest(wanted))
        return found

    def _nearest(self, wanted: str) -> tuple[str, ...]:
        names = {entry.model.lower(): entry.name for entry in reversed(self.models)}
        names |= {entry.name.lower(): entry.name for entry in self.models}
        close = get_close_matches(wanted.lower(), names, n=6, cutoff=0.5)
        return tuple(dict.fromkeys(names[match] for match in close))[:3]

    def _at(self, model: str, url: str) -> ModelEntry:
        provider = Provider(
            name=CUSTOM,
            title="OpenAI-compatible server",
            wire="openai",
            base_url=url.rstrip("/"),
            key_variables=("MAKERY_API_KEY",),
            key_optional=True,
        )
        return ModelEntry(provider=provider, model=model, note=url)

    def _file(self, path: str) -> ModelEntry:
        model = path.removeprefix(f"{EMBEDDED}/")
        return ModelEntry(
            provider=self.providers[EMBEDDED], model=model, context=8192, price=_free(), candidates=4
        )


def load_catalogue(text: str | None = None) -> Catalogue:
    """The catalogue that ships with Makery, or the one in a TOML text of the same form.

    Raises:
        ContractViolation: the text is not such a catalogue; says where.
    """
    source = text if text is not None else _shipped()
    try:
        data = tomllib.loads(source)
        providers = {name: Provider(name=name, **fields) for name, fields in data["providers"].items()}
        models = [_entry(providers[row.pop("provider")], row) for row in data["models"]]
        return Catalogue(providers.values(), models, data["default"])
    except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError) as error:
        raise ContractViolation(f"The model catalogue cannot be read: {error!r}") from error


def _own_provider(name: str, given: Mapping[str, str]) -> Provider:
    if not given.get("base_url"):
        raise SettingsError(
            f"The settings name the provider {name!r}, which is not in the catalogue and has no base_url.",
            remedy=f"Set providers.{name}.base_url, or see `makery models list` for the known providers.",
        )
    known = {key: given[key] for key in ("base_url", "wire", "local", "structure") if key in given}
    try:
        return Provider.model_validate(
            {"name": name, "title": name, "wire": "openai", "key_optional": True, **known}
        )
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        place = ".".join(map(str, detail["loc"]))
        raise SettingsError(
            f"providers.{name}.{place} in the settings cannot be used: {detail['msg']}."
        ) from error


def _shipped() -> str:
    return files("makery.llm").joinpath("catalogue.toml").read_text(encoding="utf-8")


def _entry(provider: Provider, row: dict[str, Any]) -> ModelEntry:
    price = row.pop("price", None)
    row.setdefault("one_suite", not provider.local)
    return ModelEntry(
        provider=provider,
        price=_free() if provider.local else price and Price.model_validate(price),
        **row,
    )


def _free() -> Price:
    return Price(input=0.0, output=0.0, source="runs on your own machine", checked=date(2026, 11, 27))
