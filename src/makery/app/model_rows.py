"""The catalogue as rows for the interfaces."""

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
    provider, price = entry.provider, entry.price
    return ModelRow(
        name=entry.name,
        provider=provider.name,
        base_url=credentials.base_url(provider),
        key_variables=provider.key_variables,
        has_key=None if provider.needs_no_key else credentials.has_key(provider),
        context=entry.context,
        usd_per_million_in=price.input if price else None,
        usd_per_million_out=price.output if price else None,
        price_checked=price.checked if price else None,
    )
