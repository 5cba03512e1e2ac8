"""Methods, glossary and annex: what the program itself has to say, all values in tables, definitions and sources."""

from __future__ import annotations

from pathlib import Path

import yaml

from etl.catalogue.chapters import Chapter
from etl.publish.report import tables
from etl.publish.report.changes import Changes
from etl.publish.report.model import Block, ChapterPage, Paragraph, Prose, Section, Terms, table
from etl.publish.report.numbers import Numbers
from etl.publish.report.texts import to_html

FOLDER = Path(__file__).parent
PLACE = {"wohnort": "Wohnort", "standort": "Standort der Einrichtung", "arbeitsort": "Arbeitsort"}


def methods_chapter(_numbers: Numbers, chapter: Chapter, own: tuple[Block, ...]) -> ChapterPage:
    """The methods in plain words, a section each."""
    text = (FOLDER / "methoden.md").read_text(encoding="utf-8")
    sections = []
    for number, part in enumerate(text.split("### ")[1:], start=1):
        title, _, words = part.partition("\n")
        sections.append(Section(f"methoden-{number}", title.strip(), (Prose(to_html(words)),), deep=False))
    return ChapterPage(chapter.code, chapter.title, own, tuple(sections))


def glossary_chapter(_numbers: Numbers, chapter: Chapter, own: tuple[Block, ...]) -> ChapterPage:
    """Terms in alphabetical order."""
    terms = yaml.safe_load((FOLDER / "glossar.yaml").read_text(encoding="utf-8"))
    return ChapterPage(chapter.code, chapter.title, (*own, Terms(tuple((str(t), str(w)) for t, w in terms))))


def annex_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...], changes: Changes) -> ChapterPage:
    """All indicators by area, what they mean, where they come from."""
    sections = [
        *(s for theme in numbers.catalogue.themes if (s := _values(numbers, theme.code, theme.title)) is not None),
        _definitions(numbers),
        _sources(numbers),
    ]
    if changes.previous is not None:
        told = Paragraph(f"{changes.summary()} Jede einzelne Änderung steht in der Datei aenderungen.html.")
        sections.append(Section("anhang-aenderungen", "Änderungen seit der letzten Ausgabe", (told,)))
    return ChapterPage(chapter.code, chapter.title, own, tuple(s for s in sections if s is not None))


def _values(numbers: Numbers, code: str, title: str) -> Section | None:
    theme = next(t for t in numbers.catalogue.themes if t.code == code)
    found = tables.by_area(numbers, [i.code for i in theme.indicators], f"{title}: alle Kennzahlen")
    return Section(f"anhang-{code}", f"Tabellen: {title}", tuple(found), page=True) if found else None


def _definitions(numbers: Numbers) -> Section:
    rows: list[tuple[str, ...]] = []
    for indicator in numbers.catalogue.indicators:
        owner = numbers.catalogue.owner_of(indicator)
        office = next((o.title for o in numbers.catalogue.owners if o.code == owner), "–")
        note = f" Hinweis: {indicator.note}" if indicator.note else ""
        rows.append(
            (f"{indicator.code} {indicator.title}", f"{indicator.definition}{note}", indicator.reference, office)
        )
    heads = ("Kennzahl", "Definition", "Stichtag oder Zeitraum", "Stelle")
    shown = table("Alle Kennzahlen", heads, rows, words=frozenset({0, 1, 2, 3}))
    return Section("anhang-definitionen", "Definitionen der Kennzahlen", (shown,), page=True)


def _sources(numbers: Numbers) -> Section:
    columns = ("quelle_id", "titel", "eigner", "periodizitaet", "rechtsgrundlage", "raumbezug")
    rows: list[tuple[str, ...]] = [
        (r["titel"], r["eigner"], PERIODICITY.get(r["periodizitaet"], r["periodizitaet"]), r["rechtsgrundlage"] or "–",
         PLACE.get(r["raumbezug"] or "", "–"))
        for r in numbers.source.frame("quelle", columns).iter_rows(named=True)
    ]  # fmt: skip
    heads = ("Quelle", "Stelle", "Turnus", "Rechtsgrundlage", "gezählt am")
    shown = table("Quellen und Rechtsgrundlagen", heads, rows, words=frozenset({0, 1, 2, 3, 4}))
    return Section("anhang-quellen", "Quellen", (shown,), page=True)


PERIODICITY = {
    "jaehrlich": "jährlich", "vierteljaehrlich": "vierteljährlich", "halbjaehrlich": "halbjährlich",
    "monatlich": "monatlich", "schuljahr": "je Schuljahr", "einmalig": "einmalig", "unregelmaessig": "unregelmäßig",
}  # fmt: skip
