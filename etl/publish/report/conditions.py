"""Social conditions compared: the indices with how firm their classes are, types of areas, inequality."""

from __future__ import annotations

from typing import Any

import polars as pl

from etl.catalogue.chapters import Chapter
from etl.catalogue.indices import Index
from etl.publish import colours, german
from etl.publish.drawing import Class, Measure, Reading, Scheme, choropleth_svg, index_scheme, short_name
from etl.publish.drawing.classes import TYPE_NOT_FIRM
from etl.publish.report.model import Block, ChapterPage, Drawing, Paragraph, Section, Table, table
from etl.publish.report.numbers import Numbers

Rows = list[dict[str, Any]]
MOST_MEASURES = ("dissimilaritaet", "gini")
MEASURES = {"dissimilaritaet": "Ungleiche Verteilung (Dissimilarität)", "gini": "Gini-Koeffizient"}


def conditions_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...]) -> ChapterPage:
    """The chapter; without indices, types and measures of inequality it says so."""
    sections = [
        *(s for index in numbers.catalogue.indices if (s := _index(numbers, index)) is not None),
        *_types(numbers),
        *_inequality(numbers),
    ]
    if not sections:
        told = Paragraph("Für diese Stadt sind keine Indizes und keine Gebietstypen vereinbart.")
        return ChapterPage(chapter.code, chapter.title, (*own, told) if own else ())
    intro = Paragraph(
        "Ein Index fasst mehrere Kennzahlen zusammen. Er beschreibt die soziale Lage der Menschen eines Gebiets im "
        "Vergleich mit "
        "den anderen Gebieten der Stadt, nicht die Güte des Quartiers. Ränge stehen als Bereich, weil schon kleine "
        "Änderungen der "
        "Annahmen sie verschieben."
    )
    return ChapterPage(chapter.code, chapter.title, (intro, *own), tuple(sections))


def _rows(numbers: Numbers, view: str, where: str = "true", **values: Any) -> Rows:
    found = numbers.source.views.get(view)
    if found is None:
        return []
    return numbers.source.frame(view, [c.name for c in found.plain], where, **values).to_dicts()


def _index(numbers: Numbers, index: Index) -> Section | None:
    rows = _rows(numbers, "index_aktuell", "index = %(code)s AND ebene = %(level)s", code=index.code, level=index.level)
    shown = [r for r in rows if r["status"] in german.SHOWN and r["klasse"] is not None]
    areas = numbers.areas.get(index.level)
    if not shown or not areas:
        return None
    scheme = index_scheme(index, numbers.catalogue.indices)
    readings = {
        r["gebiet"]: Reading(value=r["wert"], category=r["klasse"], firm=bool(r["stabil"]))
        if r in shown
        else Reading(status=r["status"])
        for r in rows
    }
    when = shown[0]["zeitraum"]
    title = f"{index.title} nach {numbers.plural(index.level)}n, {when}"
    figure = choropleth_svg(f"karte-{index.code}", title, areas, readings, scheme)
    synthetic = " Synthetische Daten." if numbers.source.edition.synthetic else ""
    stand = f"{when}, Stand {numbers.source.edition.label}."
    line = f"{stand} Eigene Berechnung aus den veröffentlichten Kennzahlen.{synthetic}"
    blocks: list[Block] = [Paragraph(index.definition), Drawing(figure, line, table=False), _classes(index, rows)]
    if index.cross is None and (told := _spread(index, shown, numbers)):
        blocks.insert(1, Paragraph(told))
    return Section(f"lagen-{index.code}", index.title, tuple(blocks))


def _classes(index: Index, rows: Rows) -> Table:
    crossed = index.cross is not None
    made: list[tuple[str, ...]] = []
    for row in rows:
        name = short_name(str(row["name"]))
        if row["status"] not in german.SHOWN or row["klasse"] is None:
            words = str(german.STATUS.get(row["status"], row["status"]))
            made.append((name, str(words), "–") if crossed else (name, "–", str(words), "–", "–"))
            continue
        firm: str = "ja" if row["stabil"] else "nein"
        if crossed:
            made.append((name, str(row["klasse_name"] or "–"), firm))
        else:
            ranks = f"{row['rang_von']} bis {row['rang_bis']}" if row["rang_von"] else "–"
            made.append((name, german.number(row["wert"], index.decimals), str(row["klasse_name"] or "–"), ranks, firm))
    if crossed:
        return table(
            f"{index.title}: Gruppen", ("Gebiet", "Gruppe", "gesichert"), made, words=frozenset({0, 1, 2}), names=True
        )
    columns = ("Gebiet", "Index", "Klasse", "Rang von bis", "Klasse gesichert")
    return table(f"{index.title}: Werte und Klassen", columns, made, words=frozenset({0, 2, 4}), names=True)


