"""Faults of one source: offices, levels, breaks, and whether its forms can do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from etl.catalogue.city import COMPARISON
from etl.catalogue.faults import Fault, unknown
from etl.catalogue.sources import AreaForm, Break, RecordForm, Source

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue


def words_of(form: RecordForm, name: str) -> set[str] | None:
    """Words that a dimension of a form can produce; None where they are not limited to a list (texts, numbers)."""
    dimension = form.dimensions[name]
    if dimension.type == "age_limit":
        return set(dimension.values.values()) or {"unter", "ab"}
    if dimension.type != "code":
        return None
    words = set(dimension.values.values()) | ({dimension.other} if dimension.other else set())
    if form.moves is not None and form.moves.event == name:
        words = (words - {form.moves.within}) | {form.moves.arrives, form.moves.leaves}
    return words


def break_faults(file: str, at: str, breaks: tuple[Break, ...], first_year: int | None) -> Iterator[Fault]:
    """Breaks must ascend and lie within the series."""
    for earlier, later in pairwise(breaks):
        if later.since <= earlier.since:
            yield Fault(
                file, at, f"{later.since:%d.%m.%Y} steht hinter {earlier.since:%d.%m.%Y}; Brüche aufsteigend ordnen"
            )
    for found in breaks:
        if first_year is not None and found.since <= date(first_year, 1, 1):
            yield Fault(
                file,
                at,
                f"{found.since:%d.%m.%Y} liegt nicht in der Reihe, die {first_year} beginnt; der Bruch gehört weg oder "
                "first_year früher",
            )


def _regular(file: str, at: str, pattern: str | None, groups: int = 0) -> Iterator[Fault]:
    if pattern is None:
        return
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        yield Fault(file, at, f"„{pattern}“ ist kein regulärer Ausdruck: {error.msg} an Stelle {(error.pos or 0) + 1}")
        return
    if compiled.groups < groups:
        yield Fault(file, at, f"„{pattern}“ braucht mindestens {groups} Gruppe in runden Klammern")


def _moves_faults(file: str, form: RecordForm) -> Iterator[Fault]:
    moves, at = form.moves, f"forms.{form.name}.moves"
    if moves is None:
        return
    event = form.dimensions.get(moves.event)
    if event is None or event.type != "code":
        codes = [name for name, d in form.dimensions.items() if d.type == "code"]
        yield unknown(file, f"{at}.event", moves.event, "das Merkmal (type code)", codes)
        return
    words = set(event.values.values()) | ({event.other} if event.other else set())
    for key, listed in (("within", (moves.within,)), ("origin_only", moves.origin_only)):
        for word in listed:
            if word not in words:
                yield unknown(file, f"{at}.{key}", word, f"das Wort von {moves.event}", words)
    if moves.within in moves.origin_only:
        yield Fault(file, f"{at}.origin_only", f"{moves.within} zählt an beiden Anschriften und darf hier nicht stehen")
    for key, made in (("arrives", moves.arrives), ("leaves", moves.leaves)):
        if made in words:
            yield Fault(file, f"{at}.{key}", f"„{made}“ ist schon ein Wort von {moves.event}; ein eigenes wählen")
    if moves.arrives == moves.leaves:
        yield Fault(file, f"{at}.leaves", "Ankunft und Abgang brauchen verschiedene Wörter")
    if not form.location.address:
        yield Fault(file, f"forms.{form.name}.location", "moves braucht eine Anschrift (address), keinen Block")
    elif double := set(form.location.address) & set(moves.origin):
        yield Fault(file, f"{at}.origin", f"{', '.join(sorted(double))} ist schon die Spalte des Ziels")


def _columns_of(form: RecordForm) -> Iterator[tuple[str, str]]:
    """Key within the form and column, for all columns that it reads."""
    at = "location"
    for column in (*form.location.address, *filter(None, (form.location.block,))):
        yield at, column
    for key, name in (("count", form.count), ("unique", form.unique), ("reference_date", form.reference_date)):
        if name is not None:
            yield key, name
    for column in (*form.keep, *form.keep_known):
        yield "keep", column
    for name, dimension in form.dimensions.items():
        yield f"dimensions.{name}", dimension.column
    for column in form.moves.origin if form.moves else ():
        yield "moves.origin", column


def _fixed_faults(file: str, form: RecordForm) -> Iterator[Fault]:
    """Fixed positions: every column that is read has one, and none overlaps another."""
    at, fields = f"forms.{form.name}", form.format.fields
    if form.format.type != "fixed":
        if fields:
            yield Fault(file, f"{at}.format.fields", "gehört zu type fixed; sonst nennt die Kopfzeile die Spalten")
        return
    for key, column in _columns_of(form):
        if column not in fields:
            yield unknown(file, f"{at}.{key}", column, "das Feld", fields)
    placed = sorted((first, first + length, name) for name, (first, length) in fields.items())
    for first, end, name in placed:
        if first < 1 or end <= first:
            yield Fault(file, f"{at}.format.fields.{name}", "erste Stelle ab 1, dann die Länge ab 1 angeben")
    for (_, end, name), (start, _, following) in pairwise(placed):
        if start < end:
            yield Fault(
                file, f"{at}.format.fields.{following}", f"beginnt an Stelle {start}, {name} reicht bis {end - 1}"
            )


def _elsewhere_faults(catalogue: Catalogue, file: str, form: AreaForm) -> Iterator[Fault]:
    """Published rates and sums may refer to counts of other sources (``SOURCE.CODE``): these must exist."""
    texts = [(f"rates.{r.column}.numerator", r.numerator) for r in form.rates]
    texts += [(f"rates.{r.column}.denominator", r.denominator) for r in form.rates]
    texts += [(f"sums[{n}]", text) for n, s in enumerate(form.sums, start=1) for text in (s.left, s.right)]
    for key, text in texts:
        for term in (text or "").split("+"):
            source, dot, column = term.strip().rpartition(".")
            if dot and source not in catalogue.source:
                yield unknown(file, f"forms.{form.name}.{key}", source, "die Quelle", catalogue.source)
            elif dot and column not in catalogue.source[source].offered():
                offered = catalogue.source[source].offered()
                yield unknown(file, f"forms.{form.name}.{key}", column, "die Spalte", offered)
    for rate in form.rates:
        if rate.column in form.values:
            at = f"forms.{form.name}.rates.{rate.column}"
            yield Fault(file, at, "die Spalte ist schon eine Anzahl (values); eine Quote wird geprüft, nicht gezählt")


def _area_faults(catalogue: Catalogue, file: str, form: AreaForm) -> Iterator[Fault]:
    at, area = f"forms.{form.name}", form.area
    yield from _regular(file, f"{at}.format.footer", form.format.footer)
    yield from _regular(file, f"{at}.area.pattern", area.pattern, groups=1)
    yield from _regular(file, f"{at}.area.total_pattern", area.total_pattern)
    yield from _regular(file, f"{at}.area.part_total", area.part_total, groups=1)
    yield from _regular(file, f"{at}.period.pattern", form.period.pattern)
    if form.level == COMPARISON and not catalogue.city.comparison_areas:
        yield Fault(file, f"{at}.level", f"{COMPARISON}: city.yaml nennt keine comparison_areas")
    yield from _elsewhere_faults(catalogue, file, form)


def source_faults(catalogue: Catalogue, source: Source) -> Iterator[Fault]:
    """Faults of a source."""
    levels = [level.code for level in catalogue.city.levels]
    allowed = [COMPARISON, *levels, "block"]  # coarse to fine
    owners = {owner.code for owner in catalogue.owners}
    file = f"sources/{source.code}.yaml"
    if source.owner not in owners:
        yield unknown(file, "owner", source.owner, "die Stelle", owners)
    yield from break_faults(file, "breaks", source.breaks, source.first_year)
    for form in source.forms:
        if isinstance(form, RecordForm):
            yield from _moves_faults(file, form)
            yield from _fixed_faults(file, form)
        elif isinstance(form, AreaForm):
            yield from _area_faults(catalogue, file, form)
    if source.smallest_level not in allowed:
        yield unknown(file, "smallest_level", source.smallest_level, "die Ebene", allowed)
        return
    for form in source.forms:
        level = form.level if isinstance(form, AreaForm) else "block"
        at = f"forms.{form.name}.level"
        if level not in allowed or (level == "block" and isinstance(form, AreaForm)):
            yield unknown(file, at, level, "die Ebene", levels)
        elif allowed.index(level) > allowed.index(source.smallest_level):
            yield Fault(file, at, f"{level} ist feiner als smallest_level {source.smallest_level} erlaubt")
