"""Series over the years: a line with its interval, others beside it; broken where there is no value."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from etl.publish import colours, german
from etl.publish.drawing.figure import Figure, Measure, Reading
from etl.publish.drawing.legend import draw_signs, sign_fill, sign_of
from etl.publish.drawing.svg import QUIET, RULE, Canvas, decimals_of, nice_steps, num, text_width, wrap

MAIN, BAND = "#1f4e8c", "#cfdcee"
OTHERS = (
    ("#000000", "6 4"), ("#8a4a00", "2 3"), ("#5d5d5d", "9 3 2 3"),
    ("#6b2c6f", "12 4"), ("#00615a", "4 2 1 2 1 2"), ("#9c3a3a", "1 4"),
)  # fmt: skip
"""Colour and dashes of the further lines: told apart by the dashes alone, too."""
SIZE = 12.0
YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Series:
    """A named line: a reading for each period of the figure."""

    label: str
    readings: tuple[Reading, ...]


def line_svg(
    name: str,
    title: str,
    periods: Sequence[str],
    series: Sequence[Series],
    measure: Measure,
    *,
    description: str = "",
    width: float = 720,
    height: float = 300,
) -> Figure:
    """The first series with its interval as a band, the others dashed. Periods without a value carry their sign.

    The axis begins at zero where the values come near it, and otherwise says where it begins.
    """
    low, high = _reach(series)
    steps = nice_steps(low, high, about=5)
    decimals = decimals_of(steps)
    ticks = [german.number(t, decimals) for t in steps]
    left = max(text_width(t, 11) for t in ticks) + 10
    labels = {s.label: wrap(s.label, SIZE, 120) for s in series}
    right = min(128.0, max((text_width(line, SIZE) for lines in labels.values() for line in lines), default=0) + 14)
    top, bottom = 26.0, height - 26
    canvas = Canvas(width, height)
    inner = width - left - right - 16
    places = _places(periods)
    step = inner * min((b - a for a, b in itertools.pairwise(places)), default=1.0)

    def x(position: int) -> float:
        return left + 8 + inner * places[position]

    def y(value: float) -> float:
        return bottom - (value - steps[0]) / (steps[-1] - steps[0]) * (bottom - top)

    canvas.text(0, 12, german.unit_suffix(measure.unit).strip() or measure.title, 11, fill=QUIET)
    for tick, text in zip(steps, ticks, strict=True):
        canvas.line(left, y(tick), width - right, y(tick), colours.OUTLINE if tick == 0 else RULE, stroke_width=0.8)
        canvas.text(left - 5, y(tick) + 4, text, 11, anchor="end", fill=QUIET)
    every = max(1, -(-int(max(text_width(p, 11) for p in periods) + 8) // max(int(step), 1)))
    for position, period in enumerate(periods):
        if (len(periods) - 1 - position) % every == 0:
            canvas.text(x(position), height - 8, period, 11, anchor="middle", fill=QUIET)
    _band(canvas, series[0].readings, x, y)
    _signs(canvas, series[0].readings, x, bottom)
    ends: list[tuple[float, list[str], str]] = []
    for number, line in reversed(list(enumerate(series))):
        colour, dashes = (MAIN, None) if number == 0 else OTHERS[(number - 1) % len(OTHERS)]
        _line(canvas, line.readings, (x, y), (colour, dashes))
        last = [r.value for r in line.readings if r.shown and r.value is not None]
        if last:
            ends.append((y(last[-1]) + 4, labels[line.label], colour))
    _end_labels(canvas, ends, width - right + 6, top, bottom)
    if steps[0] > 0:
        canvas.text(width, 12, f"Achse beginnt bei {ticks[0]}", 11, anchor="end", fill=QUIET, italic=True)
    if draw_signs(canvas, left, height + 2, series[0].readings):
        canvas.height = height + 16
    told = description or _told(periods, series, measure)
    columns, rows = _table(periods, series, measure)
    return Figure(name, title, told, canvas.svg(name, title, told), columns, rows)


def _places(periods: Sequence[str]) -> list[float]:
    """Where periods stand on the axis, 0 to 1: by their years, so that a gap in the years is seen; else evenly."""
    years = [int(p[:4]) for p in periods if YEAR.match(p)]
    if len(years) < len(periods) or any(b <= a for a, b in itertools.pairwise(years)):
        years = list(range(len(periods)))
    if len(years) < 2:
        return [0.5] * len(years)
    return [(year - years[0]) / (years[-1] - years[0]) for year in years]


def _reach(series: Sequence[Series]) -> tuple[float, float]:
    numbers = [
        v
        for number, s in enumerate(series)
        for r in s.readings
        if r.shown
        for v in ((r.value, r.low, r.high) if number == 0 else (r.value,))
        if v is not None
    ]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if 0 <= low < 0.6 * high:
        low = 0.0
    return (low, high) if high > low else (low - (1 if low < 0 else 0), low + 1)


Place = Callable[[int], float]
Height = Callable[[float], float]
Ink = tuple[str, str | None]
"""Colour and dashes."""


def _runs(flags: Sequence[bool]) -> list[range]:
    """Successive positions that are all true."""
    runs: list[range] = []
    for position, flag in enumerate(flags):
        if flag and runs and runs[-1].stop == position:
            runs[-1] = range(runs[-1].start, position + 1)
        elif flag:
            runs.append(range(position, position + 1))
    return runs


def _band(canvas: Canvas, readings: Sequence[Reading], x: Place, y: Height) -> None:
    for run in _runs([r.shown and r.low is not None and r.high is not None for r in readings]):
        upper = [f"{num(x(n))} {num(y(readings[n].high or 0.0))}" for n in run]
        lower = [f"{num(x(n))} {num(y(readings[n].low or 0.0))}" for n in reversed(run)]
        if len(run) == 1:
            canvas.line(x(run[0]), y(readings[run[0]].low or 0.0), x(run[0]), y(readings[run[0]].high or 0.0), BAND,
                        stroke_width=7)  # fmt: skip
        else:
            canvas.add("path", d="M" + "L".join((*upper, *lower)) + "z", fill=BAND)


def _line(canvas: Canvas, readings: Sequence[Reading], place: tuple[Place, Height], ink: Ink) -> None:
    (x, y), (colour, dashes) = place, ink
    for run in _runs([r.shown for r in readings]):
        points = [(x(n), y(readings[n].value or 0.0)) for n in run]
        if len(points) > 1:
            canvas.add("path", d="M" + "L".join(f"{num(a)} {num(b)}" for a, b in points), fill="none", stroke=colour,
                       stroke_width=2.2 if dashes is None else 1.6, stroke_dasharray=dashes,
                       stroke_linejoin="round")  # fmt: skip
        if dashes is None or len(points) == 1:
            for a, b in points:
                canvas.add("circle", cx=a, cy=b, r=3.2 if dashes is None else 2.4, fill=colour)


def _signs(canvas: Canvas, readings: Sequence[Reading], x: Place, bottom: float) -> None:
    """A small swatch on the axis for each period that has no value."""
    for position, reading in enumerate(readings):
        sign = sign_of(reading)
        if sign is not None:
            fill, hatch, falling = sign_fill(sign)
            canvas.rect(x(position) - 7, bottom - 10, 14, 10, fill=fill, stroke=colours.OUTLINE, stroke_width=0.6)
            if hatch:
                canvas.hatch((x(position) - 7, bottom - 10, 14, 10), hatch, falling=falling)


def _end_labels(
    canvas: Canvas, ends: Sequence[tuple[float, list[str], str]], x: float, top: float, bottom: float
) -> None:
    """Names at the ends of the lines, moved apart where they would overlap."""
    line = SIZE * 1.2
    places: list[tuple[float, list[str], str]] = []
    for y, texts, colour in sorted(ends):
        start = max(y - (len(texts) - 1) * line / 2, top + 8)
        if places:
            start = max(start, places[-1][0] + len(places[-1][1]) * line + 3)
        places.append((start, texts, colour))
    over = places[-1][0] + (len(places[-1][1]) - 1) * line - bottom - 4 if places else 0.0
    for start, texts, colour in places:
        canvas.lines(x, start - max(over, 0.0), texts, SIZE, 1.2, fill=colour)


def _table(
    periods: Sequence[str], series: Sequence[Series], measure: Measure
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    main = series[0]
    columns = [f"{main.label} ({measure.unit})" if german.unit_suffix(measure.unit) else main.label]
    cells = [[measure.reading(r, unit=False) for r in main.readings]]
    if any(r.shown and r.low is not None for r in main.readings):
        columns.append("95-%-Konfidenzintervall")
        cells.append([measure.interval(r) for r in main.readings])
    for other in series[1:]:
        columns.append(other.label)
        cells.append([measure.reading(r, unit=False) for r in other.readings])
    return ("Zeitraum", *columns), tuple(zip(periods, *cells, strict=True))


def _told(periods: Sequence[str], series: Sequence[Series], measure: Measure) -> str:
    told = [f"Linien von {periods[0]} bis {periods[-1]}: {measure.heading}."]
    for line in series:
        found = [(p, r.value) for p, r in zip(periods, line.readings, strict=True) if r.shown and r.value is not None]
        if len(found) > 1:
            (first, a), (last, b) = found[0], found[-1]
            told.append(f"{line.label}: {measure.text(a)} ({first}), {measure.text(b)} ({last}).")
    return " ".join(told)
