"""Spine chart: how far each key figure of a unit lies from the city, in units of the spread between the units.

After the "spine charts" of English public health profiles: a line for the city in the middle, the range of all units
as a pale band, the unit as a mark whose form says whether it differs from the city.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from etl.publish import colours, german
from etl.publish.drawing.bars import whisker
from etl.publish.drawing.figure import NOT_DISTINGUISHABLE, Figure, Measure, Reading
from etl.publish.drawing.svg import QUIET, RULE, Canvas, num, text_width, wrap

REACH = 3.0
"""Deviations that the axis shows; what lies beyond stands at its end with an arrow."""
SIZE, ROW = 12.0, 24.0
BETTER, WORSE, DIFFERENT = "#2b6ea6", "#d9822b", "#4a4a4a"
MARKS = (
    ("günstiger als die Stadt", "circle", BETTER),
    ("ungünstiger als die Stadt", "diamond", WORSE),
    ("anders, ohne Wertung", "square", DIFFERENT),
    ("nicht unterscheidbar, oder ohne Vergleich", "ring", colours.PAPER),
)


@dataclass(frozen=True)
class SpineRow:
    """A key figure: the unit's reading, the city's, and the shown values of all units of the level."""

    group: str
    measure: Measure
    reading: Reading
    city: Reading
    others: tuple[float, ...]

    @property
    def spread(self) -> float | None:
        """Standard deviation of the shown units (divided by n); None for fewer than three or without any spread."""
        if len(self.others) < 3:
            return None
        return statistics.pstdev(self.others) or None

    def position(self, value: float | None) -> float | None:
        """(value - city) / spread; None where one of them is not known."""
        if value is None or not self.city.shown or self.city.value is None or self.spread is None:
            return None
        return (value - self.city.value) / self.spread


def mark_of(reading: Reading) -> tuple[str, str, str]:
    """Meaning, form and colour of a unit's mark."""
    if reading.compared in (None, NOT_DISTINGUISHABLE):
        return MARKS[3]
    if reading.judged == "guenstiger":
        return MARKS[0]
    return MARKS[1] if reading.judged == "unguenstiger" else MARKS[2]


def spine_svg(
    name: str,
    title: str,
    rows: Sequence[SpineRow],
    *,
    unit_name: str = "Gebiet",
    city_name: str = "Stadt",
    description: str = "",
    width: float = 720,
) -> Figure:
    """A row a key figure, under the headings of their groups; left is lower, right is higher than the city."""
    value_x, city_x = width * 0.44, width * 0.55
    left, right = city_x + 14, width - 8
    middle, scale = (left + right) / 2, (right - left) / 2 / REACH
    titles = [row.measure.title if row.measure.unit == "%" else row.measure.heading for row in rows]
    names = [wrap(title, SIZE, value_x - 66) for title in titles]
    heights = [max(ROW, len(n) * SIZE * 1.2 + 9) for n in names]
    groups = sum(1 for n, row in enumerate(rows) if n == 0 or rows[n - 1].group != row.group)
    plot = sum(heights) + groups * 24
    top = 40.0
    canvas = Canvas(width, top + plot + 66)
    canvas.lines(value_x, 14, wrap(unit_name, 11, 76, 2, bold=True), 11, anchor="end", bold=True)
    canvas.lines(city_x, 14, wrap(city_name, 11, 84, 2, bold=True), 11, anchor="end", bold=True)
    canvas.text(left, 14, "‹ niedriger", 11, fill=QUIET)
    canvas.text(right, 14, "höher ›", 11, anchor="end", fill=QUIET)
    canvas.text(middle, 30, city_name, 11, anchor="middle", bold=True)
    for deviation in range(-int(REACH), int(REACH) + 1):
        x = middle + deviation * scale
        canvas.line(x, top, x, top + plot, colours.INK if deviation == 0 else RULE,
                    stroke_width=1.4 if deviation == 0 else 0.7)  # fmt: skip
        text = german.number(deviation, 0) if deviation <= 0 else f"+{deviation}"
        canvas.text(x, top + plot + 13, text, 10, anchor="middle", fill=QUIET)
    note = "Abstand von der Stadt, gemessen an der Streuung zwischen den Gebieten (1 = eine Standardabweichung)"
    canvas.text(right, top + plot + 28, note, 10, anchor="end", fill=QUIET)
    y, group = top, None
    for row, lines, height in zip(rows, names, heights, strict=True):
        if row.group != group:
            group = row.group
            canvas.rect(0, y, width, 20, fill="#eceff3")
            canvas.text(4, y + 14, group, SIZE, bold=True)
            y += 24
        centre = y + height / 2
        canvas.lines(4, centre + 4 - (len(lines) - 1) * SIZE * 0.6, lines, SIZE, 1.2)
        short = row.measure.unit == "%"
        canvas.text(value_x, centre + 4, row.measure.reading(row.reading, unit=short, short=True), SIZE, anchor="end",
                    bold=row.reading.shown)  # fmt: skip
        canvas.text(
            city_x, centre + 4, row.measure.reading(row.city, unit=short, short=True), SIZE, anchor="end", fill=QUIET
        )
        _row(canvas, row, middle, scale, centre)
        y += height
    _key(canvas, rows, top + plot + 46, width)
    told = description or _told(rows, unit_name, city_name)
    return Figure(name, title, told, canvas.svg(name, title, told), *_table(rows, unit_name, city_name))


