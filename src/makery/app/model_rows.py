"""The catalogue as rows for people."""

from makery.app.models import ModelRow
from makery.llm.catalogue import Catalogue, ModelEntry
from makery.llm.credentials import Credentials


def rows(catalogue: Catalogue, credentials: Credentials) -> tuple[ModelRow, ...]:
    """One row a model; a provider without listed models has one row, `PROVIDER/MODEL`."""
    listed = [_row(entry, credentials) for entry in catalogue.models]
    served = {entry.provider.name for entry in catalogue.models}
    others = [
        _row(ModelEntry(provider=provider, model="MODEL"), credentials)
        for provider in catalogue.providers.values()
        if provider.name not in served
    ]
    return (*listed, *others)


def _row(entry: ModelEntry, credentials: Credentials) -> ModelRow:
    provider = entry.provider
    return ModelRow(
        name=entry.name,
        provider=provider.name,
        base_url=credentials.base_url(provider),
        key_variable=" or ".join(provider.key_variables),
        key=_key(entry, credentials),
        context=entry.context,
        price=_price(entry),
    )


def _key(entry: ModelEntry, credentials: Credentials) -> str:
    if entry.provider.needs_no_key:
        return "not needed"
    return "found" if credentials.has_key(entry.provider) else "missing"


def _price(entry: ModelEntry) -> str:
    price = entry.price
    if price is None:
        return "unknown"
    if not price.input and not price.output:
        return "free"
    return f"{price.input:g}/{price.output:g} ({price.checked.isoformat()})"
