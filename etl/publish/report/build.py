"""The report of an edition: its chapters in the order of ``bericht.yaml``, as HTML and PDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from etl.catalogue import Catalogue
from etl.catalogue.chapters import Chapter
from etl.publish.report.annex import annex_chapter, glossary_chapter, methods_chapter
from etl.publish.report.changes import Changes, find_changes
from etl.publish.report.conditions import conditions_chapter
from etl.publish.report.model import ChapterPage, Paragraph
from etl.publish.report.numbers import Numbers
from etl.publish.report.outlook import outlook_chapter
from etl.publish.report.page import Front, to_html
from etl.publish.report.pdf import write_pdf
from etl.publish.report.profile_pages import profiles_chapter
from etl.publish.report.situation import situation_chapter
from etl.publish.report.texts import own_text
from etl.publish.report.themes import theme_chapter
from etl.publish.source import Source

REPORT, CHANGES, PRINTED = FILES = ("bericht.html", "aenderungen.html", "bericht.pdf")


def _chapter(numbers: Numbers, chapter: Chapter, changes: Changes) -> ChapterPage:
    own = own_text(numbers.catalogue.directory, chapter.code)
    match chapter.kind:
        case "datenlage":
            return situation_chapter(numbers, chapter, own, changes)
        case "thema":
            return theme_chapter(numbers, chapter, own, changes)
        case "lagen":
            return conditions_chapter(numbers, chapter, own)
        case "steckbriefe":
            return profiles_chapter(numbers, chapter, own)
        case "ausblick":
            return outlook_chapter(numbers, chapter, own)
        case "methoden":
            return methods_chapter(numbers, chapter, own)
        case "glossar":
            return glossary_chapter(numbers, chapter, own)
        case "anhang":
            return annex_chapter(numbers, chapter, own, changes)
        case _:
            return ChapterPage(chapter.code, chapter.title, own)


def _numbered(chapters: list[ChapterPage]) -> list[ChapterPage]:
    return [
        ChapterPage(c.code, f"{n}{chr(0x2003)}{c.title}", c.blocks, c.sections) for n, c in enumerate(chapters, start=1)
    ]


def front_of(numbers: Numbers) -> Front:
    """The first page."""
    city, stand = numbers.catalogue.city, numbers.source.edition.label
    publisher = city.publication.publisher if city.publication else city.name
    title = city.report_title
    return Front(
        title, f"Stand {stand}", city.name, publisher, stand,
        f"So wird zitiert: {publisher}: {title}, Stand {stand}, mit Kennzahl, Gebiet, Zeitraum und Quelle.",
        numbers.source.edition.synthetic,
    )  # fmt: skip


def pages(numbers: Numbers, changes: Changes) -> list[ChapterPage]:
    """All chapters that have anything to show, numbered."""
    made = (_chapter(numbers, chapter, changes) for chapter in numbers.plan.chapters)
    return _numbered([page for page in made if page])


def write_pages(source: Source, catalogue: Catalogue, folder: Path) -> str:
    """Write the report and the list of changes as pages into ``folder``; returns the report."""
    numbers = Numbers(source, catalogue)
    changes, front = find_changes(numbers), front_of(numbers)
    page = to_html(front, pages(numbers, changes), numbers.records())
    (folder / REPORT).write_text(page, encoding="utf-8")
    title = "Änderungen seit der letzten Ausgabe"
    listed = ChapterPage("aenderungen", title, (Paragraph(changes.summary()),), changes.everything())
    (folder / CHANGES).write_text(
        to_html(replace(front, title=f"{front.title}: {title}"), [listed], []), encoding="utf-8"
    )
    return page


def build(source: Source, catalogue: Catalogue, folder: Path) -> None:
    """Write the report as page and PDF and the list of changes into ``folder``.

    The same edition and texts give the same bytes.
    """
    write_pdf(write_pages(source, catalogue, folder), folder / PRINTED)
