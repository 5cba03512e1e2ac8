"""Checks between the files of a catalogue: references, unique codes, filters that only read what a source offers."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from etl.catalogue.city import COMPARISON
from etl.catalogue.faults import Fault
from etl.catalogue.measures import Measure
from etl.catalogue.sources import AreaForm

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue


def _unknown(file: str, key: str, word: str, what: str, known: Iterable[str]) -> Fault:
    listed = sorted(known)
    close = difflib.get_close_matches(word, listed, n=1)
    hint = f"gemeint ist vielleicht „{close[0]}“" if close else f"bekannt sind {', '.join(listed) or 'keine'}"
    return Fault(file, key, f"{what} „{word}“ gibt es nicht; {hint}")


def _repeated(file: str, what: str, codes: Iterable[str]) -> Iterator[Fault]:
    for code, times in Counter(codes).items():
        if times > 1:
            yield Fault(file, code, f"{what} {code} steht {times}-mal da; jeder Schlüssel darf nur einmal vorkommen")


def _source_faults(catalogue: Catalogue) -> Iterator[Fault]:
    levels = [level.code for level in catalogue.city.levels]
    allowed = [COMPARISON, *levels, "block"]  # coarse to fine
    owners = {owner.code for owner in catalogue.owners}
    for source in catalogue.sources:
        file = f"sources/{source.code}.yaml"
        if source.owner not in owners:
            yield _unknown(file, "owner", source.owner, "die Stelle", owners)
        if source.smallest_level not in allowed:
            yield _unknown(file, "smallest_level", source.smallest_level, "die Ebene", allowed)
            continue
        for form in source.forms:
            level = form.level if isinstance(form, AreaForm) else "block"
            at = f"forms.{form.name}.level"
            if level not in allowed or (level == "block" and isinstance(form, AreaForm)):
                yield _unknown(file, at, level, "die Ebene", levels)
            elif allowed.index(level) > allowed.index(source.smallest_level):
                yield Fault(file, at, f"{level} ist feiner als smallest_level {source.smallest_level} erlaubt")


def _measure_faults(catalogue: Catalogue, measure: Measure) -> Iterator[Fault]:
    file, at = catalogue.measure_files.get(measure.code, "measures.yaml"), measure.code
    sources = catalogue.source
    if measure.source is None:
        return
    source = sources.get(measure.source)
    if source is None:
        yield _unknown(file, f"{at}.source", measure.source, "die Quelle", sources)
        return
    offered = source.offered()
    if source.kind in ("areas", "grid"):
        if measure.column is None:
            yield Fault(file, f"{at}.column", f"fehlt: die Quelle {source.code} ist eine Tabelle nach Gebieten")
        elif measure.column not in offered:
            yield _unknown(file, f"{at}.column", measure.column, "die Spalte", offered)
        if measure.filter or measure.group_by or measure.weight:
            yield Fault(file, at, "filter, weight und group_by gibt es nur für Quellen aus Zeilen (records)")
        return
    for name in (*measure.filter, *filter(None, (measure.weight, measure.group_by))):
        if name not in offered:
            yield _unknown(file, f"{at}.filter", name, "das Merkmal", offered)
    if measure.kind == "sum" and measure.weight is None:
        yield Fault(file, f"{at}.weight", "fehlt: kind sum braucht das Merkmal, das summiert wird")


def _carrier_faults(catalogue: Catalogue) -> Iterator[Fault]:
    for measure in catalogue.measures:
        if measure.carrier is None:
            continue
        file, at = catalogue.measure_files.get(measure.code, "measures.yaml"), f"{measure.code}.carrier"
        carrier = catalogue.measure.get(measure.carrier)
        if carrier is None:
            yield _unknown(file, at, measure.carrier, "die Messgröße", catalogue.measure)
        elif carrier.kind == "area_km2":
            yield Fault(file, at, f"{carrier.code} ist eine Fläche; nach Fläche wird ohne carrier geschätzt")


def _indicator_faults(catalogue: Catalogue) -> Iterator[Fault]:
    levels = {level.code for level in catalogue.city.levels}
    parts: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")
    for theme in catalogue.themes:
        file = f"themes/{theme.code}.yaml"
        for indicator in theme.indicators:
            if indicator.lowest_level not in levels:
                yield _unknown(file, f"{indicator.code}.lowest_level", indicator.lowest_level, "die Ebene", levels)
            for part in parts:
                for term in indicator.terms(part):
                    if term.measure not in catalogue.measure:
                        yield _unknown(
                            file, f"{indicator.code}.{part}", term.measure, "die Messgröße", catalogue.measure
                        )


def _report_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Reports compared with: their questions name our indicators, themes, levels and offices."""
    themes, owners = {t.code for t in catalogue.themes}, {o.code for o in catalogue.owners}
    levels = {level.code for level in catalogue.city.levels}
    for report in catalogue.reports:
        for number, question in enumerate(report.questions, start=1):
            at = f"{report.code}.questions[{number}]"
            for code in question.codes:
                if code not in catalogue.indicator:
                    yield _unknown("berichte.yaml", f"{at}.codes", code, "die Kennzahl", catalogue.indicator)
            for key, word, what, known in (
                ("theme", question.theme, "das Thema", themes),
                ("ask", question.ask, "die Stelle", owners),
                ("level", question.level, "die Ebene", levels),
            ):
                if word is not None and word not in known:
                    yield _unknown("berichte.yaml", f"{at}.{key}", word, what, known)


def crosscheck(catalogue: Catalogue) -> list[Fault]:
    """All faults between the files; an empty list means that the catalogue is sound."""
    faults = [
        *_repeated("sources/", "die Quelle", (s.code for s in catalogue.sources)),
        *_repeated("measures", "die Messgröße", (m.code for m in catalogue.measures)),
        *_repeated("themes/", "die Kennzahl", (i.code for i in catalogue.indicators)),
        *_repeated("themes/", "das Thema", (t.code for t in catalogue.themes)),
        *_source_faults(catalogue),
        *(fault for m in catalogue.measures for fault in _measure_faults(catalogue, m)),
        *_carrier_faults(catalogue),
        *_indicator_faults(catalogue),
        *_repeated("berichte.yaml", "der Bericht", (r.code for r in catalogue.reports)),
        *_report_faults(catalogue),
    ]
    if catalogue.city.population and catalogue.city.population not in catalogue.measure:
        faults.append(
            _unknown("city.yaml", "city.population", catalogue.city.population, "die Messgröße", catalogue.measure)
        )
    return faults
