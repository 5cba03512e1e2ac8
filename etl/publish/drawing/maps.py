"""Maps by class: one, several small ones with a common legend, and a locator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from etl.publish import colours, german
from etl.publish.drawing.areas import Area, Areas, Projection, path
from etl.publish.drawing.classes import Scheme
from etl.publish.drawing.figure import MISSING, Figure, Reading
from etl.publish.drawing.legend import draw_legend, draw_legend_row, hatch_on, sign_fill, sign_of
from etl.publish.drawing.svg import HATCH_STEP, HATCH_WIDTH, QUIET, Canvas, text_width, wrap

Readings = Mapping[str, Reading]
"""Values by key of the unit."""
SHARPNESS = 0.9
"""Units of a small drawing that its outlines may be off."""
NAME_SIZE, VALUE_SIZE, SMALLEST = 10.0, 12.0, 9.0


def choropleth_svg(
    name: str,
    title: str,
    areas: Areas,
    readings: Readings,
    scheme: Scheme,
    *,
    description: str = "",
    width: float = 720,
    legend: bool = True,
    highlight: str | None = None,
) -> Figure:
    """A map with names and values in the units, legend at the right; ``highlight``: key of a unit with a thick border.

    ``name`` must be unique on its page. The table has unit, value, interval, comparison with the city.
    """
    side = 215.0 if legend else 0.0
    left, bottom, right, top = areas.extent
    map_width = width - side - (16 if legend else 0)
    height = min(map_width * (top - bottom) / (right - left), map_width * 1.35)
    canvas = Canvas(width, height + 8)
    shown = [readings.get(a.key, MISSING) for a in areas.units]
    projection = Projection(areas.extent, (4, 4, map_width - 8, height))
    if legend:
        below = draw_legend(canvas, (map_width + 16, 2, side), scheme, shown)
        canvas.height = max(canvas.height, below + 36)
        _scale_bar(canvas, projection, map_width + 17, canvas.height - 10)
    draw_areas(canvas, projection, areas, readings, scheme, labels=True, highlight=highlight)
    told = description or _told(areas, readings, scheme)
    columns, rows = reading_table(areas, readings, scheme)
    return Figure(name, title, told, canvas.svg(name, title, told), columns, rows)


def multiples_svg(
    name: str,
    title: str,
    areas: Areas,
    panels: Sequence[tuple[str, Readings]],
    scheme: Scheme,
    *,
    description: str = "",
    width: float = 720,
    columns: int = 4,
) -> Figure:
    """Small maps (heading, values) in rows with one legend; the table has a column a map."""
    columns = max(1, min(columns, len(panels)))
    wide = (width - (columns - 1) * 12) / columns
    left, bottom, right, top = areas.extent
    high = min(wide * (top - bottom) / (right - left), wide * 1.35)
    rows = math.ceil(len(panels) / columns)
    small = areas.coarser(SHARPNESS * (right - left) / wide)
    canvas = Canvas(width, rows * (high + 30))
    for number, (heading, readings) in enumerate(panels):
        x, y = number % columns * (wide + 12), number // columns * (high + 30)
        canvas.text(x + 2, y + 14, heading, 13, bold=True)
        draw_areas(canvas, Projection(areas.extent, (x + 2, y + 20, wide - 4, high)), small, readings, scheme)
    every = [readings.get(a.key, MISSING) for _, readings in panels for a in areas.units]
    canvas.height = draw_legend_row(canvas, (2, canvas.height + 2, width), scheme, every) + 2
    told = (
        description or f"{len(panels)} Karten: {', '.join(heading for heading, _ in panels)}. {scheme.measure.heading}."
    )
    table = tuple(
        (a.name, *(scheme.measure.reading(readings.get(a.key, MISSING), unit=False) for _, readings in panels))
        for a in areas.units
    )
    return Figure(name, title, told, canvas.svg(name, title, told), ("Gebiet", *(h for h, _ in panels)), table)


def locator_svg(name: str, title: str, areas: Areas, key: str, *, width: float = 260) -> Figure:
    """Where a unit lies: all units pale, this one dark, with the names of the level above. The table names it."""
    left, bottom, right, top = areas.extent
    height = width * (top - bottom) / (right - left)
    canvas = Canvas(width, height)
    projection = Projection(areas.extent, (3, 3, width - 6, height - 6))
    small = areas.coarser(SHARPNESS / projection.scale)
    for area in small.units:
        chosen = area.key == key
        canvas.add("path", d=path(projection.geometry(area.outline)), fill="#2b6ea6" if chosen else "#eef1f4",
                   stroke="#8a949e", stroke_width=0.7, fill_rule="evenodd")  # fmt: skip
    for parent in small.parents:
        outline = projection.geometry(parent.outline)
        canvas.add("path", d=path(outline), fill="none", stroke=colours.OUTLINE, stroke_width=1.4)
    unit = next(a for a in areas.units if a.key == key)
    above = next((p.name for p in areas.parents if p.key == unit.parent), "")
    told = f"Lage von {unit.name}" + (f" in {above}." if above and len(areas.parents) > 1 else ".")
    return Figure(name, title, told, canvas.svg(name, title, told), ("Gebiet", "liegt in"), ((unit.name, above),))


def reading_table(
    areas: Areas, readings: Readings, scheme: Scheme
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows of the values of all units; columns that would be empty throughout are left out."""
    measure = scheme.measure
    found = [(a, readings.get(a.key, MISSING)) for a in areas.units]
    columns: list[tuple[str, list[str]]] = [("Gebiet", [a.name for a, _ in found])]
    named = {c.number: c.label for c in scheme.classes}
    if any(r.low is not None for _, r in found) or len(scheme.classes) < 2 or measure.unit:
        columns.append((measure.heading, [measure.reading(r, unit=False) for _, r in found]))
    else:
        columns.append((measure.heading, [_class_text(r, named) for _, r in found]))
    if any(r.shown and r.low is not None for _, r in found):
        columns.append(("95-%-Konfidenzintervall", [measure.interval(r) for _, r in found]))
    if any(r.compared for _, r in found):
        columns.append(("Verglichen mit der Stadt", [german.COMPARED.get(r.compared or "", "–") for _, r in found]))
    if any(not r.firm for _, r in found):
        columns.append(("Klasse gesichert", [("ja" if r.firm else "nein") if r.shown else "–" for _, r in found]))
    return tuple(c for c, _ in columns), tuple(zip(*(texts for _, texts in columns), strict=True))


