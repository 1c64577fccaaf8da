"""espeak-ng: a synthesiser of the machine's own, offline, in a hundred languages."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from makery.kernel.errors import ProviderError, ProviderUnavailable

TIMEOUT = 60.0
"""Seconds one text may take."""
VOICES = {"zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "zh": "cmn"}
"""espeak-ng names Chinese by its languages (ISO 639-3), not by regions."""


@dataclass(frozen=True)
class Espeak:
    """Speaks with the espeak-ng binary."""

    binary: Path = Path("espeak-ng")
    """A name is looked up on the PATH."""

    @property
    def name(self) -> str:
        """`espeak-ng`."""
        return "espeak-ng"

    async def speak(self, text: str, *, voice: str, locale: str) -> bytes:
        """Give a WAV file; without a voice, the locale's own. The text goes by standard input.

        Raises:
            ProviderError: the binary is missing, does not know the voice, or failed.
        """
        chosen = voice or VOICES.get(locale.lower(), locale.lower() or "en")
        with TemporaryDirectory(prefix="makery-speech-") as folder:
            # To a file: written to a pipe, the header would lack the length. `-b 1` says UTF-8 whatever
            # the machine's locale; by standard input, no text can be taken for an option.
            file = Path(folder) / "speech.wav"
            argv = ("--stdin", "-b", "1", "-v", chosen, "-w", str(file))
            status, said = await self._run(argv, text.encode("utf-8"))
            wave = file.read_bytes() if file.exists() else b""
        if status != 0 or not wave.startswith(b"RIFF"):
            raise ProviderError(
                f"espeak-ng failed with the voice {chosen!r}: {said.strip() or f'exit status {status}'}.",
                remedy="`espeak-ng --voices` lists the voices.",
            )
        return wave

    async def _run(self, argv: tuple[str, ...], text: bytes) -> tuple[int, str]:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                str(self.binary), *argv, stdin=pipe, stdout=asyncio.subprocess.DEVNULL, stderr=pipe
            )
        except OSError as error:
            raise ProviderUnavailable(
                f"espeak-ng cannot be started as {str(self.binary)!r} ({error.strerror}).",
                remedy="Install it with the system's package manager (package `espeak-ng`).",
            ) from error
        try:
            _, said = await asyncio.wait_for(process.communicate(text), TIMEOUT)
        except TimeoutError as error:
            raise ProviderUnavailable(f"espeak-ng did not end within {TIMEOUT:g} seconds.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, said.decode("utf-8", "replace")
