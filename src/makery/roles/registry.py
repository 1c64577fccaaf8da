"""All roles: ours and those that installed packages offer."""

from makery.kernel.errors import ContractViolation
from makery.kernel.role import Role
from makery.roles.architect import ARCHITECT
from makery.roles.engineer import ENGINEER
from makery.roles.product_manager import PRODUCT_MANAGER
from makery.roles.project_manager import PROJECT_MANAGER
from makery.roles.qa_engineer import QA_ENGINEER
from makery.skills.registry import installed

BUILT_IN = (PRODUCT_MANAGER, ARCHITECT, PROJECT_MANAGER, ENGINEER, QA_ENGINEER)


def load_roles() -> dict[str, Role]:
    """Every role by name; an entry point of the group `makery.roles` replaces ours of the same name.

    Raises:
        ContractViolation: an entry point is no role.
    """
    roles = {role.name: role for role in BUILT_IN}
    for point in installed("makery.roles"):
        role = point.load()
        if not isinstance(role, Role):
            raise ContractViolation(f"Entry point {point.value!r} of makery.roles is no Role.")
        roles[role.name] = role
    return roles