def _class_text(reading: Reading, named: Mapping[int, str]) -> str:
    if not reading.shown:
        return german.STATUS.get(reading.status, reading.status)
    return named.get(reading.category or 0, "–")


def _told(areas: Areas, readings: Readings, scheme: Scheme) -> str:
    """A description of a map in words: the range of what is shown, and where its ends are."""
    found = [
        (r.value, a.name) for a in areas.units if (r := readings.get(a.key, MISSING)).shown and r.value is not None
    ]
    if not found:
        return f"Karte mit {len(areas.units)} Gebieten: {scheme.measure.heading}."
    low, high = min(found), max(found)
    text = scheme.measure.text
    return (
        f"Karte mit {len(areas.units)} Gebieten: {scheme.measure.heading}. Kleinster gezeigter Wert {text(low[0])} "
        f"({low[1]}), größter {text(high[0])} ({high[1]}). Alle Werte stehen in der Tabelle."
        if scheme.measure.unit
        else f"Karte mit {len(areas.units)} Gebieten: {scheme.measure.title}. Alle Klassen stehen in der Tabelle."
    )


@dataclass(frozen=True)
class Letters:
    """A line of text on the map: the middle of its baseline, size, and the box that it takes."""

    x: float
    y: float
    text: str
    size: float
    bold: bool
    upright: bool = True

    def box(self, margin: float) -> Any:
        """The text's rectangle, wider by ``margin`` at each side."""
        half = text_width(self.text, self.size, bold=self.bold) / 2 * 0.94 + margin
        above, below = self.size * 0.8 + margin / 2, self.size * 0.22 + margin / 2
        if self.upright:
            return shapely.box(self.x - half, self.y - above, self.x + half, self.y + below)
        return shapely.box(self.x - above, self.y - half, self.x + below, self.y + half)


