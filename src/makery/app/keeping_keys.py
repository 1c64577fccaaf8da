"""Keys of model providers, put where only this user's programs find them, and never shown again."""

from makery.kernel.errors import InputError, SettingsError

LONGEST = 500


def keep_key(provider: str, key: str) -> None:
    """Keep a provider's key in the system's keyring; '' removes it.

    Raises:
        InputError: it is no key.
        SettingsError: there is no keyring here; says what to do instead.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    from makery.llm.credentials import KEYRING_SERVICE

    key = key.strip()
    if len(key) > LONGEST or not key.isprintable():
        raise InputError("This is no key: it is too long, or has characters that no key has.")
    try:
        if key:
            keyring.set_password(KEYRING_SERVICE, provider, key)
        else:
            keyring.delete_password(KEYRING_SERVICE, provider)
    except PasswordDeleteError:
        return  # there was none
    except KeyringError:
        raise SettingsError(
            "This machine has no keyring that could keep the key.",
            remedy="Set it in the environment of the server, or in the settings file.",
        ) from None