def _row(canvas: Canvas, row: SpineRow, middle: float, scale: float, y: float) -> None:
    place = row.position(row.reading.value) if row.reading.shown else None
    ends = [row.position(min(row.others)), row.position(max(row.others))] if row.others else [None, None]

    def at(deviation: float) -> float:
        return middle + min(max(deviation, -REACH), REACH) * scale

    if ends[0] is not None and ends[1] is not None:
        canvas.rect(at(ends[0]), y - 5, at(ends[1]) - at(ends[0]), 10, fill="#d9dee5")
    if place is None:
        return
    low, high = row.position(row.reading.low), row.position(row.reading.high)
    if low is not None and high is not None and at(high) > at(low):
        whisker(canvas, at(low), at(high), y)
    _mark(canvas, at(place), y, *mark_of(row.reading)[1:])
    if abs(place) > REACH:
        side = 1 if place > 0 else -1
        x = at(place) + side * 7
        canvas.add("path", d=f"M{num(x)} {num(y - 5)}l{6 * side} 5l{-6 * side} 5z", fill=colours.INK)


def _mark(canvas: Canvas, x: float, y: float, form: str, fill: str) -> None:
    if form in {"circle", "ring"}:
        canvas.add("circle", cx=x, cy=y, r=5.5, fill=fill, stroke=colours.INK, stroke_width=1.4)
    elif form == "square":
        canvas.rect(x - 5, y - 5, 10, 10, fill=fill, stroke=colours.INK, stroke_width=1.2)
    else:
        canvas.add("path", d=f"M{num(x)} {num(y - 7)}l7 7l-7 7l-7 -7z", fill=fill, stroke=colours.INK, stroke_width=1.2)


def _key(canvas: Canvas, rows: Sequence[SpineRow], y: float, width: float) -> None:
    """What the marks in use mean."""
    used = {mark_of(r.reading) for r in rows if r.reading.shown}
    x = 8.0
    for meaning, form, fill in MARKS:
        if (meaning, form, fill) in used:
            wide = 14 + text_width(meaning, 11) + 16
            if x + wide > width and x > 8:
                x, y = 8.0, y + 18
            _mark(canvas, x, y, form, fill)
            canvas.text(x + 12, y + 4, meaning, 11)
            x += wide
    meaning = "alle Gebiete"
    if x + 34 + text_width(meaning, 11) > width:
        x, y = 8.0, y + 18
    canvas.rect(x - 4, y - 5, 26, 10, fill="#d9dee5")
    canvas.text(x + 28, y + 4, meaning, 11)
    canvas.height = y + 12


def _table(
    rows: Sequence[SpineRow], unit_name: str, city_name: str
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    columns = ("Kennzahl", "Zeitraum", unit_name, "95-%-Konfidenzintervall", city_name, "Verglichen mit der Stadt")
    return columns, tuple(
        (
            row.measure.heading,
            row.reading.period or "–",
            row.measure.reading(row.reading, unit=False),
            row.measure.interval(row.reading),
            row.measure.reading(row.city, unit=False),
            compared_words(row.reading),
        )
        for row in rows
    )


def compared_words(reading: Reading) -> str:
    """„höher (ungünstiger)“, „nicht unterscheidbar“, or a dash."""
    if not reading.shown or reading.compared is None:
        return "–"
    words = german.COMPARED[reading.compared]
    judged = german.JUDGED.get(reading.judged or "")
    return f"{words} ({judged})" if judged and reading.compared != NOT_DISTINGUISHABLE else words


def _told(rows: Sequence[SpineRow], unit_name: str, city_name: str) -> str:
    marks = [mark_of(r.reading)[0] for r in rows if r.reading.shown]
    counts = [f"{marks.count(meaning)} {meaning}" for meaning, _, _ in MARKS if meaning in marks]
    return f"{len(marks)} Kennzahlen von {unit_name} neben {city_name}: {', '.join(counts)}."
