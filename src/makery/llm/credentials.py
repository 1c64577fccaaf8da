"""Keys and base URLs as the user has them: environment, settings file, keyring. Never printed."""

from collections.abc import Callable, Mapping

from pydantic import SecretStr

from makery.kernel.errors import SettingsError
from makery.llm.catalogue import Provider
from makery.llm.endpoint import Endpoint

KEYRING_SERVICE = "makery"
"""The service under which `keyring set makery PROVIDER` keeps a key."""
_NO_KEY = SecretStr("none")


class ProviderAccess:
    """What the settings say of one provider."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.key = SecretStr(settings.get("api_key", ""))
        self.base_url = settings.get("base_url", "")

    def __repr__(self) -> str:
        return f"ProviderAccess(base_url={self.base_url!r})"


class Credentials:
    """Finds a provider's key and base URL.

    Args:
        environment: Variables by name; they win over all else.
        settings: By provider, the values `api_key` and `base_url`.
        keyring: Gives the key that a keyring holds for a provider, or None; the system's own by default.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        settings: Mapping[str, Mapping[str, str]] | None = None,
        keyring: Callable[[str], str | None] | None = None,
    ) -> None:
        self._environment = environment
        self._settings = {name: ProviderAccess(given) for name, given in (settings or {}).items()}
        self._keyring = keyring or from_keyring

    def endpoint(self, provider: Provider) -> Endpoint:
        """Where the provider answers, and the key to use there.

        Raises:
            SettingsError: the key or the base URL is missing; names the variable to set.
        """
        return Endpoint(base_url=self._base_url(provider), key=self._key(provider))

    def has_key(self, provider: Provider) -> bool:
        """Whether a key is there, or none is needed."""
        return provider.needs_no_key or bool(self._find_key(provider).get_secret_value())

    def base_url(self, provider: Provider) -> str:
        """The base URL that would be used; '' if none is known."""
        given = self._settings.get(provider.name)
        return (
            self._variable(provider.base_url_variables)
            or (given.base_url if given else "")
            or provider.base_url
        )

    def _base_url(self, provider: Provider) -> str:
        url = self.base_url(provider).strip().rstrip("/")
        if url.startswith(("http://", "https://")):
            return url
        variables = " or ".join(provider.base_url_variables) or f"providers.{provider.name}.base_url"
        what = f"has the base URL {url!r}, which is none" if url else "has no base URL"
        raise SettingsError(
            f"{provider.title} {what}.",
            remedy=f"Set {variables} to a URL that begins with http:// or https://.",
        )

    def _key(self, provider: Provider) -> SecretStr:
        key = self._find_key(provider)
        if key.get_secret_value():
            return key
        if provider.needs_no_key:
            return _NO_KEY
        variables = " or ".join(provider.key_variables)
        page = f" Keys are had at {provider.page}." if provider.page else ""
        raise SettingsError(
            f"There is no key for {provider.title}.",
            remedy=(
                f"Set the environment variable {variables}, or `api_key` of the provider {provider.name!r} "
                f"in the settings file, or run `keyring set {KEYRING_SERVICE} {provider.name}`.{page}"
            ),
        )

    def _find_key(self, provider: Provider) -> SecretStr:
        found = self._variable(provider.key_variables)
        if found:
            return SecretStr(found)
        given = self._settings.get(provider.name)
        if given is not None and given.key.get_secret_value().strip():
            return SecretStr(given.key.get_secret_value().strip())
        # A keyring may ask the user to unlock it: never for providers that need no key.
        stored = None if provider.needs_no_key else self._keyring(provider.name)
        return SecretStr((stored or "").strip())

    def _variable(self, names: tuple[str, ...]) -> str:
        values = (self._environment.get(name, "").strip() for name in names)
        return next((value for value in values if value), "")


def from_keyring(provider: str) -> str | None:
    """The key that the system's keyring holds for a provider; None if there is none, or no keyring."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, provider)
    except KeyringError:
        # A machine without a keyring (a server, a container) is a machine whose keyring holds nothing.
        return None
