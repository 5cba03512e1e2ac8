"""Tables of the report: the city at a glance, and key figures by area with their signs."""

from __future__ import annotations

from collections.abc import Sequence

from etl.publish import german
from etl.publish.drawing.figure import Measure, Reading
from etl.publish.report.model import Cell, Row, Table
from etl.publish.report.numbers import Numbers, Unit

MARKS = {"hoeher": "▲", "niedriger": "▼"}
SPOKEN = {"hoeher": "höher als die Stadt", "niedriger": "niedriger als die Stadt"}
SIGNS = (
    "▲ gesichert höher, ▼ gesichert niedriger als in der Stadt; ohne Zeichen: nicht unterscheidbar oder nicht geprüft. "
    "„geheim“: zum Schutz Einzelner nicht genannt. „k. A.“: keine Angabe."
)
TREND = {"steigend": "steigt", "fallend": "fällt", "kein_trend": "nicht gesichert"}
AT_ONCE = 6
"""Columns of figures that fit beside each other on a page."""


def value_cell(measure: Measure, reading: Reading) -> Cell:
    """A value with its sign, or its state."""
    if not reading.shown:
        return Cell(measure.reading(reading, unit=False, short=True), measure.reading(reading, unit=False), "leer")
    mark = MARKS.get(reading.compared or "", "")
    text = measure.reading(reading, unit=False)
    doubt = " *" if reading.status == "unsicher" else ""
    spoken = f"{text}, {SPOKEN[reading.compared]}" if mark and reading.compared else ""
    return Cell(f"{text}{doubt}{german.NBSP}{mark}" if mark else f"{text}{doubt}", spoken, "wert")


def heading(numbers: Numbers, code: str) -> str:
    """„Anteil unter 18-Jähriger (%), 31.12.2025“."""
    return f"{numbers.measure(code).heading}, {numbers.when(code)}"


def by_area(numbers: Numbers, codes: Sequence[str], caption: str, levels: Sequence[str] = ()) -> list[Table]:
    """Key figures in columns, the city and its units in rows grouped by level; several tables where they are many."""
    found = [c for c in codes if numbers.has(c)]
    tables = -(-len(found) // AT_ONCE)
    each = -(-len(found) // tables) if tables else 1
    parts = [found[n : n + each] for n in range(0, len(found), each)]
    return [
        _areas(numbers, part, caption if len(parts) == 1 else f"{caption} ({n} von {len(parts)})", levels)
        for n, part in enumerate(parts, start=1)
    ]


def _areas(numbers: Numbers, codes: Sequence[str], caption: str, levels: Sequence[str]) -> Table:
    measures = {code: numbers.measure(code) for code in codes}

    def row(unit: Unit) -> Row:
        cells = [value_cell(measures[code], numbers.show(code, unit)) for code in codes]
        return Row((Cell(unit.name), *cells), "stadt" if unit == numbers.city else "")

    rows = [row(numbers.city)]
    for level, units in numbers.units.items():
        if level == numbers.city.level or (levels and level not in levels):
            continue
        if not any(numbers.newest(code, u).status != "fehlt" for code in codes for u in units):
            continue
        rows.append(Row((Cell(numbers.plural(level)),), "gruppe"))
        rows.extend(row(unit) for unit in units)
    dates = {numbers.when(code) for code in codes}
    same = f", {dates.pop()}" if len(dates) == 1 else ""
    columns = (numbers.measure(c).heading if same else heading(numbers, c) for c in codes)
    return Table(f"{caption}{same}", ("Gebiet", *columns), tuple(rows), names=True, note=SIGNS)


def of_the_city(numbers: Numbers, codes: Sequence[str], caption: str) -> Table | None:
    """A row an indicator: the city's newest value, its interval, changes and trend; None where there is no value."""
    rows = []
    for code in codes:
        measure, reading = numbers.measure(code), numbers.show(code, numbers.city)
        if not reading.shown:
            continue
        changes = numbers.change(code, numbers.city)
        cells = [
            Cell(measure.heading), Cell(numbers.when(code)), value_cell(measure, reading),
            Cell(measure.interval(reading)), *(Cell(_change(measure, changes.get(years))) for years in (1, 5)),
            Cell(TREND.get(reading.trend or "", "–")),
        ]  # fmt: skip
        rows.append(Row(tuple(cells)))
    if not rows:
        return None
    columns = ("Kennzahl", "Stand", "Wert", "95-%-Bereich", "gegen Vorjahr", "in 5 Jahren", "Trend, 5 Jahre")
    note = "Veränderungen in der Einheit der Kennzahl, bei Prozent in Prozentpunkten; ≈: nicht von null unterscheidbar."
    return Table(caption, columns, tuple(rows), frozenset({0, 1, 6}), note=note)


def _change(measure: Measure, row: dict[str, object] | None) -> str:
    if row is None or not isinstance(value := row["veraenderung"], int | float):
        return "–"
    about = "≈" + german.NBSP if row["ergebnis"] == "nicht_unterscheidbar" else ""
    plus = "+" if round(value, measure.decimals) > 0 else ""
    return f"{about}{plus}{german.number(value, measure.decimals)}"


def beside_others(numbers: Numbers, codes: Sequence[str]) -> Table | None:
    """The same indicators for district, state and other cities, from official statistics; None where there are none."""
    columns = ("vergleichsraum_id", "gebiet", "name", "kennzahl", "zeitraum", "bis", "wert", "status", "hinweis")
    frame = numbers.source.frame("vergleichsraum", columns, "kennzahl = ANY(%(codes)s)", codes=list(codes))
    found = [r for r in frame.iter_rows(named=True) if r["status"] in german.SHOWN]
    if not found:
        return None
    names = list(dict.fromkeys(r["name"] for r in found))
    rows = []
    for code in codes:
        own = [r for r in found if r["kennzahl"] == code]
        if own:
            last = max(own, key=lambda r: r["bis"])
            values = {r["name"]: r["wert"] for r in own if r["zeitraum"] == last["zeitraum"]}
            measure = numbers.measure(code)
            texts = [measure.text(values[n], unit=False) if n in values else "–" for n in names]
            rows.append(Row((Cell(measure.heading), Cell(last["zeitraum"]), *(Cell(t) for t in texts))))
    return Table(
        "Zum Vergleich: amtliche Statistik", ("Kennzahl", "Zeitraum", *names), tuple(rows), frozenset({0, 1}),
        note="Amtliche Zahlen sind anders abgegrenzt als die der Stadt und nur der Größenordnung nach vergleichbar.",
    )  # fmt: skip
