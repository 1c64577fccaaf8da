"""What the skills read that work from a finished design."""

from makery.kernel.artifact import Frozen
from makery.kernel.documents import SystemDesign
from makery.kernel.skill import Inputs


class DesignInput(Frozen):
    """The requirement beside the design made for it."""

    requirement: str
    locale: str
    design: str
    """As JSON: what the prompt quotes."""

    @staticmethod
    def of(artifacts: Inputs) -> "DesignInput":
        """Requirement and last design."""
        requirement = artifacts.requirement
        return DesignInput(
            requirement=requirement.text,
            locale=requirement.locale,
            design=artifacts.one(SystemDesign).model_dump_json(indent=1),
        )

    def read(self) -> SystemDesign:
        """The design again."""
        return SystemDesign.model_validate_json(self.design)
