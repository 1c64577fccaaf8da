"""Text to speech: Azure's voices where a key is set up, an offline engine otherwise."""

import io
import wave

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Recording
from makery.kernel.message import derived_id
from makery.kernel.skill import Inputs, Skill, Toolbox


class Input(Frozen):
    text: str
    voice: str
    locale: str


class AzureTts(Skill[Input, Recording]):
    """A text (the act's option, or the requirement's) -> a WAV file in the workspace."""

    name = "azure_tts"
    purpose = "read a text aloud into a WAV file"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        return Input(
            text=act.option("text") or requirement.text,
            voice=act.option("voice"),
            locale={"zh": "zh-CN", "en": "en-US"}[requirement.locale],
        )

    async def run(self, given: Input, tools: Toolbox) -> Recording:
        engine = tools.speech()
        sound = await engine.speak(given.text, voice=given.voice, locale=given.locale)
        path = f".makery/speech/{derived_id(given.text, given.voice)}.wav"
        tools.workspace.put({path: sound})
        return Recording(path=path, seconds=_seconds(sound), voice=given.voice, engine=engine.name)


def _seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as file:
        return round(file.getnframes() / file.getframerate(), 3)
