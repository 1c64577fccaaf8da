"""Where a model answers at this moment."""

from typing import Protocol

from pydantic import SecretStr

from makery.kernel.artifact import Frozen


class Endpoint(Frozen):
    """A live endpoint: where to send calls, and with which key."""

    base_url: str
    """With its version path, without a trailing slash: `http://127.0.0.1:8081/v1`."""
    key: SecretStr
    """Never printed; any non-empty text where the endpoint wants none."""


class EndpointSource(Protocol):
    """Gives the endpoint of a model that may have to be started first."""

    async def endpoint(self, model: str) -> Endpoint:
        """A live endpoint of that model, started when needed; asked for before every call.

        Args:
            model: A name of the catalogue's provider `embedded`, without the prefix, or a GGUF file's path.

        Raises:
            ModelUnavailable: its weights or its engine cannot be had here.
        """
        ...


class FixedEndpoint:
    """An `EndpointSource` for endpoints that somebody else runs: always the same one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def endpoint(self, model: str) -> Endpoint:
        """The endpoint given at the start, whatever the model."""
        return self._endpoint
