"""espeak-ng, where it is installed, and what is said where it is not."""

import io
import shutil
import sys
import wave
from pathlib import Path

import pytest

from makery.kernel.errors import ProviderError, ProviderUnavailable
from makery.speech.espeak import Espeak

installed = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed (package espeak-ng)"
)


def seconds(content: bytes) -> float:
    with wave.open(io.BytesIO(content)) as file:
        return file.getnframes() / file.getframerate()


@installed
@pytest.mark.parametrize(("text", "locale"), [("Verified: nine of nine.", "en-US"), ("你好，世界", "zh-CN")])
async def test_speech_is_a_wav_file_whose_header_tells_its_length(text, locale):
    assert 0.3 < seconds(await Espeak().speak(text, voice="", locale=locale)) < 20


@installed
async def test_a_text_that_looks_like_an_option_is_spoken():
    assert seconds(await Espeak().speak("--help", voice="en", locale="en")) > 0.1


@installed
async def test_an_unknown_voice_is_named_with_the_way_to_list_them():
    with pytest.raises(ProviderError, match=r"'klingon-7'.*--voices"):
        await Espeak().speak("hello", voice="klingon-7", locale="en")


async def test_a_missing_binary_says_what_to_install():
    with pytest.raises(ProviderUnavailable, match="package `espeak-ng`"):
        await Espeak(Path("/nowhere/espeak-ng")).speak("hello", voice="", locale="en")


async def test_a_binary_that_fails_is_reported_with_its_own_words(tmp_path):
    binary = tmp_path / "espeak-ng"
    binary.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no audio data')\n", encoding="utf-8")
    binary.chmod(0o755)
    with pytest.raises(ProviderError, match="no audio data"):
        await Espeak(binary).speak("hello", voice="", locale="en")
