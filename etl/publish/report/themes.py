"""A chapter about a theme: key messages, the city, maps, areas, series, what is missing."""

from __future__ import annotations

from etl.catalogue.chapters import Chapter
from etl.publish.report import sentences, tables
from etl.publish.report.changes import Changes
from etl.publish.report.figures import map_of, series_of
from etl.publish.report.model import Block, ChapterPage, Paragraph, Points, Section
from etl.publish.report.numbers import Numbers


def theme_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...], changes: Changes) -> ChapterPage:
    """The chapter; parts without data are left out with a sentence."""
    codes = [c for c in chapter.indicators if numbers.has(c)]
    if not codes:
        told = Paragraph("Zu diesem Handlungsfeld ist in diesem Stand noch nichts veröffentlicht.")
        return ChapterPage(chapter.code, chapter.title, (*own, told))
    key = [c for c in chapter.key_figures if c in codes]
    sections = [_messages(numbers, chapter, key), _areas(numbers, chapter, key), _maps(numbers, chapter),
                _series(numbers, chapter), _changes(chapter, changes), _gaps(numbers, chapter)]  # fmt: skip
    return ChapterPage(chapter.code, chapter.title, own, tuple(s for s in sections if s is not None))


def _messages(numbers: Numbers, chapter: Chapter, codes: list[str]) -> Section | None:
    found = sentences.key_messages(numbers, codes)
    blocks: list[Block] = [Points(found)] if found else []
    for table in (
        tables.of_the_city(numbers, codes, f"{chapter.title}: {numbers.city.name} im Überblick"),
        tables.beside_others(numbers, codes),
    ):
        if table is not None:
            blocks.append(table)
    return Section(f"{chapter.code}-kernaussagen", "Kernaussagen", tuple(blocks)) if blocks else None


def _areas(numbers: Numbers, chapter: Chapter, codes: list[str]) -> Section | None:
    found = tables.by_area(numbers, codes, f"{chapter.title}: Kennzahlen nach Gebieten")
    return Section(f"{chapter.code}-gebiete", "Nach Gebieten", tuple(found)) if found else None


def _maps(numbers: Numbers, chapter: Chapter) -> Section | None:
    found = [m for code in chapter.maps if numbers.has(code) and (m := map_of(numbers, code)) is not None]
    return Section(f"{chapter.code}-karten", "Karten", tuple(found)) if found else None


def _series(numbers: Numbers, chapter: Chapter) -> Section | None:
    blocks: list[Block] = []
    for code in chapter.series:
        drawn = series_of(numbers, code) if numbers.has(code) else None
        if drawn is not None:
            blocks.append(drawn)
            if told := sentences.of_the_series(numbers, code):
                blocks.append(Paragraph(f"{numbers.catalogue.indicator[code].title}: {told}"))
    return Section(f"{chapter.code}-verlauf", "Entwicklung über die Jahre", tuple(blocks)) if blocks else None


def _changes(chapter: Chapter, changes: Changes) -> Section:
    blocks = changes.of_theme(chapter.theme or "")
    return Section(f"{chapter.code}-neu", "Was sich seit der letzten Ausgabe geändert hat", blocks, deep=False)


def _gaps(numbers: Numbers, chapter: Chapter) -> Section | None:
    theme = next(t for t in numbers.catalogue.themes if t.code == chapter.theme)
    points = tuple(
        (f"{i.title}:", f"{i.gap.reason} Was die Lücke schließen würde: {i.gap.closed_by}")
        for i in theme.indicators
        if i.gap is not None
    )
    return Section(f"{chapter.code}-luecken", "Was fehlt", (Points(points),), deep=False) if points else None
