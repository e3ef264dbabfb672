"""Ratios and what they should be, as cells of a table and as a picture: bars that reach a line, or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks import sizes

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, ROW, LEFT, LINE, RIGHT = 760, 26, 330, 520, 710
"""Units of the drawing: bars begin at LEFT, reach LINE when the goal is just met, and end at RIGHT at the latest."""
MET, MISSED, INK = "#2e7d32", "#c62828", "#222222"


@dataclass(frozen=True)
class Goal:
    """A measured ratio that should be at most (`most`) or at least `bound`."""

    name: str
    ratio: float
    bound: float
    most: bool = False

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.bound if self.most else self.ratio >= self.bound

    @property
    def reached(self) -> float:
        """1 where the goal is just met, more where it is surpassed."""
        return self.bound / self.ratio if self.most else self.ratio / self.bound

    def cells(self) -> str:
        """The ratio, the goal, and whether it is met, as cells of a table."""
        sign = "<=" if self.most else ">="
        return f"{self.ratio:.2f} | {sign} {self.bound:g} | {'yes' if self.is_met else '**no**'}"


def drawn(goals: Sequence[Goal], name: str, title: str) -> str:
    """The line of the page that shows docs/pictures/NAME.svg, with its figures in words; draws that picture, unless
    only a part of the data was measured."""
    told = "; ".join(f"{goal.name}: {goal.ratio:.2f}, {'met' if goal.is_met else 'missed'}" for goal in goals)
    if not sizes.is_part():
        (PICTURES / f"{name}.svg").write_text(_svg(goals, title))
    return f"![{title}. {told}](pictures/{name}.svg)"


def _svg(goals: Sequence[Goal], title: str) -> str:
    height = ROW * (len(goals) + 2)
    bars = "\n".join(_bar(goal, ROW * (place + 1)) for place, goal in enumerate(goals))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(title)}" font-family="sans-serif" font-size="12" fill="{INK}">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="8" y="17" font-weight="bold">{escape(title)}</text>\n{bars}\n'
        f'<line x1="{LINE}" y1="{ROW}" x2="{LINE}" y2="{height - ROW}" stroke="{INK}" stroke-dasharray="4 3"/>\n'
        f'<text x="{LINE}" y="{height - 8}" text-anchor="middle">goal</text>\n</svg>\n'
    )


def _bar(goal: Goal, y: int) -> str:
    width = min((LINE - LEFT) * goal.reached, RIGHT - LEFT)
    sign = "≤" if goal.most else "≥"
    return (
        f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(goal.name)}</text>'
        f'<rect x="{LEFT}" y="{y + 4}" width="{width:.1f}" height="{ROW - 8}" fill="{MET if goal.is_met else MISSED}"/>'
        f'<text x="{LEFT + 6}" y="{y + 17}" fill="#ffffff">{goal.ratio:.2f} ({sign} {goal.bound:g})</text>'
    )
