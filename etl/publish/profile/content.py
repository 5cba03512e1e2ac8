"""The requirement profile as blocks: themes, indicators, sources, offices, requirements, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from etl.catalogue import AreaForm, Catalogue, Indicator, RecordForm, Source
from etl.catalogue.needs import blocked_indices, needs
from etl.publish.profile.blocks import Block, Bullets, Document, Heading, Paragraph, Table, properties
from etl.publish.profile.columns import columns_of, counted_form, layout, signs_of
from etl.publish.profile.general import confidentiality, purpose, requirements, terms
from etl.publish.profile.words import (
    INTERVAL,
    PERIODICITY,
    PLACE,
    POLARITY,
    RISK,
    enumerated,
    level,
    next_due,
    number,
    reference,
)

COVERED = {"ganz": "ja", "teilweise": "zum Teil", "nein": "nein"}
BASIS = {"belegt": "belegt", "teilweise_angenommen": "teilweise angenommen", "angenommen": "angenommen"}


def owners(catalogue: Catalogue) -> dict[str, str]:
    """Code → title of the offices."""
    return {o.code: o.title for o in catalogue.owners}


def requirement_profile(catalogue: Catalogue, day: date) -> Document:
    """The whole Anforderungsprofil; ``day`` is the date on its title page."""
    blocks = [
        *purpose(catalogue),
        *terms(catalogue),
        *_overview(catalogue),
        *_themes(catalogue),
        *_indices(catalogue),
        *_sources(catalogue),
        *_schedule(catalogue, day),
        *requirements("8", catalogue),
        *confidentiality("9", catalogue),
        *_gaps(catalogue),
        *_comparison(catalogue),
    ]
    return Document(
        title=f"Anforderungsprofil {catalogue.city.report_title}",
        subtitle="Themen, Kennzahlen, Datenquellen und Lieferungen",
        issuer=f"Stadt {catalogue.city.name}",
        day=day,
        about=(
            f"{len(catalogue.themes)} Handlungsfelder, {len(catalogue.indicators)} Kennzahlen, "
            f"{len(catalogue.indices)} Indizes, "
            f"{len(catalogue.sources)} Datenquellen",
            f"Fassung des Katalogs {catalogue.sha256[:12]}",
        ),
        blocks=tuple(blocks),
    )


def _overview(catalogue: Catalogue) -> Iterator[Block]:
    yield Heading(1, "3 Handlungsfelder im Überblick")
    rows = []
    for theme in catalogue.themes:
        sources = {s.code for i in theme.indicators for s in catalogue.sources_of(i)}
        gaps = sum(i.gap is not None for i in theme.indicators)
        span = f"{theme.indicators[0].code} bis {theme.indicators[-1].code}"
        rows.append((theme.title, span, str(len(theme.indicators)), str(len(sources)), str(gaps) if gaps else "keine"))
    header = ("Handlungsfeld", "Kennungen", "Kennzahlen", "Quellen", "Lücken")
    yield Table("Handlungsfelder", header, tuple(rows), (3, 2.4, 1.3, 1.1, 1.1))


def _themes(catalogue: Catalogue) -> Iterator[Block]:
    yield Heading(1, "4 Kennzahlen")
    for number_, theme in enumerate(catalogue.themes, start=1):
        yield Heading(2, f"4.{number_} {theme.title}")
        yield Table(
            f"Kennzahlen im Handlungsfeld {theme.title}",
            ("Kennung", "Kennzahl", "kleinste Ebene", "Bezug", "Stelle"),
            tuple(
                (i.code, i.title, level(catalogue, i.lowest_level), i.reference, _office(catalogue, i))
                for i in theme.indicators
            ),
            (1, 3, 1.6, 1.7, 2.7),
        )
        for indicator in theme.indicators:
            yield Heading(3, f"{indicator.code} {indicator.title}")
            yield _indicator(catalogue, indicator)


def _office(catalogue: Catalogue, indicator: Indicator) -> str:
    code = catalogue.owner_of(indicator)
    return owners(catalogue).get(code or "", "")


def _calculation(indicator: Indicator) -> str:
    if indicator.formula == "segregation":
        return "halbe Summe der Abstände der Anteile beider Gruppen über alle Bezirke, mal 100"
    words = "Zähler" if indicator.denominator_text is None else "Zähler geteilt durch Nenner"
    if indicator.factor != 1:
        words += f", mal {number(indicator.factor)}"
    if indicator.pool > 1:
        words += f"; {indicator.pool} Zeiträume zusammengefasst"
    return words


def _indicator(catalogue: Catalogue, indicator: Indicator) -> Block:
    sources = catalogue.sources_of(indicator)
    blocked = blocked_indices(catalogue).get(indicator.code, ())
    legal = dict.fromkeys(s.legal_basis for s in sources if s.legal_basis)
    gap = indicator.gap
    return properties(
        f"Angaben zur Kennzahl {indicator.code}",
        (
            ("Definition", indicator.definition),
            ("Zähler", indicator.numerator_text),
            ("Nenner", indicator.denominator_text),
            ("Berechnung", _calculation(indicator)),
            ("Einheit", f"{indicator.unit}; {number(indicator.decimals)} Nachkommastellen"),
            ("Wertung", POLARITY[indicator.polarity]),
            ("kleinste Ebene", level(catalogue, indicator.lowest_level)),
            ("Stichtag, Zeitraum", f"{indicator.reference}; {PERIODICITY[indicator.periodicity]}"),
            ("Quelle", indicator.source_text or "; ".join(s.title for s in sources)),
            ("zuständige Stelle", _office(catalogue, indicator)),
            ("Rechtsgrundlage", "; ".join(legal)),
            ("Konfidenzintervall", INTERVAL.get(indicator.ci_method, indicator.ci_method)),
            ("Offenlegungsrisiko", RISK[indicator.disclosure_risk]),
            ("Klassengrenzen", "; ".join(number(b) for b in indicator.class_breaks)),
            ("Teil von", enumerated([_index_title(catalogue, code) for code in blocked])),
            ("Vergleichsräume", "ja, aus der amtlichen Statistik" if indicator.comparison else None),
            ("Brüche", "; ".join(f"{b.since:%d.%m.%Y}: {b.reason}" for b in indicator.breaks)),
            ("Hinweis", indicator.note),
            ("Lücke", f"{gap.reason} Schließt: {gap.closed_by}" if gap else None),
        ),
    )


def _index_title(catalogue: Catalogue, code: str) -> str:
    return next(f"{i.title} ({code})" for i in catalogue.indices if i.code == code)


def _indices(catalogue: Catalogue) -> Iterator[Block]:
    yield Heading(1, "5 Indizes")
    if not catalogue.indices:
        yield Paragraph("Der Katalog enthält keine Indizes.")
    titles = {i.code: i.title for i in catalogue.indicators} | {i.code: i.title for i in catalogue.indices}
    for number_, index in enumerate(catalogue.indices, start=1):
        yield Heading(2, f"5.{number_} {index.title} ({index.code})")
        parts = [f"{code} {titles[code]}" for code in index.needs]
        classes = [
            f"{c.label}: {'ab der Grenze davor' if c.below is None else 'bis ' + number(c.below)}"
            for c in index.classes
        ]
        yield properties(
            f"Angaben zum Index {index.code}",
            (
                ("Definition", index.definition),
                ("Bestandteile", "; ".join(parts)),
                ("Ebene", level(catalogue, index.level)),
                ("zuständige Stelle", owners(catalogue).get(index.owner)),
                ("Klassen", "; ".join(classes)),
                ("Hinweis", index.note),
            ),
        )


def _sources(catalogue: Catalogue) -> Iterator[Block]:
    yield Heading(1, "6 Datenquellen")
    yield Paragraph(
        "Je Quelle stehen hier Herkunft, Bezug, Güte und Aufbau der Lieferung. Angegeben ist die Form, in der die "
        "Stelle "
        "gezählte Daten liefert; weitere Formen derselben Quelle sind genannt."
    )
    for number_, source in enumerate(sorted(catalogue.sources, key=lambda s: s.title), start=1):
        yield Heading(2, f"6.{number_} {source.title}")
        yield from source_blocks(catalogue, source)


def source_blocks(catalogue: Catalogue, source: Source) -> Iterator[Block]:
    """What a source is and how it is to be delivered; used by the profile and by the delivery requests."""
    used = tuple(dict.fromkeys(n.indicator for n in needs(catalogue) if n.source == source.code))
    form = counted_form(source)
    others = [f.name for f in source.forms if f is not form]
    assumed = any(getattr(f, "assumed", False) for f in source.forms)
    yield properties(
        f"Angaben zur Quelle {source.code}",
        (
            ("Kennung", source.code),
            ("zuständige Stelle", owners(catalogue)[source.owner]),
            ("Rechtsgrundlage", source.legal_basis),
            ("Lizenz", source.licence),
            ("Lieferung", f"{PERIODICITY[source.periodicity]}; {reference(source)}"),
            ("Frist", f"{source.due_days} Tage danach"),
            ("Raumbezug", PLACE[source.place]),
            ("kleinste Ebene", level(catalogue, source.smallest_level)),
            ("erstes Jahr", str(source.first_year) if source.first_year else None),
            ("Ablauf", source.delivery),
            ("Güte", source.quality),
            ("Brüche", "; ".join(f"{b.since:%d.%m.%Y}: {b.reason}" for b in source.breaks)),
            ("geschätzt", "Werte nach Gebieten sind Schätzungen" if source.estimate else None),
            ("Hinweis", source.note),
            ("weitere Formen", ", ".join(others)),
            ("Aufbau", "angenommen, mit der Stelle abzustimmen" if assumed else "vereinbart oder veröffentlicht"),
            ("gebraucht für", ", ".join(used) or "noch keine Kennzahl"),
        ),
    )
    if form is None:
        yield Paragraph("Diese Quelle wird veröffentlicht und von dort abgerufen; eine Vorlage gibt es nicht.")
        return
    yield from form_blocks(catalogue, source, form)


def form_blocks(catalogue: Catalogue, source: Source, form: RecordForm | AreaForm) -> Iterator[Block]:
    """Columns and signs of one form as tables."""
    yield Paragraph(f"Form der Datei: {layout(form)}.")
    rows = tuple(
        ("je Stichtag" if c.name == "§period" else c.name, c.content, c.allowed)
        for c in columns_of(catalogue, source, form)
    )
    yield Table(f"Spalten der Lieferung {source.code}", ("Spalte", "Inhalt", "zulässig"), rows, (1.6, 2.2, 2.6))
    if isinstance(form, AreaForm) and form.symbols:
        yield Table(f"Zeichen in der Lieferung {source.code}", ("Zeichen", "Bedeutung"), signs_of(form), (1, 4))


def _schedule(catalogue: Catalogue, day: date) -> Iterator[Block]:
    yield Heading(1, "7 Zuständige Stellen und Lieferkalender")
    yield Paragraph(f"Nächste Fälligkeit je Quelle, vom {day:%d.%m.%Y} an gerechnet.")
    for owner in catalogue.owners:
        rows = schedule_rows(catalogue, owner.code, day)
        if rows:
            header = ("Quelle", "Bezug", "für", "fällig am")
            yield Table(f"Lieferungen: {owner.title}", header, rows, (3.2, 1.8, 1, 1.2))
    asked = [o.title for o in catalogue.owners if not schedule_rows(catalogue, o.code, day)]
    if asked:
        yield Paragraph(f"Noch keine Lieferung ist vereinbart mit: {enumerated(asked)}.")


def schedule_rows(catalogue: Catalogue, owner: str, day: date) -> tuple[tuple[str, str, str, str], ...]:
    """The sources of an office with the next period and the day it is due, soonest first."""
    own = [(s, *next_due(s, day)) for s in catalogue.sources if s.owner == owner]
    return tuple((s.title, reference(s), period, f"{at:%d.%m.%Y}") for s, period, at in sorted(own, key=lambda o: o[2]))


def _gaps(catalogue: Catalogue) -> Iterator[Block]:
    yield Heading(1, "10 Lücken")
    titles = owners(catalogue)
    missing = tuple(
        (f"{i.code} {i.title}", i.gap.reason, i.gap.closed_by, titles[i.gap.ask]) for i in catalogue.indicators if i.gap
    )
    if missing:
        header = ("Kennzahl", "was fehlt", "was die Lücke schließt", "zu fragen")
        yield Table("Kennzahlen ohne kleinräumige Quelle", header, missing, (2, 2.6, 2.6, 1.8))
    for report in catalogue.reports:
        yield Heading(2, f"10.{catalogue.reports.index(report) + 1} Abgleich: {report.title}")
        yield Paragraph(f"{report.publisher}. Grundlage: {BASIS[report.basis]}. {report.evidence}")
        compared = tuple(
            (
                q.title,
                COVERED[q.covered],
                ", ".join(q.codes),
                " ".join(filter(None, (q.missing, f"Schließt: {q.closed_by}." if q.closed_by else None))),
                titles[q.ask] if q.ask else "",
            )
            for q in report.questions
        )
        columns = ("Größe", "abgedeckt", "Kennzahlen", "was fehlt", "zu fragen")
        yield Table(f"Abgleich mit: {report.title}", columns, compared, (2.2, 1, 1.5, 3, 1.8))


def _comparison(catalogue: Catalogue) -> Iterator[Block]:
    areas = catalogue.city.comparison_areas
    if not areas:
        return
    yield Heading(1, "11 Vergleichsräume")
    yield Paragraph(
        "Für Vergleiche werden amtliche Zahlen verwendet, auch für die Stadt selbst. Sie weichen von den Zahlen des "
        "Melderegisters "
        "ab und werden nie mit ihnen vermischt; jede Angabe nennt ihre Quelle."
    )
    kinds = {"gemeinde": "Gemeinde", "kreis": "Kreis", "land": "Land", "bund": "Bund"}
    rows = tuple((a.key, a.name, kinds[a.kind]) for a in areas)
    yield Table("Vergleichsräume", ("Schlüssel", "Name", "Art"), rows, (1, 3, 1))
    shared = [f"{i.code} {i.title}" for i in catalogue.indicators if i.comparison]
    if shared:
        yield Paragraph("Kennzahlen mit Vergleichswerten:")
        yield Bullets(tuple(shared))
