"""Vector drawings of the PDF report: the way of a score, and bars of severities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

from compliance.exports.pdf_text import INK, LINE, PLAIN, QUIET

BLUE = HexColor("#1f5fa8")
SEVERITIES = {
    "CRITICAL": HexColor("#8f1d1d"), "HIGH": HexColor("#c2571a"), "MEDIUM": HexColor("#b8912a"),
    "LOW": HexColor("#6b7b8c"),
}  # fmt: skip
MOST_POINTS = 200


def score_chart(scores: Sequence[float], width: float, height: float = 130) -> Any:
    """The score after each step, from the first to the last; at most MOST_POINTS of them are drawn."""
    drawing = Drawing(width, height)
    left, bottom, right, top = 30, 20, width - 10, height - 8
    low = max(0.0, min(scores) - 5) // 10 * 10
    for part in range(5):
        value = low + (100 - low) * part / 4
        y = bottom + (top - bottom) * part / 4
        drawing.add(Line(left, y, right, y, strokeColor=LINE, strokeWidth=0.5))
        drawing.add(_label(left - 4, y - 2.5, f"{value:g}", "end"))
    chosen = _thinned(scores)
    points: list[float] = []
    for place, (_, score) in enumerate(chosen):
        x = left + (right - left) * (place / (len(chosen) - 1) if len(chosen) > 1 else 0.5)
        y = bottom + (top - bottom) * ((score - low) / (100 - low) if low < 100 else 1)
        if points:
            points += [x, points[-1]]  # a score stands until the next step
        points += [x, y]
    if len(points) > 2:
        drawing.add(PolyLine(points, strokeColor=BLUE, strokeWidth=1.4))
    drawing.add(Circle(points[-2], points[-1], 2.6, fillColor=BLUE, strokeColor=None))
    drawing.add(_label(left, 6, "step 1", "start"))
    drawing.add(_label(right, 6, f"step {len(scores):,}", "end"))
    return drawing


def severity_bars(counts: Sequence[tuple[str, int]], width: float) -> Any:
    """A bar for each severity, its word before it and its number behind it."""
    row, most = 15, max((count for _, count in counts), default=0) or 1
    drawing = Drawing(width, row * len(counts))
    for place, (word, count) in enumerate(counts):
        y = row * (len(counts) - 1 - place)
        drawing.add(String(0, y + 4, word, fontName=PLAIN, fontSize=7.5, fillColor=INK))
        length = (width - 130) * count / most
        if count:
            drawing.add(Rect(60, y + 2, max(length, 1), 9, fillColor=SEVERITIES[word], strokeColor=None))
        drawing.add(String(66 + length, y + 4, f"{count:,}", fontName=PLAIN, fontSize=7.5, fillColor=INK))
    return drawing


def _thinned(scores: Sequence[float]) -> list[tuple[int, float]]:
    """Evenly chosen steps, the first and the last among them."""
    numbered = list(enumerate(scores))
    if len(numbered) <= MOST_POINTS:
        return numbered
    return [numbered[round(place * (len(numbered) - 1) / (MOST_POINTS - 1))] for place in range(MOST_POINTS)]


def _label(x: float, y: float, text: str, anchor: str) -> Any:
    return String(x, y, text, fontName=PLAIN, fontSize=6.5, fillColor=QUIET, textAnchor=anchor)
