"""The outlook: the projection by scenario, ages, units, places needed, and how it would have done before."""

from __future__ import annotations

import polars as pl

from etl.catalogue.chapters import Chapter
from etl.publish import german
from etl.publish.drawing import Measure, Reading, Series, line_svg
from etl.publish.report.model import Block, Cell, ChapterPage, Drawing, Paragraph, Points, Row, Section, Table, table
from etl.publish.report.numbers import ALL, Numbers

PERSONS = Measure("Bevölkerung", "Personen", 0)
BALANCE = Measure("Plätze minus Bedarf", "Plätze", 0, signed=True)


def age_words(group: str) -> str:
    """„a00_03“ as „0 bis unter 3 Jahre“, „a80_plus“ as „80 Jahre und älter“."""
    first, _, last = group.removeprefix("a").partition("_")
    if not first.isdigit():
        return group
    return f"{int(first)} Jahre und älter" if last == "plus" else f"{int(first)} bis unter {int(last)} Jahre"


def outlook_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...]) -> ChapterPage:
    """The chapter; it stands only where there is a projection or a text of the office."""
    frame = _projection(numbers)
    if frame is None:
        return ChapterPage(chapter.code, chapter.title, own)
    outlook = numbers.catalogue.outlook
    intro = [Paragraph(t) for t in (outlook.definition if outlook else None, outlook.note if outlook else None) if t]
    sections = [
        _city(numbers, frame),
        _ages(numbers, frame),
        _units(numbers, frame),
        _places(numbers),
        _look_back(numbers),
    ]
    return ChapterPage(chapter.code, chapter.title, (*intro, *own), tuple(s for s in sections if s is not None))


def _projection(numbers: Numbers) -> pl.DataFrame | None:
    if "prognose" not in numbers.source.views:
        return None
    columns = ("prognose_id", "ebene", "gebiet", "name", "szenario", "szenario_titel", "jahr", "basisjahr",
               "altersgruppe", "personen", "status")  # fmt: skip
    frame = numbers.source.frame("prognose", columns, "status = 'gueltig'")
    return None if frame.is_empty() else frame


def _line(numbers: Numbers) -> str:
    synthetic = " Synthetische Daten." if numbers.source.edition.synthetic else ""
    return (
        f"Eigene Vorausberechnung, nicht amtlich, auf Zehner gerundet. Stand {numbers.source.edition.label}.{synthetic}"
    )


def _city(numbers: Numbers, frame: pl.DataFrame) -> Section:
    own = frame.filter(pl.col("ebene") == numbers.city.level, pl.col("altersgruppe") == ALL).sort("jahr")
    years = own["jahr"].unique().sort().to_list()
    titles = {r["szenario"]: r["szenario_titel"] for r in own.sort("prognose_id").iter_rows(named=True)}
    series = []
    for code, title in titles.items():
        found = {r["jahr"]: r["personen"] for r in own.filter(pl.col("szenario") == code).iter_rows(named=True)}
        line = tuple(
            Reading(value=float(found[y]), period=str(y)) if found.get(y) is not None else Reading(status="fehlt")
            for y in years
        )
        series.append(Series(title, line))
    title = f"Bevölkerung bis {years[-1]} nach Szenarien"
    figure = line_svg("ausblick-bevoelkerung", title, [str(y) for y in years], series, PERSONS)
    points = tuple(
        (f"{r['titel']}:", r["beschreibung"])
        for r in numbers.source.frame("prognose_szenario", ("szenario_id", "titel", "beschreibung")).iter_rows(
            named=True
        )
    )
    assumed = Paragraph("Szenarien sind Setzungen, keine Vertrauensgrenzen. Was eintritt, kann außerhalb liegen.")
    blocks = (assumed, Points(points), Drawing(figure, _line(numbers), css="breit"))
    return Section("ausblick-stadt", "Wie sich die Bevölkerung entwickeln könnte", blocks)


def _first(frame: pl.DataFrame) -> str:
    return str(frame.sort("prognose_id")["szenario"][0])


def _pair(frame: pl.DataFrame) -> tuple[int, int, int]:
    """Base year, about the middle, and the last year."""
    base, last = int(frame["basisjahr"][0]), int(frame["jahr"].max())  # type: ignore[arg-type]
    return base, (base + last) // 2, last


def _ages(numbers: Numbers, frame: pl.DataFrame) -> Section | None:
    chosen = _first(frame)
    own = frame.filter(
        pl.col("ebene") == numbers.city.level, pl.col("szenario") == chosen, pl.col("altersgruppe") != ALL
    )
    if own.is_empty():
        return None
    years = _pair(own)
    found = {(r["altersgruppe"], r["jahr"]): r["personen"] for r in own.iter_rows(named=True)}
    rows: list[tuple[str, ...]] = []
    for group in sorted({g for g, _ in found}):
        values = [found.get((group, y)) for y in years]
        rows.append((age_words(group), *(_persons(v) for v in values), _percent(values[0], values[-1])))
    title = own["szenario_titel"][0]
    columns = ("Alter", *(f"31.12.{y}" for y in years), "Veränderung in %")
    shown = table(f"{numbers.city.name} nach Alter, Szenario „{title}“", columns, rows, names=True)
    return Section("ausblick-alter", "Nach Altersgruppen", (shown,))


