"""Calls that ask what there is, and that publish teams; and how the server is."""

from typing import Any

from makery.client import inventory, tenancy, wire
from makery.client.calls import Calls, safe, sent


class Stock(Calls):
    """See `Client`."""

    def skills(self) -> tuple[inventory.SkillInfo, ...]:
        """All skills."""
        return self._get("skills", wire.Page[inventory.SkillInfo]).items

    def skill(self, name: str) -> inventory.SkillDetail:
        """One skill with the JSON schemas of its input and output."""
        return self._get(f"skills/{safe(name)}", inventory.SkillDetail)

    def roles(self) -> tuple[inventory.RoleInfo, ...]:
        """All roles."""
        return self._get("roles", wire.Page[inventory.RoleInfo]).items

    def models(self) -> tuple[inventory.ModelInfo, ...]:
        """All models of the server's catalogue."""
        return self._get("models", wire.Page[inventory.ModelInfo]).items

    def prompts(self) -> tuple[inventory.PromptInfo, ...]:
        """All prompt templates."""
        return self._get("prompts", wire.Page[inventory.PromptInfo]).items

    def prompt(self, name: str) -> inventory.PromptText:
        """One template with its text."""
        return self._get(f"prompts/{safe(name)}", inventory.PromptText)

    # --------------------------------------------------------------------------- teams

    def teams(self) -> tuple[inventory.TeamInfo, ...]:
        """All teams that you can have work, by name."""
        return tuple(self._pages("teams", wire.Page[inventory.TeamInfo]))

    def team(self, name: str) -> inventory.TeamDetail:
        """One team with its file and a diagram."""
        return self._get(f"teams/{safe(name)}", inventory.TeamDetail)

    def publish_team(self, name: str, file: str) -> inventory.TeamDetail:
        """Publish a team of your own, or replace it; `file` is YAML or JSON."""
        return self._put(f"teams/{safe(name)}", inventory.TeamDetail, inventory.NewTeam(file=file))

    def withdraw_team(self, name: str) -> None:
        """Remove a team of your own; its runs stay."""
        self._delete(f"teams/{safe(name)}")

    def run_team(self, name: str, task: str, *, once: str = "", **options: Any) -> wire.RunDetail:
        """Have a team work on a task. `options` are the fields of `NewTeamRun`."""
        order = wire.NewTeamRun(task=task, **options)
        return self._post(f"teams/{safe(name)}/runs", wire.RunDetail, once=once, json=sent(order))

    # -------------------------------------------------------------------------- server

    def health(self) -> tenancy.Health:
        """That the server answers."""
        return self._get(f"{self._server}/health", tenancy.Health)

    def ready(self) -> tenancy.Health:
        """Whether the server can take orders.

        Raises:
            Refused: it cannot.
        """
        return self._get(f"{self._server}/ready", tenancy.Health)

    def metrics(self) -> str:
        """Numbers in Prometheus's text format; for the server's operator."""
        return self._text(f"{self._server}/metrics")
