"""Faults of one indicator: its measures, office, level, pooling, breaks and comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from etl.catalogue.check_sources import break_faults
from etl.catalogue.city import COMPARISON
from etl.catalogue.faults import Fault, unknown
from etl.catalogue.measures import Indicator, Theme, parse_expression
from etl.catalogue.sources import AreaForm, Source

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

PARTS: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")


def _only_compares(source: Source) -> bool:
    """Whether all of a source is about comparison areas."""
    return all(isinstance(f, AreaForm) and f.level == COMPARISON for f in source.forms)


def _sources(catalogue: Catalogue, indicator: Indicator, part: Literal["numerator", "denominator"]) -> list[Source]:
    measures = (catalogue.measure.get(t.measure) for t in indicator.terms(part))
    codes = dict.fromkeys(m.source for m in measures if m is not None and m.source in catalogue.source)
    return [catalogue.source[code] for code in codes if code is not None]


def _term_faults(catalogue: Catalogue, file: str, indicator: Indicator) -> Iterator[Fault]:
    for part in PARTS:
        for term in indicator.terms(part):
            at = f"{indicator.code}.{part}"
            measure = catalogue.measure.get(term.measure)
            if measure is None:
                yield unknown(file, at, term.measure, "die Messgröße", catalogue.measure)
                continue
            source = catalogue.source.get(measure.source or "")
            if source is not None and _only_compares(source):
                yield Fault(file, at, f"{term.measure} gibt es nur für Vergleichsräume; es gehört unter comparison")
            if source is not None and source.periodicity == "einmalig" and term.lag:
                yield Fault(file, at, f"{term.measure} kommt nur einmal; ein früheres Jahr [-{term.lag}] gibt es nicht")


def _comparison_faults(catalogue: Catalogue, file: str, indicator: Indicator) -> Iterator[Fault]:
    if indicator.comparison is None:
        return
    at = f"{indicator.code}.comparison"
    if indicator.comparison.denominator is None and indicator.denominator is not None:
        yield Fault(file, at, "„denominator“ fehlt: die Kennzahl hat einen Nenner, der Vergleich braucht ihn auch")
    for text in filter(None, (indicator.comparison.numerator, indicator.comparison.denominator)):
        for term in parse_expression(text):
            measure = catalogue.measure.get(term.measure)
            if measure is None:
                yield unknown(file, at, term.measure, "die Messgröße", catalogue.measure)
            elif measure.source is not None and not _only_compares(catalogue.source[measure.source]):
                yield Fault(
                    file,
                    at,
                    f"{term.measure} stammt aus {measure.source} und gilt nicht für Vergleichsräume; richtig wäre eine "
                    f"Messgröße aus einer Quelle mit level {COMPARISON}",
                )


def _period_faults(catalogue: Catalogue, file: str, indicator: Indicator) -> Iterator[Fault]:
    at = indicator.code
    counted = _sources(catalogue, indicator, "numerator")
    if counted and (indicator.periodicity == "schuljahr") != (counted[0].periodicity == "schuljahr"):
        yield Fault(
            file,
            f"{at}.periodicity",
            f"{indicator.periodicity} passt nicht zum Zähler: die Quelle {counted[0].code} kommt "
            f"{counted[0].periodicity}; die Angabe weglassen",
        )
    if indicator.pool == 1:
        return
    if indicator.denominator is None:
        yield Fault(file, f"{at}.pool", "braucht einen Nenner: Anzahlen mehrerer Zeiträume wären kein Mittel")
    if indicator.periodicity == "einmalig":
        yield Fault(file, f"{at}.pool", "gibt es nicht für Werte, die nur einmal kommen")
    if indicator.formula != "ratio":
        yield Fault(file, f"{at}.pool", f"gibt es nicht mit formula {indicator.formula}")


def _segregation_faults(catalogue: Catalogue, file: str, indicator: Indicator) -> Iterator[Fault]:
    if indicator.formula != "segregation":
        return
    city = catalogue.city
    if indicator.lowest_level != city.top.code:
        yield Fault(file, f"{indicator.code}.lowest_level", f"formula segregation gilt nur für {city.top.code}")
    if city.district_level is None:
        yield Fault(file, f"{indicator.code}.formula", "segregation braucht „district_level“ in city.yaml")
    if indicator.denominator is None:
        yield Fault(file, f"{indicator.code}.denominator", "fehlt: segregation vergleicht die Gruppe mit allen")


INTERVALS = {
    "wilson": ("anteil", "verhaeltnis"),
    "byar": ("rate",),
    "delta": ("quotient",),
    "t": ("mittelwert",),
    "bootstrap": ("index",),
}
"""Method of the interval → kinds of figures for which it is made."""


def _interval_faults(catalogue: Catalogue, file: str, indicator: Indicator) -> Iterator[Fault]:
    method, at = indicator.ci_method, f"{indicator.code}.ci_method"
    if method != "keine" and indicator.kind not in INTERVALS[method]:
        kinds = " oder ".join(INTERVALS[method])
        yield Fault(file, at, f"{method} gilt für {kinds}, nicht für {indicator.kind}; sonst „keine“ wählen")
    if method == "bootstrap" and indicator.formula != "segregation":
        yield Fault(file, at, "bootstrap gibt es nur mit formula segregation; sonst „keine“ wählen")
    if indicator.ci_spread is None:
        return
    at = f"{indicator.code}.ci_spread"
    if method != "t":
        yield Fault(file, at, "gehört zu ci_method t")
    named = next((i for i in catalogue.indicators if i.code == indicator.ci_spread), None)
    if named is None:
        yield unknown(file, at, indicator.ci_spread, "die Kennzahl", [i.code for i in catalogue.indicators])
        return
    terms = named.terms("numerator")
    counted = catalogue.measure.get(terms[0].measure) if len(terms) == 1 else None
    if counted is None or not counted.bands or not named.grouped or named.terms("denominator"):
        yield Fault(file, at, f"{named.code} zählt keine Messgröße nach Gruppen mit Grenzen (bands)")
    elif terms != indicator.terms("denominator"):
        yield Fault(file, at, f"{named.code} zählt nicht den Nenner von {indicator.code}")


def indicator_faults(catalogue: Catalogue, theme: Theme, indicator: Indicator) -> Iterator[Fault]:
    """Faults of an indicator of a theme."""
    file, at = f"themes/{theme.code}.yaml", indicator.code
    levels = {level.code for level in catalogue.city.levels}
    owners = {owner.code for owner in catalogue.owners}
    if indicator.lowest_level not in levels:
        yield unknown(file, f"{at}.lowest_level", indicator.lowest_level, "die Ebene", levels)
    asked = [("owner", indicator.owner), ("gap.ask", indicator.gap.ask if indicator.gap else None)]
    for key, office in asked:
        if office is not None and office not in owners:
            yield unknown(file, f"{at}.{key}", office, "die Stelle", owners)
    if indicator.gap is not None and indicator.denominator is not None:
        yield Fault(file, f"{at}.denominator", "eine Lücke (gap) wird nicht berechnet und hat keinen Nenner")
    yield from _term_faults(catalogue, file, indicator)
    yield from _comparison_faults(catalogue, file, indicator)
    yield from _period_faults(catalogue, file, indicator)
    yield from _segregation_faults(catalogue, file, indicator)
    yield from _interval_faults(catalogue, file, indicator)
    begins = [s.first_year for s in _sources(catalogue, indicator, "numerator") if s.first_year is not None]
    yield from break_faults(file, f"{at}.breaks", indicator.breaks, min(begins, default=None))
    named = {p.name for index in catalogue.indices for p in (*index.parts, *index.optional) if p.indicator == at}
    part = (indicator.index_part or "").split()
    if catalogue.indices and part and part[0] != "wahlweise" and part[0] not in named:
        yield Fault(
            file,
            f"{at}.index_part",
            f"{part[0]}: in indices.yaml heißt kein Bestandteil aus {at} so ({', '.join(sorted(named)) or 'keiner'})",
        )
