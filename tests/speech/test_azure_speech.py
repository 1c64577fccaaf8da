"""Azure Speech against a stand-in that keeps to its REST rules."""

import pytest

from makery.kernel.errors import (
    AuthenticationFailed,
    InputError,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
)
from makery.speech.azure import AzureSpeech

TEXT = 'Say <break/> & "2 < 3"，你好'


async def test_the_text_arrives_as_text_whatever_marks_it_has(azure, speech):
    wave = await speech(azure).speak(TEXT, voice="zh-CN-XiaoxiaoNeural", locale="zh-CN")
    assert wave.startswith(b"RIFF")
    assert azure.spoken == [("zh-CN", "zh-CN-XiaoxiaoNeural", TEXT)]
    assert azure.formats == ["riff-24khz-16bit-mono-pcm"]


async def test_a_token_is_sent_as_bearer_in_place_of_the_key(azure, speech):
    adapter = speech(azure, token="token-never-to-be-shown")
    assert await adapter.speak("hello", voice="en-US-JennyNeural", locale="en-US")


@pytest.mark.parametrize(
    ("locale", "voice"), [("zh-CN", "zh-CN-XiaoxiaoNeural"), ("en-GB", "en-US-JennyNeural")]
)
async def test_without_a_voice_the_usual_one_of_the_language_speaks(azure, speech, locale, voice):
    await speech(azure).speak("…", voice="", locale=locale)
    assert azure.spoken[0][1] == voice


async def test_without_a_voice_an_unknown_language_asks_for_one(azure, speech):
    with pytest.raises(InputError, match="Name a voice"):
        await speech(azure).speak("…", voice="", locale="sw-KE")


async def test_a_wrong_key_names_the_region_it_must_belong_to_and_stays_hidden(azure, speech):
    adapter = speech(azure, key="wrong-key")
    with pytest.raises(AuthenticationFailed, match="westeurope") as caught:
        await adapter.speak("hello", voice="en-US-JennyNeural", locale="en-US")
    assert "wrong-key" not in str(caught.value) + repr(adapter)


async def test_a_voice_that_the_region_lacks_is_named(azure, speech):
    with pytest.raises(ProviderError, match="'en-US-Nobody'"):
        await speech(azure).speak("hello", voice="en-US-Nobody", locale="en-US")


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (502, ProviderUnavailable)])
async def test_a_status_becomes_its_typed_error(azure, speech, status, error):
    azure.instead = (status, b"later", {"Retry-After": "3"})
    with pytest.raises(error) as caught:
        await speech(azure).speak("hello", voice="", locale="en-US")
    assert getattr(caught.value, "retry_after", 3.0) == 3.0


async def test_an_answer_that_is_no_wav_file_is_garbage(azure, speech):
    azure.instead = (200, b"ID3 mp3", {"Content-Type": "audio/mpeg"})
    with pytest.raises(ProviderGarbage, match="audio/mpeg"):
        await speech(azure).speak("hello", voice="", locale="en-US")


async def test_a_dead_address_is_unavailable():
    adapter = AzureSpeech(region="westeurope", key="k", url="http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable, match="westeurope"):
        await adapter.speak("hello", voice="", locale="en-US")


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("westus", "https://westus.tts.speech.microsoft.com"),
        ("chinaeast2", "https://chinaeast2.tts.speech.azure.cn"),
    ],
)
def test_regions_in_china_have_a_domain_of_their_own(region, address):
    assert AzureSpeech(region=region, key="k").address == address
