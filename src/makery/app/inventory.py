"""What there is to work with: skills, roles, models, packages, and a sandbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from makery.app.doctor import Diagnosis, diagnose
from makery.app.models import ModelRow, Trial
from makery.app.parts import Parts
from makery.app.settings import Settings
from makery.kernel.ports import PackageIndex, Sandbox
from makery.kernel.role import Role
from makery.kernel.skill import Skill
from makery.teams.single_skill import find_skill


class Inventory:
    """The part of `Factory` that begins no run."""

    settings: Settings
    _parts: Parts

    def skills(self) -> tuple[Skill[Any, Any], ...]:
        """All skills, by name."""
        return tuple(skill for _, skill in sorted(self._parts.skills().items()))

    def skill(self, name: str) -> Skill[Any, Any]:
        """One skill.

        Raises:
            InputError: there is none of that name; names the nearest.
        """
        return find_skill(name, self._parts.skills())

    def roles(self) -> tuple[Role, ...]:
        """All roles."""
        return tuple(self._parts.roles().values())

    def models(self) -> tuple[ModelRow, ...]:
        """All models of the catalogue."""
        return self._parts.models()

    async def try_model(self, name: str | None) -> Trial:
        """Whether a model answers; the one in the settings if none is named."""
        return await self._parts.try_model(name or self.settings.model)

    async def stop_engines(self) -> int:
        """End the embedded models' processes, whoever started them; how many there were."""
        return await self._parts.stop_engines()

    def pull_weights(self, name: str | None, tell: Callable[[int, int, str], None]) -> Path:
        """The path of an embedded model's weights, fetched if need be.

        `tell` gets bytes so far, bytes in all, and a note.

        Raises:
            ModelUnavailable: no source could give them; what came is kept and continued next time.
        """
        return self._parts.pull_weights(name or self.settings.model, tell)

    def diagnose(self) -> tuple[Diagnosis, ...]:
        """What is there on this machine and what is missing, with the command that mends it."""
        return diagnose(self.settings, self._parts)

    def sandbox(self, *, unsafe_local: bool = False) -> Sandbox:
        """The sandbox that works here, for judging what a run has delivered.

        Raises:
            SandboxUnavailable: none does; the remedy is the command that mends it.
        """
        return self._parts.sandbox(unsafe_local=unsafe_local or self.settings.sandbox == "unsafe-local")

    def packages(self) -> PackageIndex:
        """Where third-party packages come from."""
        return self._parts.packages()

    def model_name(self, name: str | None) -> str:
        """The full name of a model, after looking whether its key or its weights are here.

        Raises:
            InputError: no such model.
            SettingsError: its key or base URL is missing.
            ModelUnavailable: its weights are not here.
        """
        full = self._parts.model_name(name or self.settings.model)
        self._parts.model_ready(full)
        return full
