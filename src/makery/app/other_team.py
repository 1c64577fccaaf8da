"""Parts with another team in the company's place, for experiments."""

from typing import Any, cast

from makery.app.parts import Company, Parts


class _OtherTeam:
    def __init__(self, parts: Parts, company: Company) -> None:
        self._parts = parts
        self.company = company

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)


def with_company(parts: Parts, company: Company) -> Parts:
    """The same parts, with that team making the software."""
    return cast(Parts, _OtherTeam(parts, company))
