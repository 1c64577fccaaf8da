"""Azure Speech: neural voices by the text-to-speech REST API.

Wire format: learn.microsoft.com, azure/ai-services/speech-service/rest-text-to-speech.
"""

import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import httpx

from makery.kernel.errors import (
    AuthenticationFailed,
    InputError,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
)

TIMEOUT = 60.0
"""Seconds one text may take."""
USER_AGENT = "Makery"
"""The service demands one, of fewer than 255 characters."""
VOICES = {"zh": "zh-CN-XiaoxiaoNeural", "en": "en-US-JennyNeural"}
"""The service has no voice of its own choice: these are taken for a language if none is named."""


@dataclass(frozen=True)
class AzureSpeech:
    """Speaks with a resource's key, or with a token that was issued for it, in the resource's region."""

    region: str
    """`westeurope`, `chinaeast2`, … as the resource's page names it."""
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """Sent instead of the key if it is given; the service's tokens are good for ten minutes."""
    output_format: str = "riff-24khz-16bit-mono-pcm"
    """Any `riff-…` format: these are WAV files."""
    url: str = ""
    """Base address of the service; empty for the region's own."""

    @property
    def name(self) -> str:
        """`azure`."""
        return "azure"

    async def speak(self, text: str, *, voice: str, locale: str) -> bytes:
        """Give a WAV file of the text, spoken by `voice` (`zh-CN-XiaoxiaoNeural`) in `locale` (`zh-CN`).

        Raises:
            InputError: no voice is named, and none is known for the locale.
            ProviderError: the service refused the key, the voice or the text, or failed.
        """
        voice = voice or _usual_voice(locale)
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT) as client:
                response = await client.post(
                    f"{self.address}/cognitiveservices/v1",
                    headers=self._headers(),
                    content=ssml(text, voice=voice, locale=locale).encode("utf-8"),
                )
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ProviderUnavailable(
                f"Azure Speech in region {self.region!r} gave no answer ({type(error).__name__}).",
                remedy="Check the region's name and the network.",
            ) from error
        return _wave(response, voice, self.region)

    @property
    def address(self) -> str:
        """The service's base address; regions in China have a domain of their own."""
        domain = "azure.cn" if self.region.startswith("china") else "microsoft.com"
        return self.url.rstrip("/") or f"https://{self.region}.tts.speech.{domain}"

    def _headers(self) -> dict[str, str]:
        secret = (
            {"Authorization": f"Bearer {self.token}"}
            if self.token
            else {"Ocp-Apim-Subscription-Key": self.key}
        )
        return {
            **secret,
            "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": self.output_format,
            "User-Agent": USER_AGENT,
        }


def ssml(text: str, *, voice: str, locale: str) -> str:
    """Give the document that asks for one voice to read a text; the text stays text."""
    return (
        f"<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang={quoteattr(locale)}>"
        f"<voice name={quoteattr(voice)}>{escape(text)}</voice></speak>"
    )


def _usual_voice(locale: str) -> str:
    voice = VOICES.get(locale.split("-")[0].lower())
    if voice is None:
        raise InputError(f"No voice of Azure Speech is known for {locale!r}.", remedy="Name a voice.")
    return voice


def _wave(response: httpx.Response, voice: str, region: str) -> bytes:
    status = response.status_code
    if status == 200:
        if not response.content.startswith(b"RIFF"):
            raise ProviderGarbage(
                f"Azure Speech answered {response.headers.get('content-type', 'nothing')!r}, not a WAV file.",
                remedy="Choose an output format that begins with `riff-`.",
            )
        return response.content
    said = f"Azure Speech answered {status} {response.text[:200].strip()!r}"
    if status in (401, 403):
        raise AuthenticationFailed(
            f"{said}.", remedy=f"Check the key, and that its resource is in region {region!r}."
        )
    if status == 429:
        raise RateLimited(
            f"{said}.", retry_after=_seconds(response), remedy="Wait, or raise the resource's quota."
        )
    if status >= 500:
        raise ProviderUnavailable(f"{said}.", remedy="Try again later.")
    raise ProviderError(
        f"{said} for the voice {voice!r}.", remedy="Check that the region offers this voice and its locale."
    )


def _seconds(response: httpx.Response) -> float | None:
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
