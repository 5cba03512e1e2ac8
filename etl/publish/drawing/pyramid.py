"""Age pyramid: women at the left, all others at the right, by age, with the city's as an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.publish import colours, german
from etl.publish.drawing.figure import Figure, Reading
from etl.publish.drawing.legend import draw_signs, sign_fill
from etl.publish.drawing.svg import QUIET, RULE, Canvas, decimals_of, nice_steps, num, text_width, wrap

WOMEN, OTHERS = "#c98b2b", "#3f73ad"
LEFT_TITLE, RIGHT_TITLE = "Frauen", "Männlich, divers oder ohne Angabe"
ROW, SIZE = 16.0, 11.0


@dataclass(frozen=True)
class PyramidRow:
    """An age group: persons, None where a number is not shown. ``city``: the same as shares (0 to 1) of its total."""

    label: str
    women: float | None
    others: float | None
    city: tuple[float | None, float | None] = (None, None)
    status: str = "gueltig"


def pyramid_svg(
    name: str,
    title: str,
    rows: Sequence[PyramidRow],
    total: float | None,
    *,
    city_name: str = "Stadt",
    description: str = "",
    width: float = 480,
) -> Figure:
    """Shares of all inhabitants (``total``) by age and sex in percent, or persons where the total is not shown.

    The outline is the city's age structure; it needs the total. The table has persons.
    """
    unit = 100 / total if total else 1.0
    gutter = max(text_width(row.label, SIZE) for row in rows) + 12
    side = (width - gutter) / 2 - 8
    numbers = [v * unit for r in rows for v in (r.women, r.others) if v is not None]
    numbers += [100 * v for r in rows for v in r.city if v is not None and total]
    steps = nice_steps(0, max(numbers, default=1.0), about=4)
    scale = side / steps[-1]
    middle_left, middle_right = width / 2 - gutter / 2, width / 2 + gutter / 2
    titles = wrap(RIGHT_TITLE, SIZE, side, bold=True)
    top = 10.0 + len(titles) * SIZE * 1.25
    bottom = top + ROW * len(rows)
    outlined = bool(total) and any(v is not None for r in rows for v in r.city)
    canvas = Canvas(width, bottom + (52 if outlined else 34))
    canvas.text(middle_left, 12, LEFT_TITLE, SIZE, anchor="end", bold=True)
    canvas.lines(middle_right, 12, titles, SIZE, bold=True)
    decimals = decimals_of(steps)
    for tick in steps:
        for x in (middle_left - tick * scale, middle_right + tick * scale):
            canvas.line(x, top, x, bottom, RULE, stroke_width=0.7)
            canvas.text(x, bottom + 13, german.number(tick, decimals), 10, anchor="middle", fill=QUIET)
    axis = "% der Einwohner" if total else "Personen"
    canvas.text(width / 2, bottom + 27, axis.replace(" ", german.NBSP), 10, anchor="middle", fill=QUIET)
    for number, row in enumerate(rows):
        y = bottom - (number + 1) * ROW
        canvas.text(width / 2, y + ROW - 4.5, row.label, SIZE, anchor="middle")
        for value, start, direction, fill in (
            (row.women, middle_left, -1, WOMEN),
            (row.others, middle_right, 1, OTHERS),
        ):
            if value is None:
                _no_value(canvas, start, direction, y, row.status)
            else:
                canvas.rect(start, y + 1, direction * value * unit * scale, ROW - 2, fill=fill,
                            stroke=colours.OUTLINE, stroke_width=0.5)  # fmt: skip
    if outlined:
        for place, start, direction in ((0, middle_left, -1), (1, middle_right, 1)):
            _outline(canvas, [r.city[place] for r in rows], start, direction * 100 * scale, bottom)
        canvas.line(8, bottom + 43, 38, bottom + 43, colours.INK, stroke_width=1.6)
        canvas.text(44, bottom + 47, f"zum Vergleich: {city_name}", SIZE)
    hidden = [
        Reading(status=r.status) for r in rows if (r.women is None or r.others is None) and r.status not in german.SHOWN
    ]
    if draw_signs(canvas, 8, canvas.height, hidden):
        canvas.height += 16
    told = description or _told(rows, total)
    return Figure(name, title, told, canvas.svg(name, title, told), *_table(rows))


def _no_value(canvas: Canvas, start: float, direction: int, y: float, status: str) -> None:
    fill, hatch, falling = sign_fill(status)
    x = start if direction > 0 else start - 18
    canvas.rect(x, y + 2, 18, ROW - 4, fill=fill, stroke=colours.OUTLINE, stroke_width=0.5)
    if hatch:
        canvas.hatch((x, y + 2, 18, ROW - 4), hatch, falling=falling)


def _outline(canvas: Canvas, shares: Sequence[float | None], start: float, scale: float, bottom: float) -> None:
    """The city's structure as a staircase; it breaks where a share is not known."""
    steps, drawing = "", False
    for number, share in enumerate(shares):
        y = bottom - number * ROW
        if share is None:
            drawing = False
            continue
        x = start + share * scale
        steps += f"H{num(x)}V{num(y - ROW)}" if drawing else f"M{num(x)} {num(y)}V{num(y - ROW)}"
        drawing = True
    canvas.add("path", d=steps, fill="none", stroke=colours.PAPER, stroke_width=3.2)
    canvas.add("path", d=steps, fill="none", stroke=colours.INK, stroke_width=1.5)


def _table(rows: Sequence[PyramidRow]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    def text(value: float | None, status: str) -> str:
        return german.STATUS.get(status, status) if value is None else german.number(value, 0)

    return (
        ("Alter", LEFT_TITLE, RIGHT_TITLE),
        tuple((r.label, text(r.women, r.status), text(r.others, r.status)) for r in reversed(rows)),
    )


def _told(rows: Sequence[PyramidRow], total: float | None) -> str:
    largest = max(rows, key=lambda r: (r.women or 0) + (r.others or 0))
    count = f"{german.number(total, 0)} Einwohner nach Alter und Geschlecht. " if total else ""
    return f"{count}Am stärksten besetzt ist die Altersgruppe {largest.label}. Alle Zahlen stehen in der Tabelle."
