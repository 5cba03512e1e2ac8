"""The delivery report in German, as sections of sentences and tables that the terminal and the HTML page both show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.intake import comparison
from etl.intake.completeness import Area, District
from etl.intake.findings import DeliveryReport
from etl.intake.outcome import ControlTotal, DeliveryOutcome, RateResult
from etl.intake.wording import counted, thousands

STATES = {
    "new": "neu eingelesen",
    "unchanged": "schon eingelesen, nichts geändert",
    "superseding": "eingelesen, ersetzt Lieferung {superseded}",
    "recounted": "erneut eingelesen und gezählt",
}
TOTAL_STATES = {"met": "stimmt", "not_met": "stimmt nicht", "not_checkable": "nicht prüfbar"}
REMARKS = {
    "titel": "Titel",
    "fussnote": "Fußnote",
    "zeichen": "Fußnotenzeichen",
    "hinweis": "Hinweis",
    "verborgen": "Verborgen",
}
RESTRICTED = (
    "Intern: nur für die Statistikstelle und die liefernde Stelle. Der Bericht nennt einzelne Zellen der Datei und "
    "kleine Zahlen; er darf nicht veröffentlicht werden."
)


@dataclass(frozen=True)
class Section:
    """A part of the report: sentences, and a table where ``headings`` are given; ``numeric``: columns set right.

    ``attention``: something here asks for a look.
    """

    title: str
    words: list[str] = field(default_factory=list)
    headings: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    numeric: frozenset[int] = frozenset()
    attention: bool = False


def state(outcome: DeliveryOutcome) -> str:
    """What became of the file."""
    return STATES[outcome.state].format(superseded=outcome.superseded)


def headline(outcome: DeliveryOutcome) -> str:
    """One sentence: what became of the file."""
    return (
        f"Lieferung {outcome.delivery}: {outcome.file} ({outcome.source}, Stichtag "
        f"{outcome.reference_date:%d.%m.%Y}) {state(outcome)}"
    )


def figures(outcome: DeliveryOutcome) -> list[tuple[str, str]]:
    """Rows of the file by what became of them."""
    rows = [
        ("Zeilen gelesen", outcome.read),
        ("  angenommen", outcome.accepted),
        ("    davon nicht zuordenbar", outcome.unlocated),
        ("  abgelehnt", outcome.rejected),
        ("  laut Vereinbarung ausgelassen", outcome.ignored),
    ]
    if outcome.persons is not None:
        rows.append(("Personen oder Fälle", outcome.persons))
        rows.append(("  davon nicht zuordenbar", outcome.persons_unlocated or 0))
    return [(words, thousands(number)) for words, number in rows]


def _signed(number: float) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{thousands(abs(number))}"


def periods(outcome: DeliveryOutcome) -> str:
    """The periods, first and last of them where they are many."""
    shown = outcome.periods if len(outcome.periods) < 6 else [outcome.periods[0], "…", outcome.periods[-1]]
    return ", ".join(shown)


def _entry(report: DeliveryReport) -> Section:
    outcome = report.outcome
    rows = [
        ("Quelle", f"{report.source.title} ({report.source.code})"),
        ("zuständige Stelle", report.owner),
        ("Datei", f"{outcome.file} ({thousands(round(report.file_bytes / 1024))} KB)"),
        ("Prüfsumme (SHA-256)", report.sha256),
        ("Form", outcome.form + (", Aufbau angenommen" if report.assumed else "")),
        ("Stichtag", f"{outcome.reference_date:%d.%m.%Y}"),
        ("Zeiträume", periods(outcome) or "keine"),
        ("eingelesen", f"{report.received_at:%d.%m.%Y %H:%M} von {report.received_by}"),
        ("Zustand", "gültig" if report.active else f"ersetzt durch Lieferung {report.superseded_by}"),
    ]
    if report.previous is not None:
        before = report.previous
        rows.append(("vorige Lieferung", f"Nr. {before.id}, Stichtag {before.reference_date:%d.%m.%Y}"))
    words = ["Die Daten sind synthetisch: erfunden, um das Verfahren zu zeigen."] if report.synthetic else []
    if report.assumed:
        words.append(
            "Der Aufbau dieser Datei ist nicht öffentlich beschrieben. Die Zuordnung der Spalten ist angenommen und "
            "bei der ersten echten Lieferung zu prüfen."
        )
    return Section("Eingang", words, ("Angabe", "Wert"), rows, attention=report.assumed)


def _rows(report: DeliveryReport) -> Section:
    outcome = report.outcome
    words = []
    if outcome.accepted and outcome.persons is not None:
        share = 100 * outcome.unlocated / outcome.accepted
        sentence = f"Ohne Baublock blieben {_percent(share)} der angenommenen Zeilen"
        if report.previous is not None and report.previous.accepted:
            earlier = 100 * report.previous.unlocated / report.previous.accepted
            sentence += f" (vorige Lieferung: {_percent(earlier)})"
        words.append(f"{sentence}; sie zählen nur für die Stadt.")
    rows = [(label.strip(), number) for label, number in figures(outcome)]
    return Section("Zeilen", words, ("Zeilen der Datei", "Anzahl"), rows, frozenset({1}))


def _percent(share: float) -> str:
    return f"{share:.1f} %".replace(".", ",")


def _faults(report: DeliveryReport) -> Section:
    if not report.faults:
        return Section("Abgelehnte Zeilen", ["Keine Zeile wurde abgelehnt."])
    rows = []
    for fault in report.faults:
        examples = "; ".join(
            f"Zeile {line}" + (f": „{value}“" if value is not None else "") for line, value in fault.examples
        )
        rows.append((fault.reason, fault.column or "ganze Zeile", thousands(fault.number), examples))
    words = [
        f"{counted(report.outcome.rejected, 'Zeile', 'Zeilen')} in Quarantäne, nichts davon ist gezählt. Eine Zeile "
        "mit mehreren Fehlern steht unter jedem Grund."
    ]
    return Section(
        "Abgelehnte Zeilen", words, ("Grund", "Spalte", "Zeilen", "Beispiele"), rows, frozenset({2}), attention=True
    )


def total_words(total: ControlTotal) -> str:
    """One control total in a sentence."""
    text = f"{total.column}{f' {total.area}' if total.area else ''} {total.period}: {TOTAL_STATES[total.state]}"
    if total.difference is not None and total.state == "not_met":
        text += (
            f" (Summenzeile {thousands(total.total)}, Summe der Gebiete {thousands(total.summed or 0)}, "
            f"Unterschied {_signed(total.difference)})"
        )
    return f"{text}{': ' + total.note if total.note else ''}"


def totals_in_order(outcome: DeliveryOutcome) -> list[ControlTotal]:
    """Control totals that are not met, then those that cannot be checked."""
    others = (t for t in outcome.totals if t.state != "met")
    return sorted(others, key=lambda t: t.state != "not_met")


def _totals(report: DeliveryReport) -> Section | None:
    totals = report.outcome.totals
    if not totals:
        return None
    met = sum(t.state == "met" for t in totals)
    rows = []
    for t in totals_in_order(report.outcome):
        summed = thousands(t.summed) if t.summed is not None else ""
        if t.summed is None and t.least is not None and t.most is not None:
            summed = f"{thousands(t.least)} bis {thousands(t.most)}"
        rows.append((t.column, t.area or "Stadt", t.period, thousands(t.total), summed, TOTAL_STATES[t.state], t.note))
    words = [f"{met} von {len(totals)} Kontrollsummen stimmen mit der Summe der Gebiete überein."]
    headings = ("Spalte", "Gebiet", "Zeitraum", "Summenzeile", "Summe der Gebiete", "Ergebnis", "Bemerkung")
    attention = any(t.state == "not_met" for t in totals)
    return Section("Kontrollsummen", words, headings if rows else (), rows, frozenset({3, 4}), attention)


def rate_words(rate: RateResult) -> str:
    """One published rate in a sentence."""
    text = f"{rate.column}: {rate.met} von {rate.checked} folgen aus {rate.basis}"
    if rate.left:
        text += f", {rate.left} nicht prüfbar"
    return f"{text}{'; ' + rate.note if rate.note else ''}"


def _rates(report: DeliveryReport) -> Section | None:
    rates = report.outcome.rates
    if not rates:
        return None
    rows = [
        (r.column, d.area, d.period, _decimal(d.printed), "" if d.expected is None else _decimal(d.expected))
        for r in rates
        for d in r.deviations
    ]
    headings = ("Spalte", "Gebiet", "Zeitraum", "gedruckt", "nachgerechnet")
    words = [rate_words(r) + "." for r in rates]
    return Section(
        "Nachgerechnete Angaben", words, headings if rows else (), rows, frozenset({3, 4}), attention=bool(rows)
    )


def _decimal(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def _outliers(report: DeliveryReport) -> Section:
    rule = (
        "Verglichen werden die Wurzeln der Anzahlen mit denen des vorigen Zeitraums. Auffällig ist eine Veränderung ab "
        f"dem {thousands(comparison.MULTIPLE)}-fachen der üblichen Schwankung und ab "
        f"{thousands(comparison.LEAST_CHANGE)} Fällen; was sich überall verändert hat, zählt bei den Gebieten nicht."
    )
    title = "Auffällige Veränderungen"
    if report.previous is None and len(report.outcome.periods) < 2:
        return Section(title, ["Es gibt keinen früheren Zeitraum zum Vergleich."])
    if not report.outliers:
        return Section(title, ["Keine Anzahl hat sich auffällig verändert.", rule])
    rows = [
        (
            o.title,
            f"{o.level} {o.area}",
            f"{o.before}: {thousands(o.earlier)}",
            f"{o.period}: {thousands(o.value)}",
            _signed(round(o.value - o.earlier, 1)),
            f"{o.times:.1f}".replace(".", ","),
        )
        for o in report.outliers[: comparison.SHOWN]
    ]
    words = [rule]
    if len(report.outliers) > comparison.SHOWN:
        words.append(f"Gezeigt sind die {comparison.SHOWN} stärksten von {len(report.outliers)}.")
    headings = ("Messgröße", "Gebiet", "vorher", "jetzt", "Veränderung", "Vielfaches der Schwankung")
    return Section(title, words, headings, rows, frozenset({2, 3, 4, 5}), attention=True)


def _districts(districts: list[District]) -> Section:
    without = [d for d in districts if d.note]
    empty = sum(d.empty for d in districts)
    inhabited = sum(d.inhabited for d in districts)
    words = [
        f"{counted(empty, 'Baublock', 'Baublöcke')} von {thousands(inhabited)} mit Einwohnern haben keine Zeile. Bei "
        "seltenen Fällen ist das üblich; auffällig sind Bezirke ganz ohne Zeilen oder mit vielen Blöcken weniger."
    ]
    rows = [
        (
            f"{d.key} {d.name}",
            thousands(d.inhabited),
            thousands(d.rows_now),
            "" if d.rows_before is None else thousands(d.rows_before),
            thousands(d.empty),
            d.note,
        )
        for d in districts
    ]
    headings = (
        "Bezirk",
        "Blöcke mit Einwohnern",
        "mit Zeilen",
        "vorher mit Zeilen",
        "Einwohner, keine Zeile",
        "auffällig",
    )
    return Section(
        "Vollständigkeit nach Bezirken", words, headings, rows, frozenset({1, 2, 3, 4}), attention=bool(without)
    )


def _areas(areas: list[Area]) -> Section:
    missing = [a for a in areas if not a.rows]
    withheld = [a for a in areas if a.withheld]
    words = [
        f"{len(areas) - len(missing)} von {counted(len(areas), 'Gebiet', 'Gebieten')} haben Werte im neuesten "
        f"Zeitraum; bei {len(withheld)} sind einzelne Werte geheim gehalten."
    ]
    rows = [
        (a.level, f"{a.key} {a.name}", thousands(a.with_value), thousands(a.withheld), "" if a.rows else "keine Zeile")
        for a in (*missing, *withheld)
    ]
    headings = ("Ebene", "Gebiet", "Werte", "geheim gehalten", "auffällig")
    return Section(
        "Vollständigkeit nach Gebieten", words, headings if rows else (), rows, frozenset({2, 3}), bool(missing)
    )


def _breaks(report: DeliveryReport) -> Section | None:
    if not report.breaks:
        return None
    rows = [(f"{b.since:%d.%m.%Y}", b.reason) for b in report.breaks]
    words = [
        "Zwischen dieser und der vorigen Lieferung hat sich die Definition geändert; Werte vergleichen sich nicht."
    ]
    return Section("Brüche der Definition", words, ("seit", "was sich geändert hat"), rows, attention=True)


def _remarks(report: DeliveryReport) -> Section | None:
    outcome = report.outcome
    if not outcome.remarks:
        return None
    rows = [(REMARKS[r.kind], str(r.line) if r.line else "", r.text) for r in outcome.remarks]
    return Section("Worte der Datei", [], ("Art", "Zeile", "Text"), rows, frozenset({1}))


def sections(report: DeliveryReport) -> list[Section]:
    """All parts of the report in order; of a superseded delivery only what the journal keeps."""
    parts = [_entry(report), _rows(report)]
    if report.outcome.warnings:
        parts.append(Section("Hinweise", list(report.outcome.warnings), attention=True))
    if report.active:
        parts.append(_faults(report))
    middle = [_totals(report), _rates(report)]
    if report.active:
        middle += [_breaks(report), _outliers(report)]
        middle.append(_districts(report.districts) if report.districts else None)
        middle.append(_areas(report.areas) if report.areas else None)
    middle.append(_remarks(report))
    return parts + [section for section in middle if section is not None]
