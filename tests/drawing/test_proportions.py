"""Laws of the drawings: lengths follow numbers, whatever the numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.publish.drawing import (
    Measure,
    PyramidRow,
    Reading,
    Series,
    SpineRow,
    bars_svg,
    line_svg,
    pyramid_svg,
    spine_svg,
)
from etl.publish.drawing.bars import FILL
from etl.publish.drawing.lines import MAIN
from etl.publish.drawing.pyramid import OTHERS, WOMEN
from etl.publish.drawing.spine import MARKS
from etl.publish.drawing.svg import nice_steps, wrap
from tests.drawing.shapes import tags

MEASURE = Measure("Anteil", "%", 1)
NUMBERS = st.floats(-1e5, 1e5).map(lambda v: round(v, 1))


def rects(svg: str, fill: str) -> list[float]:
    """Widths of all rectangles of a fill."""
    return [float(r["width"]) for r in tags(svg, "rect") if r.get("fill") == fill]


@given(st.lists(st.floats(0.1, 1e5), min_size=2, max_size=12))
def test_bars_are_in_proportion(values: list[float]) -> None:
    svg = bars_svg("b", "B", [(str(n), Reading(v)) for n, v in enumerate(values)], MEASURE).svg
    widths = rects(svg, FILL)
    scale = max(widths) / max(values)
    assert widths == pytest.approx([v * scale for v in values], abs=0.02)


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=18), st.integers(1, 100_000)
)
def test_pyramid_is_in_proportion(people: list[tuple[int, int]], rest: int) -> None:
    total = sum(w + o for w, o in people) + rest
    rows = [PyramidRow(str(n), w, o) for n, (w, o) in enumerate(people)]
    svg = pyramid_svg("p", "P", rows, total).svg
    drawn = [*rects(svg, WOMEN), *rects(svg, OTHERS)]
    numbers = [*(w for w, _ in people), *(o for _, o in people)]
    scale = max(drawn) / max(*numbers, 1)
    assert drawn == pytest.approx([v * scale for v in numbers], abs=0.02)


@given(NUMBERS, NUMBERS, st.integers(2, 8))
def test_axes_hold_their_numbers(a: float, b: float, about: int) -> None:
    low, high = min(a, b), max(a, b)
    steps = nice_steps(low, high, about)
    assert steps[0] <= low + 1e-6
    assert steps[-1] >= high - 1e-6
    assert steps == sorted(set(steps))
    assert len(steps) <= 2 * about + 3


@given(st.text(alphabet="abc -", max_size=80), st.floats(10, 200))
def test_wrapping_loses_nothing(text: str, width: float) -> None:
    squeezed = re.sub(r"\s+", "", text)
    assert "".join(wrap(text, 12, width)).replace(" ", "") == squeezed


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=2, max_size=14))
@example([0.0, 1e-38])
def test_lines_break_where_nothing_is_shown(values: list[float | None]) -> None:
    readings = tuple(Reading(v) if v is not None else Reading(status="geheim") for v in values)
    svg = line_svg("l", "L", [str(2010 + n) for n in range(len(values))], [Series("Gebiet", readings)], MEASURE).svg
    lines = [p for p in tags(svg, "path") if p.get("stroke") == MAIN]
    dots = [c for c in tags(svg, "circle") if c.get("fill") == MAIN]
    pattern = "".join("x" if v is not None else "." for v in values)
    assert len(dots) == pattern.count("x")
    assert len(lines) == len(re.findall("xx+", pattern))


def test_a_gap_in_the_years_is_seen() -> None:
    readings = tuple(Reading(float(v)) for v in (1, 2, 3))
    svg = line_svg("l", "L", ["2011", "2017", "2018"], [Series("Gebiet", readings)], MEASURE).svg
    first, second, third = sorted(float(c["cx"]) for c in tags(svg, "circle"))
    assert (second - first) / (third - second) == pytest.approx(6, rel=0.01)


@given(st.floats(-50, 50), st.floats(-50, 50), st.lists(st.floats(-50, 50), min_size=3, max_size=20))
def test_spine_is_right_of_the_city_when_higher(value: float, city: float, others: list[float]) -> None:
    row = SpineRow("T", MEASURE, Reading(value), Reading(city), tuple(others))
    place = row.position(value)
    if place is None:
        assert max(others) - min(others) < 1e-6
        return
    assert (place > 0) == (value > city)
    assert row.position(city) == 0
    assert len([c for c in tags(spine_svg("s", "S", [row]).svg, "circle") if c.get("r") == "5.5"]) == 2


def test_spine_marks_say_what_is_better() -> None:
    def marks(reading: Reading) -> set[str]:
        svg = spine_svg("s", "S", [SpineRow("T", MEASURE, reading, Reading(1.0), (1.0, 2.0, 3.0))]).svg
        return {m for m, _, fill in MARKS if f'fill="{fill}"' in svg and m in svg}

    assert marks(Reading(2.0, compared="hoeher", judged="guenstiger")) == {MARKS[0][0]}
    assert marks(Reading(2.0, compared="hoeher", judged="unguenstiger")) == {MARKS[1][0]}
    assert marks(Reading(2.0, compared="hoeher")) == {MARKS[2][0]}
    assert marks(Reading(2.0, compared="nicht_unterscheidbar", judged="nicht_unterscheidbar")) == {MARKS[3][0]}


def test_a_count_of_the_city_does_not_dwarf_the_bars() -> None:
    rows = [("a", Reading(4000.0)), ("b", Reading(5000.0))]
    figure = bars_svg("b", "B", rows, Measure("Einwohner", "Personen", 0), reference=("Stadt", Reading(84000.0)))
    assert max(rects(figure.svg, FILL)) > 200
    assert figure.rows[-1] == ("Stadt", "84.000")
