"""What there is: skills, roles, models, prompts."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from makery.app.refusals import NotFound
from makery.client import inventory as stock
from makery.client import wire
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.serving import Caller, Server
from makery.kernel.errors import InputError

router = APIRouter(tags=["inventory"], responses=RESPONSES)

Named = Annotated[str, InPath(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$")]


@router.get("/skills")
def list_skills(who: Caller, server: Server) -> wire.Page[stock.SkillInfo]:
    """All skills."""
    infos = (
        stock.SkillInfo(name=skill.name, purpose=skill.purpose, gives=skill.produces().kind())
        for skill in server.factory.skills()
    )
    return wire.Page[stock.SkillInfo](items=tuple(infos))


@router.get("/skills/{name}")
def show_skill(name: Named, who: Caller, server: Server) -> stock.SkillDetail:
    """One skill with the JSON schemas of its input and output."""
    try:
        skill = server.factory.skill(name)
    except InputError as error:
        raise NotFound(error.message, remedy=error.remedy) from None
    return stock.SkillDetail(
        name=skill.name,
        purpose=skill.purpose,
        gives=skill.produces().kind(),
        takes=skill.takes().model_json_schema(),
        output=skill.produces().model_json_schema(),
    )


@router.get("/roles")
def list_roles(who: Caller, server: Server) -> wire.Page[stock.RoleInfo]:
    """All roles."""
    infos = (stock.RoleInfo.model_validate(role.model_dump()) for role in server.factory.roles())
    return wire.Page[stock.RoleInfo](items=tuple(infos))


@router.get("/models")
def list_models(who: Caller, server: Server) -> wire.Page[stock.ModelInfo]:
    """All models of the catalogue, and whether their keys are there."""
    infos = (
        stock.ModelInfo.model_validate(row.model_dump(include=set(stock.ModelInfo.model_fields)))
        for row in server.factory.models()
    )
    return wire.Page[stock.ModelInfo](items=tuple(infos))


@router.get("/prompts")
def list_prompts(who: Caller, server: Server) -> wire.Page[stock.PromptInfo]:
    """All prompt templates."""
    infos = (
        stock.PromptInfo(name=found.name, version=found.version, variables=tuple(sorted(found.variables)))
        for found in server.factory.prompts()
    )
    return wire.Page[stock.PromptInfo](items=tuple(infos))


@router.get("/prompts/{name}")
def show_prompt(name: Named, who: Caller, server: Server) -> stock.PromptText:
    """One template with its text."""
    found = next((prompt for prompt in server.factory.prompts() if prompt.name == name), None)
    if found is None:
        raise NotFound(f"There is no prompt {name!r}.", remedy="List them: GET /api/v1/prompts")
    return stock.PromptText(
        name=found.name,
        version=found.version,
        variables=tuple(sorted(found.variables)),
        system=found.system,
        user=found.user,
    )
