"""Who may do what: organisations, projects, users, keys, webhooks."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from makery.app.refusals import NotFound
from makery.client import tenancy, wire
from makery.interfaces.api import shown
from makery.interfaces.api.places import After, Most, page_of
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.serving import Caller, Server
from makery.store.access import KeyQuota, Organisation, Quota
from makery.store.webhooks import Webhook

router = APIRouter(tags=["access"], responses=RESPONSES)

Id = Annotated[str, InPath(max_length=40, pattern=r"^[0-9a-z]+$")]


@router.get("/me")
def who_am_i(who: Caller) -> tenancy.WhoAmI:
    """What the key that you sent opens."""
    return tenancy.WhoAmI(
        organisation=who.organisation,
        project=who.project,
        user=who.user,
        key=who.key,
        scopes=tuple(sorted(who.scopes)),
    )


@router.get("/organisations")
def list_organisations(
    who: Caller, server: Server, after: After = "", most: Most = 200
) -> wire.Page[tenancy.OrganisationInfo]:
    """All tenants; for the server's operator."""
    who.require("operator")
    found = (_organisation(known) for known in server.registers.access.organisations())
    return page_of(tuple(found), lambda known: known.id, after, most)


@router.post("/organisations", status_code=201)
def add_organisation(order: tenancy.NewOrganisation, who: Caller, server: Server) -> tenancy.OrganisationInfo:
    """Take in a new tenant; for the server's operator."""
    who.require("operator")
    quota = Quota.model_validate(order.quota.model_dump())
    return _organisation(server.registers.access.add_organisation(order.name, quota))


@router.put("/organisations/{organisation}/quota")
def set_quota(
    organisation: Id, quota: tenancy.QuotaInfo, who: Caller, server: Server
) -> tenancy.OrganisationInfo:
    """Set what a tenant may use; for the server's operator."""
    who.require("operator")
    access = server.registers.access
    access.set_quota(organisation, Quota.model_validate(quota.model_dump()))
    known = access.organisation(organisation)
    if known is None:
        raise NotFound(f"There is no organisation {organisation!r}.")
    return _organisation(known)


@router.get("/projects")
def list_projects(
    who: Caller, server: Server, after: After = "", most: Most = 200
) -> wire.Page[tenancy.ProjectInfo]:
    """The projects that your key opens."""
    found = (
        tenancy.ProjectInfo(id=project.id, name=project.name, created=project.created)
        for project in server.desk.projects(who)
    )
    return page_of(tuple(found), lambda known: known.id, after, most)


@router.post("/projects", status_code=201)
def add_project(order: tenancy.Named, who: Caller, server: Server) -> tenancy.ProjectInfo:
    """A new project of your organisation."""
    _require_whole(who)
    made = server.registers.access.add_project(who.organisation, order.name)
    return tenancy.ProjectInfo(id=made.id, name=made.name, created=made.created)


@router.get("/users")
def list_users(
    who: Caller, server: Server, after: After = "", most: Most = 200
) -> wire.Page[tenancy.UserInfo]:
    """Your organisation's users."""
    _require_whole(who)
    found = (
        tenancy.UserInfo.model_validate(user.model_dump())
        for user in server.registers.access.users(who.organisation)
    )
    return page_of(tuple(found), lambda known: known.id, after, most)


@router.post("/users", status_code=201)
def add_user(order: tenancy.Named, who: Caller, server: Server) -> tenancy.UserInfo:
    """A new user of your organisation."""
    _require_whole(who)
    made = server.registers.access.add_user(who.organisation, order.name)
    return tenancy.UserInfo.model_validate(made.model_dump())


@router.delete("/users/{user}", status_code=204)
def disable_user(user: Id, who: Caller, server: Server) -> None:
    """Shut a user out; all keys of the user stop working."""
    _require_whole(who)
    access = server.registers.access
    if user not in {known.id for known in access.users(who.organisation)}:
        raise NotFound(f"There is no user {user!r}.", remedy="List them: GET /api/v1/users")
    access.disable_user(user)
    server.doors.forget()


@router.get("/keys")
def list_keys(who: Caller, server: Server, after: After = "", most: Most = 200) -> wire.Page[tenancy.KeyInfo]:
    """Your organisation's keys, without their secrets."""
    who.require("admin")
    every = server.registers.access.keys(who.organisation)
    mine = (shown.key(key) for key in every if who.project in ("", key.project))
    return page_of(tuple(mine), lambda known: known.id, after, most)


@router.post("/keys", status_code=201)
def issue_key(order: tenancy.NewKey, who: Caller, server: Server) -> tenancy.IssuedKey:
    """A new key, no more powerful than yours. It is shown this once."""
    issued = server.doors.issue(
        who,
        name=order.name,
        scopes=order.scopes,
        organisation=order.organisation or "",
        project=order.project or "",
        user=order.user or "",
        models=order.models,
        quota=KeyQuota.model_validate(order.quota.model_dump()),
        days=order.days,
    )
    return tenancy.IssuedKey(**shown.key(issued.key).model_dump(), key=issued.text)


@router.delete("/keys/{key}", status_code=204)
def revoke_key(key: Id, who: Caller, server: Server) -> None:
    """End a key for good."""
    server.doors.revoke(who, key)


@router.get("/webhooks")
def list_webhooks(
    who: Caller, server: Server, after: After = "", most: Most = 200
) -> wire.Page[tenancy.WebhookInfo]:
    """Who is told of your organisation's events."""
    found = tuple(_webhook(hook) for hook in server.herald.of(who))
    return page_of(found, lambda known: known.id, after, most)


@router.post("/webhooks", status_code=201)
def add_webhook(order: tenancy.NewWebhook, who: Caller, server: Server) -> tenancy.IssuedWebhook:
    """Have an address told of events, in signed messages. The secret is shown this once."""
    who.require("admin")
    project = order.project or ""
    if project and project not in {known.id for known in server.desk.projects(who)}:
        raise NotFound(f"There is no project {project!r}.", remedy="List them: GET /api/v1/projects")
    made = server.herald.add(who, order.url, events=order.events, project=project)
    return tenancy.IssuedWebhook(**_webhook(made).model_dump(), secret=made.secret)


@router.delete("/webhooks/{webhook}", status_code=204)
def remove_webhook(webhook: Id, who: Caller, server: Server) -> None:
    """Tell an address nothing any more."""
    server.herald.remove(who, webhook)


def _require_whole(who: Caller) -> None:
    """An administrator of the whole organisation, not of one project."""
    who.require("admin")
    if who.project:
        who.require("operator")


def _organisation(known: Organisation) -> tenancy.OrganisationInfo:
    return tenancy.OrganisationInfo.model_validate(known.model_dump())


def _webhook(hook: Webhook) -> tenancy.WebhookInfo:
    return tenancy.WebhookInfo.model_validate(hook.model_dump(exclude={"secret", "organisation"}))