def _spread(index: Index, shown: Rows, numbers: Numbers) -> str:
    """How many of the shown units lie in each class, and in how many of them the class is firm."""
    names = list(dict.fromkeys((r["klasse"], r["klasse_name"]) for r in sorted(shown, key=lambda r: r["klasse"])))
    counts = [f"„{name}“ {sum(r['klasse'] == code for r in shown)}" for code, name in names if name]
    firm = sum(bool(r["stabil"]) for r in shown)
    return (
        f"Von {len(shown)} gezeigten {numbers.plural(index.level)}n liegen in der Klasse {', '.join(counts)}. "
        f"Gesichert ist die "
        f"Klasse bei {firm} von ihnen; bei den anderen liegt der Wert an einer Klassengrenze."
    )


def _types(numbers: Numbers) -> list[Section]:
    made = []
    for typology in numbers.catalogue.typologies:
        where = {"code": typology.code}
        about = _rows(numbers, "typologie", "typologie = %(code)s", **where)
        units = _rows(numbers, "typ", "typologie = %(code)s", **where)
        shown = [r for r in units if r["status"] == "gueltig" and r["typ"] is not None]
        areas = numbers.areas.get(typology.level)
        if not about or about[0]["status"] != "gueltig" or not shown or not areas:
            continue
        names = {r["typ"]: r["typ_name"] for r in sorted(shown, key=lambda r: r["typ"])}
        classes = tuple(Class(number, name, colours.category(number), str(number)) for number, name in names.items())
        scheme = Scheme(Measure("Gebietstyp", "", 0), classes, TYPE_NOT_FIRM)
        readings = {
            r["gebiet"]: Reading(value=float(r["typ"]), category=r["typ"], firm=bool(r["gesichert"]))
            if r in shown
            else Reading(status=r["status"])
            for r in units
        }
        figure = choropleth_svg(f"karte-{typology.code}", typology.title, areas, readings, scheme)
        words = {r["typ"]: r["beschreibung"] for r in shown}
        rows: list[tuple[str, ...]] = [
            (name, str(sum(r["typ"] == number for r in shown)), words[number]) for number, name in names.items()
        ]
        stand = f"Stand {numbers.source.edition.label}. Eigene Berechnung."
        synthetic = " Synthetische Daten." if numbers.source.edition.synthetic else ""
        made.append(
            Section(
                f"lagen-{typology.code}", "Gebietstypen",
                (Paragraph(typology.definition), Paragraph(about[0]["begruendung"] or ""),
                 Drawing(figure, stand + synthetic),
                 table("Die Typen", ("Typ", "Gebiete", "Beschreibung"), rows, words=frozenset({0, 2}))),
            )
        )  # fmt: skip
    return made


def _inequality(numbers: Numbers) -> list[Section]:
    """How unevenly groups are spread over the units of the finest level, first and last year."""
    view = numbers.source.views.get("ungleichheit")
    if view is None:
        return []
    frame = numbers.source.frame(
        "ungleichheit", [c.name for c in view.plain],
        "ebene = %(level)s AND mass = ANY(%(kinds)s) AND status = 'gueltig'",
        level=numbers.lowest, kinds=list(MOST_MEASURES),
    )  # fmt: skip
    wanted = [c for c in numbers.plan.profile if numbers.has(c)]
    rows: list[tuple[str, ...]] = []
    for code in wanted:
        own = frame.filter(pl.col("kennzahl") == code, pl.col("mass") == MOST_MEASURES[0]).sort("bis").to_dicts()
        if len(own) < 2:
            continue
        first, last = own[0], own[-1]
        rows.append(
            (first["titel"], first["zeitraum"], german.number(first["wert"], 3), last["zeitraum"],
             german.number(last["wert"], 3), _limits(last))
        )  # fmt: skip
    if not rows:
        return []
    told = Paragraph(
        "Der Wert sagt, welcher Anteil der Gruppe umziehen müsste, damit sie in allen Gebieten gleich vertreten "
        "wäre: 0 bei "
        "gleicher, 1 bei völlig getrennter Verteilung. Er hängt von Zahl und Zuschnitt der Gebiete ab."
    )
    columns = ("Gruppe aus Kennzahl", "zuerst", "Wert zuerst", "zuletzt", "Wert zuletzt", "95-%-Bereich")
    shown = table("Ungleiche Verteilung (Dissimilarität)", columns, rows, words=frozenset({0, 1, 3}))
    return [Section("lagen-ungleichheit", "Wie ungleich Gruppen verteilt sind", (told, shown))]


def _limits(row: dict[str, Any]) -> str:
    if row["ki_unten"] is None or row["ki_oben"] is None:
        return "–"
    return f"{german.number(row['ki_unten'], 3)} bis {german.number(row['ki_oben'], 3)}"