def _units(numbers: Numbers, frame: pl.DataFrame) -> Section | None:
    chosen = _first(frame)
    own = frame.filter(
        pl.col("szenario") == chosen, pl.col("altersgruppe") == ALL, pl.col("ebene") != "nicht_zuordenbar"
    )
    if own.is_empty():
        return None
    years = _pair(own)
    found = {(r["ebene"], r["gebiet"], r["jahr"]): r["personen"] for r in own.iter_rows(named=True)}
    rows: list[tuple[str, ...]] = []
    for level, units in numbers.units.items():
        for unit in units:
            values = [found.get((level, unit.key, y)) for y in years]
            if values[0] is not None:
                rows.append((unit.name, *(_persons(v) for v in values), _percent(values[0], values[-1])))
    columns = ("Gebiet", *(f"31.12.{y}" for y in years), "Veränderung in %")
    shown = table(f"Bevölkerung, Szenario „{own['szenario_titel'][0]}“", columns, rows, names=True)
    return Section("ausblick-gebiete", "Nach Gebieten", (shown,))


def _persons(value: float | None) -> str:
    return "–" if value is None else german.number(value, 0)


def _balance(value: int | None) -> str:
    return "–" if value is None else BALANCE.text(value, unit=False)


def _percent(first: int | None, last: int | None) -> str:
    if not first or last is None:
        return "–"
    change = 100 * (last - first) / first
    return f"{'+' if round(change) > 0 else ''}{german.number(change, 0)}"


def _places(numbers: Numbers) -> Section | None:
    if "bedarf" not in numbers.source.views:
        return None
    columns = ("bedarf_id", "ebene", "gebiet", "name", "szenario", "szenario_titel", "jahr", "titel", "altersgruppe",
               "kinder", "bedarf", "plaetze", "saldo", "status")  # fmt: skip
    frame = numbers.source.frame("bedarf", columns, "status = 'gueltig'")
    if frame.is_empty():
        return None
    chosen = str(frame["szenario"][0])
    frame = frame.filter(pl.col("szenario") == chosen)
    first, last = int(frame["jahr"].min()), int(frame["jahr"].max())  # type: ignore[arg-type]
    near = min(first + 5, last)
    blocks: list[Block] = [
        Paragraph(
            "Gerechnet sind die Kinder des Gebiets mal der Betreuungsquote, gegen die Plätze in Einrichtungen des "
            "Gebiets. Kinder "
            "besuchen auch Einrichtungen anderer Gebiete; ein Saldo unter null heißt deshalb nicht, dass dort Plätze "
            "fehlen."
        )
    ]
    for title in dict.fromkeys(frame["titel"].to_list()):
        own = {
            (r["ebene"], r["gebiet"]): r
            for r in frame.filter(pl.col("titel") == title, pl.col("jahr") == near).to_dicts()
        }
        known = any(r["plaetze"] is not None for r in own.values())
        rows: list[Row] = []
        for level, units in numbers.units.items():
            there = [(u, own[level, u.key]) for u in units if (level, u.key) in own]
            if there and level != numbers.city.level:
                rows.append(Row((Cell(numbers.plural(level)),), "gruppe"))
            for unit, row in there:
                cells = [unit.name, _persons(row["kinder"]), _persons(row["bedarf"])]
                if known:
                    cells += [_persons(row["plaetze"]), _balance(row["saldo"])]
                rows.append(Row(tuple(Cell(c) for c in cells), "stadt" if level == numbers.city.level else ""))
        heads = ("Gebiet", "Kinder", "Bedarf", *(("Plätze heute", "Plätze minus Bedarf") if known else ()))
        caption = f"{title}, {near}, Szenario „{frame['szenario_titel'][0]}“"
        note = "" if known else "Wie viele Plätze es gibt, ist nicht angegeben."
        blocks.append(Table(caption, heads, tuple(rows), names=True, note=note))
    return Section("ausblick-plaetze", "Plätze für Kinder", tuple(blocks))


def _look_back(numbers: Numbers) -> Section | None:
    if "prognosefehler" not in numbers.source.views:
        return None
    columns = ("prognosefehler_id", "ebene", "altersgruppe", "verfahren", "basisjahr", "zieljahr", "vorausberechnet",
               "eingetreten", "abweichung_prozent")  # fmt: skip
    frame = numbers.source.frame("prognosefehler", columns, "altersgruppe = %(all)s", all=ALL)
    rows: list[tuple[str, ...]] = []
    for level in numbers.units:
        for method in dict.fromkeys(frame["verfahren"].to_list()):
            own = frame.filter(pl.col("ebene") == level, pl.col("verfahren") == method)[
                "abweichung_prozent"
            ].drop_nulls()
            if len(own):
                mean = float(own.abs().mean())  # type: ignore[arg-type]
                rows.append((numbers.singular(level), method, german.number(mean, 1)))
    if not rows:
        return None
    first, last = int(frame["basisjahr"][0]), int(frame["zieljahr"][0])
    told = Paragraph(
        f"Aus den Zahlen bis {first} auf {last} gerechnet und mit dem verglichen, was eingetreten ist: So weit "
        f"liegen das Verfahren "
        "und zwei einfache Annahmen im Mittel daneben."
    )
    shown = table("Mittlere Abweichung in Prozent", ("Ebene", "Verfahren", "Abweichung"), rows, words=frozenset({0, 1}))
    return Section("ausblick-rueckschau", "Rückschau: Wie gut das Verfahren gewesen wäre", (told, shown), deep=False)
