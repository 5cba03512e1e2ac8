"""Bars from zero, in proportion to their values, with intervals and a line for the city."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.publish import colours
from etl.publish.drawing.classes import Scheme
from etl.publish.drawing.figure import Figure, Measure, Reading
from etl.publish.drawing.legend import HATCH_INK, hatch_on, sign_fill, sign_of
from etl.publish.drawing.svg import QUIET, RULE, Canvas, decimals_of, nice_steps, text_width, wrap
from etl.publish.german import COMPARED, number

BAR, GAP, SIZE = 15.0, 8.0, 12.0
FILL = "#7a9ed0"
Place = tuple[Callable[[float], float], float]
"""From values to x, and the y of a bar's middle."""


def bars_svg(
    name: str,
    title: str,
    rows: Sequence[tuple[str, Reading]],
    measure: Measure,
    *,
    reference: tuple[str, Reading] | None = None,
    scheme: Scheme | None = None,
    description: str = "",
    width: float = 720,
) -> Figure:
    """A bar a row (name, reading), in the order given; ``reference``: name and value of a line through all bars.

    ``scheme``: bars take the colours of the classes on the map. A row without a value has its sign and words instead.
    """
    beside = reference if reference and _near(rows, reference[1]) else None
    left = min(max((text_width(label, SIZE) for label, _ in rows), default=0) + 8, width * 0.36)
    names = [wrap(label, SIZE, left - 8) for label, _ in rows]
    right = max((text_width(measure.reading(r), SIZE) for _, r in rows), default=0) + 10
    steps = nice_steps(*_reach(rows, beside), about=6)
    first, last = steps[0], steps[-1]
    scale = (width - left - right) / (last - first)

    def at(value: float) -> float:
        return left + (value - first) * scale

    heights = [max(BAR, len(lines) * SIZE * 1.2) + GAP for lines in names]
    top, plot = 6.0, sum(heights)
    canvas = Canvas(width, top + plot + (40 if beside else 24))
    decimals = decimals_of(steps)
    for tick in steps:
        canvas.line(at(tick), top, at(tick), top + plot, colours.OUTLINE if tick == 0 else RULE, stroke_width=0.8)
        canvas.text(at(tick), top + plot + 14, number(tick, decimals), 11, anchor="middle", fill=QUIET)
    if beside and beside[1].value is not None:
        x = at(beside[1].value)
        canvas.line(x, top - 4, x, top + plot + 2, colours.INK, stroke_width=1.6, stroke_dasharray="5 3")
        text = f"{beside[0]}: {measure.text(beside[1].value)}"
        half = text_width(text, 11, bold=True) / 2
        canvas.text(min(max(x, half), width - half), top + plot + 30, text, 11, anchor="middle", bold=True)
    y = top
    for (_, reading), lines, height in zip(rows, names, heights, strict=True):
        middle = y + height / 2
        canvas.lines(0, middle + 4 - (len(lines) - 1) * SIZE * 0.6, lines, SIZE, 1.2)
        _bar(canvas, reading, measure, scheme, (at, middle))
        y += height
    told = description or _told(rows, measure, reference)
    return Figure(name, title, told, canvas.svg(name, title, told), *_table(rows, measure, reference))


FAR = 3.0


def _near(rows: Sequence[tuple[str, Reading]], reference: Reading) -> bool:
    """Whether the reference can be drawn beside the bars without dwarfing them: a city's count cannot."""
    longest = max((abs(r.value) for _, r in rows if r.value is not None), default=0.0)
    return reference.shown and reference.value is not None and abs(reference.value) <= FAR * longest


def _reach(rows: Sequence[tuple[str, Reading]], reference: tuple[str, Reading] | None) -> tuple[float, float]:
    """Smallest and largest number to be drawn, zero among them."""
    every = [r for _, r in rows if r.shown] + ([reference[1]] if reference and reference[1].shown else [])
    numbers = [0.0, *(v for r in every for v in (r.value, r.low, r.high) if v is not None)]
    return min(numbers), max(numbers) or (0.0 if min(numbers) < 0 else 1.0)


def _bar(canvas: Canvas, reading: Reading, measure: Measure, scheme: Scheme | None, place: Place) -> None:
    at, middle = place
    zero = at(0.0)
    if not reading.shown or reading.value is None:
        fill, hatch, falling = sign_fill(sign_of(reading) or "fehlt")
        canvas.rect(zero + 1, middle - BAR / 2, 30, BAR, fill=fill, stroke=colours.OUTLINE, stroke_width=0.6)
        if hatch:
            canvas.hatch((zero + 1, middle - BAR / 2, 30, BAR), hatch, falling=falling)
        canvas.text(zero + 38, middle + 4, measure.reading(reading), SIZE, fill=QUIET, italic=True)
        return
    found = scheme.of(reading) if scheme else None
    fill = found.fill if found else FILL
    x = at(reading.value)
    canvas.rect(zero, middle - BAR / 2, x - zero, BAR, fill=fill, stroke=colours.OUTLINE, stroke_width=0.6)
    if reading.hatched and abs(x - zero) > 1:
        canvas.hatch((min(x, zero), middle - BAR / 2, abs(x - zero), BAR), hatch_on(fill))
    end = x
    if reading.low is not None and reading.high is not None:
        whisker(canvas, at(reading.low), at(reading.high), middle)
        end = at(reading.high)
    text = measure.text(reading.value)
    # The line of the city runs behind the numbers.
    canvas.rect(max(end, zero, x) + 3, middle - 8, text_width(text, SIZE) + 2, 16, fill=colours.PAPER)
    canvas.text(max(end, zero, x) + 6, middle + 4, text, SIZE)


def whisker(canvas: Canvas, low: float, high: float, y: float) -> None:
    """An interval as a line with ends, light round it so that it is seen on any fill."""
    for colour, stroke in ((colours.PAPER, 3.4), (HATCH_INK, 1.4)):
        canvas.add("path", d=f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8",
                   stroke=colour, stroke_width=stroke, fill="none")  # fmt: skip


def _table(
    rows: Sequence[tuple[str, Reading]], measure: Measure, reference: tuple[str, Reading] | None
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    every = [*rows, *([reference] if reference else [])]
    columns: list[tuple[str, list[str]]] = [("", [n for n, _ in every])]
    columns.append((measure.heading, [measure.reading(r, unit=False) for _, r in every]))
    if any(r.shown and r.low is not None for _, r in every):
        columns.append(("95-%-Konfidenzintervall", [measure.interval(r) for _, r in every]))
    if any(r.shown and r.compared for _, r in every):
        columns.append(("Verglichen mit der Stadt", [COMPARED.get(r.compared or "", "–") for _, r in every]))
    return ("Gebiet", *(c for c, _ in columns[1:])), tuple(zip(*(texts for _, texts in columns), strict=True))


def _told(rows: Sequence[tuple[str, Reading]], measure: Measure, reference: tuple[str, Reading] | None) -> str:
    found = [(r.value, label) for label, r in rows if r.shown and r.value is not None]
    text = f"Balken für {len(rows)} Gebiete: {measure.heading}."
    if found:
        low, high = min(found), max(found)
        text += f" Von {measure.text(low[0])} ({low[1]}) bis {measure.text(high[0])} ({high[1]})."
    if reference and reference[1].value is not None:
        text += f" {reference[0]}: {measure.text(reference[1].value)}."
    return text
