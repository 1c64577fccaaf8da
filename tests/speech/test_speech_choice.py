"""Which speech engine the settings name."""

import sys

import pytest
from pydantic import SecretStr

from makery.kernel.errors import SettingsError
from makery.speech.choose import SpeechSettings, choose

AZURE = SpeechSettings(azure_key=SecretStr("k"), azure_region="westus")


def test_a_key_of_azure_chooses_azure():
    assert choose(AZURE).name == "azure"


def test_an_installed_espeak_is_chosen_when_there_is_no_key():
    # Any executable stands for it: choosing does not start it.
    assert choose(SpeechSettings(espeak_binary=sys.executable)).name == "espeak-ng"


def test_espeak_can_be_chosen_although_there_is_a_key():
    chosen = choose(AZURE.model_copy(update={"engine": "espeak", "espeak_binary": sys.executable}))
    assert chosen.name == "espeak-ng"


def test_nothing_set_up_says_both_ways_out():
    with pytest.raises(SettingsError, match=r"espeak-ng.*speech\.azure_key"):
        choose(SpeechSettings(espeak_binary="no-such-binary"))


@pytest.mark.parametrize(
    "settings",
    [SpeechSettings(azure_key=SecretStr("k")), SpeechSettings(engine="azure", azure_key=SecretStr("k"))],
)
def test_azure_without_its_region_says_which_setting_to_set(settings):
    with pytest.raises(SettingsError, match=r"Set speech\.azure_region\."):
        choose(settings)
