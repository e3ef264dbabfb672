"""Small charts as SVG drawn by the server: no script, no inline style; colours are classes of staff.css.

Every chart says its figures in words for those who do not see it, and a caller shows the table they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 560, 160, 28  # units of the drawing, which scales to the width of its place


@dataclass(frozen=True)
class Point:
    """`label` where it stands on the axis, `told` what it says when one points at it."""

    label: str
    value: float
    told: str


@dataclass(frozen=True)
class Part:
    """One of the parts of a whole; `tone` is a class: bad, warn, busy, good, quiet."""

    name: str
    count: int
    tone: str


def line(points: Sequence[Point], *, title: str, low: float, high: float, unit: str = "") -> SafeString | str:
    """Values over time, oldest first, on an axis from `low` to `high`. Fewer than two points are no line: nothing."""
    if len(points) < 2:
        return ""
    span = (high - low) or 1
    step = (WIDTH - 2 * EDGE) / (len(points) - 1)
    places = [
        (EDGE + step * number, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (min(max(point.value, low), high) - low) / span)
        for number, point in enumerate(points)
    ]
    marks = format_html_join(
        "",
        '<circle class="chart-point" cx="{}" cy="{}" r="4"><title>{}</title></circle>',
        ((_at(x), _at(y), point.told) for (x, y), point in zip(places, points, strict=True)),
    )
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return _drawn(
        title,
        format_html(
            '<line class="chart-grid" x1="{e}" y1="{e}" x2="{r}" y2="{e}"/>'
            '<line class="chart-grid" x1="{e}" y1="{b}" x2="{r}" y2="{b}"/>'
            '<text class="chart-label" x="{e}" y="{t}">{high}</text>'
            '<text class="chart-label" x="{e}" y="{u}">{low}</text>'
            '<text class="chart-label" x="{e}" y="{h}">{first}</text>'
            '<text class="chart-label chart-end" x="{r}" y="{h}">{last}</text>'
            '<polyline class="chart-line" points="{path}"/>{marks}',
            e=EDGE, r=WIDTH - EDGE, b=HEIGHT - EDGE, t=EDGE - 6, u=HEIGHT - EDGE - 6, h=HEIGHT - 8,
            high=f"{high:g}{unit}", low=f"{low:g}{unit}", first=points[0].label, last=points[-1].label,
            path=path, marks=marks,
        ),
        HEIGHT,
    )  # fmt: skip


def columns(points: Sequence[Point], *, title: str) -> SafeString | str:
    """Counts side by side, such as those of the last hours. Nothing when all are 0."""
    top = max((point.value for point in points), default=0)
    if not top:
        return ""
    width, height = WIDTH / len(points), 60
    bars = format_html_join(
        "",
        '<rect class="chart-column" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (_at(width * number + 1), _at(height - height * point.value / top), _at(max(width - 2, 1)),
             _at(height * point.value / top), point.told)
            for number, point in enumerate(points)
        ),
    )  # fmt: skip
    return _drawn(title, bars, height)


def parts(every: Sequence[Part], *, title: str) -> SafeString | str:
    """What a whole is made of, as one bar with its legend. Nothing when it is made of nothing."""
    total = sum(part.count for part in every)
    if not total:
        return ""
    shapes, x = [], 0.0
    for part in every:
        width = WIDTH * part.count / total
        shapes.append((part.tone, _at(x), _at(width), f"{part.name}: {part.count:,}"))
        x += width
    bar = format_html_join(
        "",
        '<rect class="chart-part {}" x="{}" y="0" width="{}" height="16"><title>{}</title></rect>',
        shapes,
    )
    legend = format_html_join(
        "",
        '<li><span class="chart-key {}" aria-hidden="true"></span>{} <b>{}</b></li>',
        ((part.tone, part.name, f"{part.count:,}") for part in every if part.count),
    )
    return format_html('{}<ul class="chart-legend">{}</ul>', _drawn(title, bar, 16), legend)


def _at(units: float) -> str:
    """A place or length in the drawing; format_html takes no number formats, as it escapes first."""
    return f"{units:.1f}"


def _drawn(title: str, content: SafeString, height: float) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        WIDTH, height, title, title, content,
    )  # fmt: skip
