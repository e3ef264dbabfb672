"""Charts: what is drawn, what is said beside it, and when there is nothing to draw."""

from __future__ import annotations

from xml.etree import ElementTree

from accounts.charts import Part, Point, columns, line, parts

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: object) -> ElementTree.Element:
    text = str(chart)
    return ElementTree.fromstring(text[: text.index("</svg>") + 6].replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))


def test_a_line_has_a_point_for_every_value_and_says_its_title() -> None:
    chart = drawn(line([Point("a", 0, "a: 0"), Point("b", 50, "b: 50"), Point("c", 100, "c: 100")], title="Score",
                       low=0, high=100, unit=" %"))  # fmt: skip
    points = chart.findall(f"{SVG}circle")
    assert [point.findtext(f"{SVG}title") for point in points] == ["a: 0", "b: 50", "c: 100"]
    assert [float(point.get("cy", "")) for point in points] == sorted(
        (float(point.get("cy", "")) for point in points), reverse=True
    )
    assert chart.get("aria-label") == "Score"


def test_parts_fill_the_whole_width_and_the_legend_leaves_out_what_is_not_there() -> None:
    made = parts([Part("Kept", 3, "good"), Part("Stale", 0, "warn"), Part("<b>", 1, "bad")], title="What became of it")
    widths = [float(part.get("width", "")) for part in drawn(made).findall(f"{SVG}rect")]
    assert widths == [420.0, 0.0, 140.0]
    assert "Kept <b>3</b>" in made
    assert "Stale <b>" not in made
    assert "&lt;b&gt; <b>1</b>" in made


def test_the_tallest_column_is_as_tall_as_the_drawing() -> None:
    chart = drawn(columns([Point("10", 2, "at 10: 2"), Point("11", 4, "at 11: 4")], title="By hour"))
    assert [column.get("height") for column in chart.findall(f"{SVG}rect")] == ["30.0", "60.0"]


def test_of_nothing_nothing_is_drawn() -> None:
    assert line([Point("a", 1, "a")], title="", low=0, high=1) == ""
    assert columns([Point("a", 0, "a")], title="") == ""
    assert parts([Part("a", 0, "good")], title="") == ""