def draw_areas(
    canvas: Canvas,
    projection: Projection,
    areas: Areas,
    readings: Readings,
    scheme: Scheme,
    *,
    labels: bool = False,
    highlight: str | None = None,
) -> None:
    """The units in the colours of their classes, hatches, borders of the level above, then labels where they fit."""
    placed: list[tuple[Letters, str]] = []
    # Dark classes last: their light borders part them and stay visible beside a pale one.
    for area, reading, (fill, hatch, falling) in sorted(
        ((a, r, _look(r, scheme)) for a in areas.units for r in (readings.get(a.key, MISSING),)),
        key=lambda drawn: colours.readable_on(drawn[2][0]) == colours.PAPER,
    ):
        outline = projection.geometry(area.outline)
        letters = _label(area, reading, scheme, projection, outline) if labels else []
        drawn = path(outline)
        border = colours.PAPER if colours.readable_on(fill) == colours.PAPER else colours.OUTLINE
        line: dict[str, Any] = {"stroke": border, "stroke_width": 0.8, "stroke_linejoin": "round"}
        if hatch is None:
            canvas.add("path", d=drawn, fill=fill, fill_rule="evenodd", **line)
        else:
            free = outline.difference(shapely.union_all([part.box(1.5) for part in letters]))
            canvas.add("path", d=drawn, fill=fill, fill_rule="evenodd")
            canvas.add("path", d=_hatched(free, falling=falling), stroke=hatch, stroke_width=HATCH_WIDTH, fill="none")
            canvas.add("path", d=drawn, fill="none", **line)
        placed.extend((part, colours.readable_on(fill)) for part in letters)
    for parent in areas.parents:
        canvas.add("path", d=path(projection.geometry(parent.outline)), fill="none", stroke=colours.OUTLINE,
                   stroke_width=1.8 if labels else 1.1, stroke_linejoin="round")  # fmt: skip
    for area in areas.units:
        if area.key == highlight:
            chosen = path(projection.geometry(area.outline))
            canvas.add("path", d=chosen, fill="none", stroke=colours.PAPER, stroke_width=5)
            canvas.add("path", d=chosen, fill="none", stroke=colours.INK, stroke_width=2.6)
    for part, fill in placed:
        canvas.text(part.x, part.y, part.text, part.size, anchor="middle", bold=part.bold, fill=fill,
                    upright=part.upright)  # fmt: skip


def _look(reading: Reading, scheme: Scheme) -> tuple[str, str | None, bool]:
    """Fill of a unit, colour of its hatch if it has one, and whether that falls to the right."""
    found = scheme.of(reading)
    if found is None:
        return sign_fill(sign_of(reading) or "fehlt")
    return found.fill, hatch_on(found.fill) if reading.hatched else None, False


def _label(area: Area, reading: Reading, scheme: Scheme, projection: Projection, outline: Any) -> list[Letters]:
    """Name and value as far as they fit into the unit, in narrow ones from below; nothing where they do not fit."""
    found = scheme.of(reading)
    value = scheme.measure.reading(reading, unit=scheme.measure.unit == "%", short=True)
    bare = scheme.measure.reading(reading, unit=False, short=True)
    if found is not None and not scheme.measure.unit:
        value = bare = found.mark or str(found.number)
    x, y = projection.point(*area.inside)
    tries = (
        [*((n, NAME_SIZE, False) for n in wrap(area.name, NAME_SIZE, 108)), (value, VALUE_SIZE, True)],
        [*((n, NAME_SIZE, False) for n in wrap(area.name, NAME_SIZE, 62)), (value, VALUE_SIZE, True)],
        *([[(area.key, NAME_SIZE, False), (value, VALUE_SIZE, True)]] if len(area.key) <= 4 else []),
        [(value, VALUE_SIZE, True)],
        [(bare, NAME_SIZE, True)],
    )
    for texts in tries:
        line = y - sum(size * 1.15 for _, size, _ in texts) / 2
        letters = []
        for text, size, bold in texts:
            letters.append(Letters(x, line + size * 0.95, text, size, bold))
            line += size * 1.15
        if all(outline.contains(part.box(0.3)) for part in letters):
            return letters
    for size in (VALUE_SIZE, NAME_SIZE, SMALLEST):
        turned = Letters(x + size * 0.3, y, value, size, bold=True, upright=False)
        if outline.contains(turned.box(0.0)):
            return [turned]
    return []


def _hatched(area: Any, *, falling: bool) -> str:
    """Diagonal lines through an area as the ``d`` of a path; the lines of neighbours meet."""
    if area.is_empty:
        return ""
    left, top, right, bottom = area.bounds
    lines = []
    if falling:
        first, last = left - bottom, right - top
    else:
        first, last = left + top, right + bottom
    for n in range(math.floor(first / HATCH_STEP), math.ceil(last / HATCH_STEP) + 1):
        t = n * HATCH_STEP
        # Rising lines are x + y = t, falling ones x - y = t, as y points down.
        ends = ((t + top, top), (t + bottom, bottom)) if falling else ((t - bottom, bottom), (t - top, top))
        lines.append(shapely.LineString(ends))
    cut = shapely.intersection(shapely.MultiLineString(lines), area)
    return path(cut) if not cut.is_empty else ""


def _scale_bar(canvas: Canvas, projection: Projection, x: float, y: float) -> None:
    """A bar of a round number of metres."""
    metres = next(m for m in (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50) if m * projection.scale <= 130 or m == 50)
    length = metres * projection.scale
    text = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    canvas.add("path", d=f"M{x} {y - 5:.1f}v5h{length:.1f}v-5", stroke=QUIET, fill="none", stroke_width=1.2)
    canvas.text(x + length + 5, y, text.replace(" ", german.NBSP), 10, fill=QUIET)
