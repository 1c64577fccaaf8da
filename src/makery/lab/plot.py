"""Solved against tokens, as an SVG picture: small enough to be written by hand, so no plotting library."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from makery.lab.summary import Summary

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 60, 220, 20, 50
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f")


def svg(found: Sequence[Summary]) -> str:
    """The picture: one point for each configuration, its number beside it; a colour for each suite."""
    points = [(n, one) for n, one in enumerate(found, 1) if one.tokens_per_task is not None]
    most = max((one.tokens_per_task or 0.0 for _, one in points), default=1.0) * 1.1 or 1.0
    suites = list(dict.fromkeys(one.configuration.suite for _, one in points))
    parts = [*_axes(most)]
    for n, one in points:
        colour = COLOURS[suites.index(one.configuration.suite) % len(COLOURS)]
        x, y = _x((one.tokens_per_task or 0.0) / most), _y(one.rate or 0.0)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        parts.append(_text(x + 8, y + 4, f"{n} {one.configuration.mode} {one.configuration.label}".strip()))
    for row, name in enumerate(suites):
        y = TOP + 16 * row + 10
        parts.append(
            f'<circle cx="{WIDTH - RIGHT + 110}" cy="{y - 4}" r="5" fill="{COLOURS[row % len(COLOURS)]}"/>'
        )
        parts.append(_text(WIDTH - RIGHT + 120, y, name))
    body = "\n".join(parts)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'


def _axes(most: float) -> list[str]:
    parts = ['<rect width="100%" height="100%" fill="#fff"/>']
    for step in range(6):
        x, y = _x(step / 5), _y(step / 5)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{_x(1):.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{20 * step} %", anchor="end"))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{most * step / 5:,.0f}", anchor="middle"))
    parts.append(_text(_x(0.5), HEIGHT - 10, "tokens for each task", anchor="middle"))
    return parts


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
