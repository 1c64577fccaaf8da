"""A team as a diagram: Mermaid for Markdown, SVG for everything else."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from makery.kernel.skill import Skill
from makery.teams.team_arrows import Arrow, arrows
from makery.teams.team_file import AnyTeam

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _EDGE = 170, 44, 60, 64, 24


def mermaid(team: AnyTeam, skills: Mapping[str, Skill[Any, Any]]) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart TD"]
    for arrow in arrows(team, skills):
        label = f'|"{arrow.label.replace(chr(34), chr(39))}"|' if arrow.label else ""
        lines.append(f"    {_node(arrow.start)} -->{label} {_node(arrow.end)}")
    return "\n".join(lines) + "\n"


def _node(name: str) -> str:
    # `end` is a word of Mermaid's own.
    if name in ("task", "end"):
        return f"{name}_(({name}))"
    key = re.sub(r"\W", "_", name)
    return f"{key}[{name}]" if key == name else f'{key}["{name}"]'


def svg(team: AnyTeam, skills: Mapping[str, Skill[Any, Any]]) -> str:
    """A picture of its own, without script, font or link: boxes in rows by their distance from the start."""
    found = arrows(team, skills)
    places = _places(found)
    width = max(x for x, _ in places.values()) + _WIDTH + _EDGE + _GAP_X
    height = max(y for _, y in places.values()) + _HEIGHT + _EDGE
    body = [*(_line(arrow, places) for arrow in found), *(_box(name, *at) for name, at in places.items())]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">\n'
        f"<title>{escape(team.name)}</title>\n"
        '<defs><marker id="a" markerWidth="9" markerHeight="9" refX="8" refY="4" orient="auto">'
        '<path d="M0,0 L9,4 L0,8 z" fill="#555"/></marker></defs>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _places(found: list[Arrow]) -> dict[str, tuple[int, int]]:
    level = {found[0].start: 0}
    for _ in found:
        for arrow in found:
            if arrow.start in level:
                level.setdefault(arrow.end, level[arrow.start] + 1)
    rows: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name, row in sorted(level.items(), key=lambda item: item[1]):
        column = rows.get(row, 0)
        rows[row] = column + 1
        places[name] = (_EDGE + column * (_WIDTH + _GAP_X), _EDGE + row * (_HEIGHT + _GAP_Y))
    return places


def _box(name: str, x: int, y: int) -> str:
    round_corner = 22 if name in ("task", "end") else 6
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{round_corner}" '
        'fill="#eef3fb" stroke="#345"/>'
        f'<text x="{x + _WIDTH // 2}" y="{y + 27}" text-anchor="middle" fill="#123">{escape(name)}</text>'
    )


def _line(arrow: Arrow, places: Mapping[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[arrow.start], places[arrow.end]
    middle = _WIDTH // 2
    if y2 > y1:
        path = f"M{x1 + middle},{y1 + _HEIGHT} L{x2 + middle},{y2}"
        label = (x1 + x2) // 2 + middle + 6, (y1 + _HEIGHT + y2) // 2 + 4
    else:  # back or to itself: around the right side
        side = max(x1, x2) + _WIDTH + _GAP_X - 20
        path = f"M{x1 + _WIDTH},{y1 + 30} C{side},{y1 + 30} {side},{y2 + 14} {x2 + _WIDTH},{y2 + 14}"
        label = side - 40, (y1 + y2) // 2 + 22
    text = (
        f'<text x="{label[0]}" y="{label[1]}" fill="#555">{escape(arrow.label)}</text>' if arrow.label else ""
    )
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#a)"/>{text}'
