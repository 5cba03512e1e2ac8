"""Legends: the classes in use, and signs of their own for what has no value or is not firm."""

from __future__ import annotations

from collections.abc import Iterable

from etl.publish import colours, german
from etl.publish.drawing.classes import Scheme
from etl.publish.drawing.figure import Reading
from etl.publish.drawing.svg import Canvas, text_width, wrap

Place = tuple[float, float, float]
"""Left, top and width."""
SWATCH = (26.0, 16.0)
ROW = 22.0
SIZE = 12.0
WITHHELD, BROKEN, NONE = "geheim", "nicht_vergleichbar", "fehlt"
HATCH_INK = "#20242b"
"""Of the hatch over a colour; over dark ones it is white."""


def sign_of(reading: Reading) -> str | None:
    """The sign of a reading without a value: withheld, not comparable, or none given; None where it has one."""
    if reading.shown:
        return None
    return reading.status if reading.status in (WITHHELD, BROKEN) else NONE


def sign_fill(sign: str) -> tuple[str, str | None, bool]:
    """Fill of a sign, colour of its hatch if it has one, and whether the hatch falls to the right."""
    if sign == WITHHELD:
        return colours.WITHHELD_FILL, colours.WITHHELD_HATCH, False
    if sign == BROKEN:
        return colours.NOT_COMPARABLE_FILL, colours.NOT_COMPARABLE_HATCH, True
    return colours.MISSING_FILL, None, False


def hatch_on(fill: str) -> str:
    """Colour of the hatch over a class: it must be seen and must leave the class to be seen."""
    return colours.PAPER if colours.readable_on(fill) == colours.PAPER else HATCH_INK


def draw_swatch(
    canvas: Canvas, x: float, y: float, fill: str, hatch: str | None = None, *, falling: bool = False
) -> None:
    """A swatch of the legend."""
    width, height = SWATCH
    canvas.rect(x, y, width, height, fill=fill)
    if hatch:
        canvas.hatch((x, y, width, height), hatch, falling=falling)
    canvas.rect(x, y, width, height, fill="none", stroke=colours.OUTLINE, stroke_width=0.8)


def draw_legend(canvas: Canvas, place: Place, scheme: Scheme, readings: Iterable[Reading]) -> float:
    """The legend from its upper left corner; signs appear where a reading needs them. Returns the y below it."""
    x, y, width = place
    needed = list(readings)
    y += SIZE
    y = canvas.lines(x, y, wrap(scheme.measure.heading, SIZE, width, bold=True), SIZE, bold=True) - SIZE + 4
    for item in scheme.classes:
        draw_swatch(canvas, x, y, item.fill)
        if item.mark:
            canvas.text(x + SWATCH[0] / 2, y + 12.5, item.mark, 12, anchor="middle",
                        fill=colours.readable_on(item.fill), bold=True)  # fmt: skip
        y = _label(canvas, x, y, width, item.label)
    if any(r.hatched for r in needed):
        draw_swatch(canvas, x, y, colours.PAPER, HATCH_INK)
        y = _label(canvas, x, y, width, scheme.hatched)
    signs = {sign_of(r) for r in needed}
    for sign in (WITHHELD, BROKEN, NONE):
        if sign in signs:
            fill, hatch, falling = sign_fill(sign)
            draw_swatch(canvas, x, y, fill, hatch, falling=falling)
            y = _label(canvas, x, y, width, german.STATUS[sign])
    return y


def _label(canvas: Canvas, x: float, y: float, width: float, text: str) -> float:
    lines = wrap(text, SIZE, width - SWATCH[0] - 8)
    canvas.lines(x + SWATCH[0] + 8, y + 12.5, lines, SIZE)
    return y + ROW + (len(lines) - 1) * SIZE * 1.25


def draw_signs(canvas: Canvas, x: float, y: float, readings: Iterable[Reading]) -> bool:
    """The signs that readings without a value need, with their meaning, in one line; false where none is needed."""
    needed = {sign_of(r) for r in readings}
    for sign in (WITHHELD, BROKEN, NONE):
        if sign in needed:
            fill, hatch, falling = sign_fill(sign)
            canvas.rect(x, y, 14, 10, fill=fill, stroke=colours.OUTLINE, stroke_width=0.6)
            if hatch:
                canvas.hatch((x, y, 14, 10), hatch, falling=falling)
            canvas.text(x + 19, y + 9, german.STATUS[sign], 11)
            x += 19 + text_width(german.STATUS[sign], 11) + 16
    return bool(needed - {None})


def draw_legend_row(canvas: Canvas, place: Place, scheme: Scheme, readings: Iterable[Reading]) -> float:
    """The legend in lines from left to right, for small maps. Returns the y below it."""
    x, y, width = place
    needed = list(readings)
    entries: list[tuple[str, str | None, bool, str, str]] = [
        (c.fill, None, False, c.label, c.mark) for c in scheme.classes
    ]
    if any(r.hatched for r in needed):
        entries.append((colours.PAPER, HATCH_INK, False, scheme.hatched, ""))
    signs = {sign_of(r) for r in needed}
    entries.extend((*sign_fill(s), german.STATUS[s], "") for s in (WITHHELD, BROKEN, NONE) if s in signs)
    left = x
    for fill, hatch, falling, label, mark in entries:
        wide = SWATCH[0] + 6 + text_width(label, SIZE) + 14
        if left > x and left + wide > x + width:
            left, y = x, y + ROW
        draw_swatch(canvas, left, y, fill, hatch, falling=falling)
        if mark:
            canvas.text(
                left + SWATCH[0] / 2, y + 12.5, mark, 12, anchor="middle", fill=colours.readable_on(fill), bold=True
            )
        canvas.text(left + SWATCH[0] + 6, y + 12.5, label, SIZE)
        left += wide
    return y + ROW
