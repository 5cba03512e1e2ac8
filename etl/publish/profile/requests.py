"""Delivery requests: one document an office, saying what to deliver, when, and in which columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.catalogue import Catalogue, Owner, Source
from etl.publish.profile.blocks import Block, Document, Heading, Paragraph, Table
from etl.publish.profile.columns import counted_form
from etl.publish.profile.content import schedule_rows, source_blocks
from etl.publish.profile.docx_writer import write_docx
from etl.publish.profile.html_writer import write_html
from etl.publish.profile.templates import write_csv, write_workbook
from etl.publish.profile.words import next_due


@dataclass(frozen=True)
class Written:
    """What was written for one office."""

    owner: str
    title: str
    folder: Path
    sources: tuple[str, ...]
    templates: int


def _own(catalogue: Catalogue, owner: Owner, day: date) -> list[Source]:
    """The sources of an office, soonest due first."""
    return sorted((s for s in catalogue.sources if s.owner == owner.code), key=lambda s: (next_due(s, day)[1], s.code))


def request(catalogue: Catalogue, owner: Owner, day: date) -> Document:
    """The request to an office as a document."""
    return Document(
        title=f"Datenlieferungen für den {catalogue.city.report_title}",
        subtitle=owner.title,
        issuer=f"Stadt {catalogue.city.name}",
        day=day,
        about=(),
        blocks=tuple(_request_blocks(catalogue, owner, day)),
        contents=False,
    )


def _request_blocks(catalogue: Catalogue, owner: Owner, day: date) -> Iterator[Block]:
    own = _own(catalogue, owner, day)
    yield Paragraph(
        f"Für den {catalogue.city.report_title} bitten wir um die folgenden Daten. Die Tabellen nennen je Quelle, was "
        "zu "
        "welchem Termin in welchen Spalten gebraucht wird und worauf sich die Verarbeitung stützt. Vorlagen zum "
        "Ausfüllen "
        "liegen als Excel-Arbeitsmappen bei; ausgefüllt können sie unverändert zurückgegeben werden."
    )
    yield Heading(1, "Termine")
    header = ("Quelle", "Bezug", "für", "fällig am")
    yield Table(f"Lieferungen: {owner.title}", header, schedule_rows(catalogue, owner.code, day), (3.2, 1.8, 1, 1.2))
    for source in own:
        yield Heading(1, source.title)
        yield from source_blocks(catalogue, source)
        if counted_form(source) is not None:
            yield Paragraph(f"Vorlage: {source.code}_vorlage.xlsx")
    yield Heading(1, "Rückfragen und Prüfung")
    yield Paragraph(
        "Nach dem Einlesen erhalten Sie einen Bericht mit angenommenen und abgewiesenen Zeilen, Prüfsummen und "
        "auffälligen "
        "Veränderungen. Korrekturen bitten wir als vollständige neue Datei zu liefern. Kann eine Lieferung nicht oder "
        "nicht "
        "vollständig erfolgen, genügt eine kurze Nachricht mit dem Grund; die Lücke wird dann im Bericht ausgewiesen."
    )


def write_requests(folder: Path, catalogue: Catalogue, day: date, only: str | None = None) -> list[Written]:
    """Write document (DOCX and HTML) and templates of every office, or of one (its code), into a folder each.

    Offices without a source are left out. Files that stand there already are written anew.
    """
    written = []
    for owner in catalogue.owners:
        own = _own(catalogue, owner, day)
        if not own or only not in (None, owner.code):
            continue
        target = folder / owner.code
        target.mkdir(parents=True, exist_ok=True)
        document = request(catalogue, owner, day)
        write_docx(target / "anforderung.docx", document)
        write_html(target / "anforderung.html", document)
        templates = 0
        for source in own:
            templates += write_workbook(target / f"{source.code}_vorlage.xlsx", catalogue, source, day)
            write_csv(target / f"{source.code}_vorlage.csv", catalogue, source)
        written.append(Written(owner.code, owner.title, target, tuple(s.code for s in own), templates))
    return written
