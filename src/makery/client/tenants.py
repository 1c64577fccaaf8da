"""Calls about who may do what, and what the relay's keys used."""

from collections.abc import Iterator
from typing import Any

from makery.client import tenancy, wire
from makery.client.calls import Calls, safe, sent


class Tenants(Calls):
    """See `Client`."""

    def me(self) -> tenancy.WhoAmI:
        """What your key opens."""
        return self._get("me", tenancy.WhoAmI)

    def organisations(self) -> Iterator[tenancy.OrganisationInfo]:
        """All tenants; for the server's operator."""
        return self._pages("organisations", wire.Page[tenancy.OrganisationInfo])

    def add_organisation(self, name: str, **quota: Any) -> tenancy.OrganisationInfo:
        """Take in a tenant; `quota` are the fields of `QuotaInfo`."""
        order = tenancy.NewOrganisation(name=name, quota=tenancy.QuotaInfo(**quota))
        return self._post("organisations", tenancy.OrganisationInfo, json=sent(order))

    def set_quota(self, organisation: str, **quota: Any) -> tenancy.OrganisationInfo:
        """Set what a tenant may use; what is not given has no limit."""
        place = f"organisations/{safe(organisation)}/quota"
        return self._put(place, tenancy.OrganisationInfo, tenancy.QuotaInfo(**quota))

    def projects(self) -> Iterator[tenancy.ProjectInfo]:
        """The projects that your key opens."""
        return self._pages("projects", wire.Page[tenancy.ProjectInfo])

    def add_project(self, name: str) -> tenancy.ProjectInfo:
        """A new project of your organisation."""
        return self._post("projects", tenancy.ProjectInfo, json=sent(tenancy.Named(name=name)))

    def users(self) -> Iterator[tenancy.UserInfo]:
        """Your organisation's users."""
        return self._pages("users", wire.Page[tenancy.UserInfo])

    def add_user(self, name: str) -> tenancy.UserInfo:
        """A new user of your organisation."""
        return self._post("users", tenancy.UserInfo, json=sent(tenancy.Named(name=name)))

    def disable_user(self, user: str) -> None:
        """Shut a user out."""
        self._delete(f"users/{safe(user)}")

    def keys(self) -> Iterator[tenancy.KeyInfo]:
        """Your organisation's keys, without their secrets."""
        return self._pages("keys", wire.Page[tenancy.KeyInfo])

    def issue_key(self, name: str, scopes: tuple[tenancy.ScopeName, ...], **more: Any) -> tenancy.IssuedKey:
        """A new key, shown this once; `more` are the other fields of `NewKey`."""
        order = tenancy.NewKey(name=name, scopes=scopes, **more)
        return self._post("keys", tenancy.IssuedKey, json=sent(order))

    def revoke_key(self, key: str) -> None:
        """End a key for good."""
        self._delete(f"keys/{safe(key)}")

    def webhooks(self) -> Iterator[tenancy.WebhookInfo]:
        """Who is told of your organisation's events."""
        return self._pages("webhooks", wire.Page[tenancy.WebhookInfo])

    def add_webhook(self, url: str, **more: Any) -> tenancy.IssuedWebhook:
        """Have an address told of events; `more` are the other fields of `NewWebhook`."""
        order = tenancy.NewWebhook(url=url, **more)
        return self._post("webhooks", tenancy.IssuedWebhook, json=sent(order))

    def remove_webhook(self, webhook: str) -> None:
        """Tell an address nothing any more."""
        self._delete(f"webhooks/{safe(webhook)}")

    # --------------------------------------------------------------------------- relay

    def usage(self, *, since: str = "", until: str = "") -> Iterator[tenancy.UsageRow]:
        """What your organisation's keys used of the relay; days like `2026-11-27`, both included."""
        return self._pages("relay/usage", wire.Page[tenancy.UsageRow], since=since, until=until)

    def accounts(self) -> tuple[tenancy.AccountInfo, ...]:
        """How the relay's accounts have done; for the server's operator."""
        return self._get("relay/accounts", wire.Page[tenancy.AccountInfo]).items
