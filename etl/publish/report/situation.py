"""The first chapter: why there is a report, what it rests on, the city at a glance, what is missing, how to read it."""

from __future__ import annotations

import polars as pl

from etl.catalogue.chapters import Chapter
from etl.publish import german
from etl.publish.drawing.areas import PROVISIONAL
from etl.publish.gaps.read import spans
from etl.publish.report import tables
from etl.publish.report.changes import Changes
from etl.publish.report.model import Block, ChapterPage, Paragraph, Points, Section, Table, table
from etl.publish.report.numbers import Numbers, spoken_period
from etl.publish.report.sentences import listed

WHOLE = ("geliefert", "anteil_geheim", "geschaetzt")
LATE = ("verspaetet", "fehlt")


def situation_chapter(numbers: Numbers, chapter: Chapter, own: tuple[Block, ...], changes: Changes) -> ChapterPage:
    """The chapter; parts without data are left out."""
    occasion = (Paragraph(numbers.plan.occasion),) if numbers.plan.occasion else ()
    glance = tables.of_the_city(
        numbers, [c for c in numbers.plan.profile if numbers.has(c)], "Die Stadt auf einen Blick"
    )
    sections = [
        Section("anlass-grundlage", "Worauf der Bericht beruht", tuple(_basis(numbers))),
        Section("anlass-neu", "Was sich seit der letzten Ausgabe geändert hat", (Paragraph(changes.summary()),)),
        Section("anlass-stadt", "Die Stadt auf einen Blick", (glance,)) if glance else None,
        _gaps(numbers),
        Section("anlass-lesen", "Wie der Bericht zu lesen ist", (Points(READING),)),
    ]
    return ChapterPage(chapter.code, chapter.title, (*occasion, *own), tuple(s for s in sections if s is not None))


READING = (
    ("Stand und Zeitraum.", "Jede Zahl gehört zu einem Stand (einer Veröffentlichung) und zu einem Stichtag oder "
     "Zeitraum. "
     "Bitte beides mit der Quelle nennen, wenn Sie sie weitergeben."),
    ("95-%-Bereich.", "Auch vollständig gezählte Werte schwanken von Jahr zu Jahr zufällig, in kleinen Gebieten "
     "stark. Der "
     "Bereich umfasst die Werte, die mit der Zählung gut vereinbar sind."),
    ("Gesichert.", "Ein Unterschied heißt gesichert, wenn er größer ist, als der Zufall erklärt. Bei der übrigen "
     "Stadt ist "
     "eingerechnet, dass sehr viele Vergleiche zugleich angestellt werden."),
    ("Schraffiert.", "Auf Karten: Der Wert ist von dem der Stadt nicht zu unterscheiden, oder die Klasse eines Index "
     "ist nicht "
     "gesichert."),
    ("Geheim gehalten.", "Der Wert ist vorhanden und wird zum Schutz Einzelner nicht gezeigt. Er ist keine Null und "
     "sagt nichts "
     "über seine Größe."),
    ("Keine Angabe.", "Es liegt keine Zahl vor. Auch das ist keine Null."),
    ("Günstig und ungünstig.", "So gewertet sind nur Kennzahlen, deren Richtung festgelegt ist. Zahlen über Alter "
     "oder Herkunft "
     "sind es nicht. Keine Zahl sagt etwas über den Wert eines Quartiers oder der Menschen, die dort wohnen."),
)  # fmt: skip


