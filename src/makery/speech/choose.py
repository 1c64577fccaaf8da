"""Which speech engine a user's settings name."""

import shutil
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from makery.kernel.artifact import Frozen
from makery.kernel.errors import SettingsError
from makery.kernel.ports import SpeechEngine

EngineName = Literal["azure", "espeak"]


class SpeechSettings(Frozen):
    """What is set up for speech."""

    engine: EngineName | Literal["auto"] = "auto"
    """`auto`: Azure if it has a key, else espeak-ng if it is installed."""
    azure_key: SecretStr = SecretStr("")
    azure_region: str = ""
    espeak_binary: str = "espeak-ng"


def choose(settings: SpeechSettings) -> SpeechEngine:
    """Give the engine that is named or, for `auto`, the first that is set up.

    Raises:
        SettingsError: none is set up, or the named one lacks what it needs.
    """
    if settings.engine == "azure" or (settings.engine == "auto" and _key(settings)):
        return _azure(settings)
    return _espeak(settings)


def _key(settings: SpeechSettings) -> str:
    return settings.azure_key.get_secret_value()


def _azure(settings: SpeechSettings) -> SpeechEngine:
    missing = [
        name
        for name, value in (("azure_key", _key(settings)), ("azure_region", settings.azure_region))
        if not value
    ]
    if missing:
        raise SettingsError(
            "Azure Speech is chosen, but not set up.",
            remedy=f"Set {' and '.join(f'speech.{name}' for name in missing)}.",
        )
    from makery.speech.azure import AzureSpeech  # brings an HTTP client

    return AzureSpeech(region=settings.azure_region, key=_key(settings))


def _espeak(settings: SpeechSettings) -> SpeechEngine:
    found = shutil.which(settings.espeak_binary)
    if found is None:
        raise SettingsError(
            f"No speech engine is set up: {settings.espeak_binary!r} is not installed.",
            remedy="Install the package espeak-ng with the system's package manager, "
            "or set speech.azure_key and speech.azure_region.",
        )
    from makery.speech.espeak import Espeak

    return Espeak(Path(found))