def _basis(numbers: Numbers) -> list[Block]:
    computed = [i.code for i in numbers.catalogue.indicators if numbers.has(i.code)]
    levels = [
        f"{len(units)} {numbers.plural(level)}"
        for level, units in numbers.units.items()
        if level != numbers.city.level and any(numbers.newest(c, u).shown for c in computed for u in units)
    ]
    told = [
        f"Der Bericht zeigt {len(computed)} Kennzahlen in {len(numbers.catalogue.themes)} Handlungsfeldern für "
        f"{listed(['die Stadt', *levels])}."
    ]
    if numbers.provisional:
        told.append(
            f"Die {numbers.plural(numbers.lowest)} sind vorläufig: Bis eigene gebildet und beschlossen sind, stehen "
            f"sie an "
            f"deren Stelle. Ihre Namen sind hier ohne den Zusatz „{PROVISIONAL.strip()}“ geschrieben."
        )
    if numbers.source.edition.synthetic:
        told.append("Alle Zahlen dieser Ausgabe sind synthetisch, also erfunden; sie zeigen nur, was der Bericht kann.")
    rows: list[tuple[str, ...]] = []
    for theme in numbers.catalogue.themes:
        own = [i.code for i in theme.indicators if numbers.has(i.code)]
        periods = sorted({p for c in own for p in numbers.periods(c)[:1] + numbers.periods(c)[-1:]})
        reach = (
            f"{spoken_period(periods[0])} bis {spoken_period(periods[-1])}" if len(periods) > 1 else "".join(periods)
        )
        gaps = sum(i.gap is not None for i in theme.indicators)
        rows.append((theme.title, str(len(own)), str(gaps) if gaps else "–", reach))
    columns = ("Handlungsfeld", "Kennzahlen", "ohne Quelle", "Zeiträume von bis")
    return [
        Paragraph(" ".join(told)),
        table("Kennzahlen nach Handlungsfeldern", columns, rows, words=frozenset({0, 3})),
    ]


def _gaps(numbers: Numbers) -> Section | None:
    blocks: list[Block] = []
    state = _completeness(numbers)
    if state is not None:
        blocks.append(state)
    late = _late(numbers)
    if late is not None:
        blocks.append(late)
    points = tuple((f"{i.title}:", i.gap.reason) for i in numbers.catalogue.indicators if i.gap is not None)
    if points:
        blocks.extend((Paragraph("Für diese Kennzahlen gibt es keine kleinräumige Quelle:"), Points(points)))
    return Section("anlass-luecken", "Datenlage und Lücken", tuple(blocks)) if blocks else None


def _completeness(numbers: Numbers) -> Table | None:
    if "datenluecke" not in numbers.source.views:
        return None
    columns = ("datenluecke_id", "thema", "kennzahl", "jahr", "ebene", "zustand_kennzahl")
    frame = numbers.source.frame("datenluecke", columns, "herkunft = 'Katalog' AND jahr IS NOT NULL")
    frame = frame.unique(["kennzahl", "jahr", "ebene"], keep="first", maintain_order=True)
    expected = frame.filter(~pl.col("zustand_kennzahl").is_in(["noch_nicht_faellig", "kleinraeumig_nicht_verfuegbar"]))
    if expected.is_empty():
        return None
    rows: list[tuple[str, ...]] = []
    for theme in numbers.catalogue.themes:
        own = expected.filter(pl.col("thema") == theme.code)["zustand_kennzahl"].to_list()
        if own:
            there, late = sum(s in WHOLE for s in own), sum(s in LATE for s in own)
            share = german.number(100 * there / len(own), 1)
            rows.append((theme.title, str(len(own)), f"{share}{german.NBSP}%", str(len(own) - there - late), str(late)))
    return table(
        "Vollständigkeit: Kennzahlen mal Jahre mal Ebenen", ("Handlungsfeld", "erwartet", "vollständig", "teilweise",
        "ausstehend"), rows,
    )  # fmt: skip


def _late(numbers: Numbers) -> Table | None:
    if "lieferstand" not in numbers.source.views:
        return None
    columns = ("lieferstand_id", "titel", "eigner", "zeitraum", "zustand")
    frame = numbers.source.frame("lieferstand", columns, "zustand IN ('verspaetet', 'fehlt')")
    found: dict[tuple[str, str], list[str]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault((row["titel"], row["eigner"]), []).append(row["zeitraum"])
    rows: list[tuple[str, ...]] = [(title, owner, spans(periods)) for (title, owner), periods in found.items()]
    if not rows:
        return None
    return table("Ausstehende Lieferungen", ("Quelle", "Stelle", "Zeiträume"), rows, words=frozenset({0, 1, 2}))
