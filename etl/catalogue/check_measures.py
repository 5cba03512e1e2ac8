"""Faults of one measure: it may read only what its source offers, and ask only for words that can occur."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from etl.catalogue.check_sources import words_of
from etl.catalogue.faults import Fault, unknown
from etl.catalogue.measures import Condition, Measure
from etl.catalogue.sources import Dimension, RecordForm, Source

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

AGE = "alter"
NUMERIC = ("age", "birth_date", "number", "year")
"""Types of dimensions that hold whole numbers."""


def file_of(catalogue: Catalogue, measure: str) -> str:
    """File that declares a measure."""
    return catalogue.measure_files.get(measure, "measures.yaml")


def _dimensions(source: Source, name: str) -> list[Dimension]:
    return [f.dimensions[name] for f in source.forms if isinstance(f, RecordForm) and name in f.dimensions]


def _offered_faults(file: str, at: str, source: Source, name: str) -> Iterator[Fault]:
    """A dimension must be known, and to every form: a measure must not depend on the form a file happens to have."""
    if name not in source.offered():
        yield unknown(file, at, name, "das Merkmal", source.offered())
        return
    lacking = [f.name for f in source.forms if isinstance(f, RecordForm) and name not in f.dimensions]
    if lacking:
        yield Fault(file, at, f"das Merkmal „{name}“ fehlt in der Form {', '.join(lacking)} der Quelle {source.code}")


def _condition_faults(file: str, at: str, source: Source, name: str, condition: Condition) -> Iterator[Fault]:
    kinds = {d.type for d in _dimensions(source, name)}
    numeric = kinds <= set(NUMERIC)
    if (condition.ge is not None or condition.lt is not None) and not numeric:
        yield Fault(file, at, "ge und lt gibt es nur für Zahlen, Jahre und Alter, nicht für Wörter")
    if condition.ge is not None and condition.lt is not None and condition.ge >= condition.lt:
        yield Fault(file, at, f"von {condition.ge} bis unter {condition.lt} ist leer; ge muss kleiner als lt sein")
    if condition.within_years is not None and kinds != {"year"}:
        yield Fault(file, at, "within_years braucht ein Merkmal vom type year")
    wanted = [] if condition.eq is None else [condition.eq]
    wanted += condition.isin or ()
    if numeric:
        for word in wanted:
            if not isinstance(word, int):
                yield Fault(file, at, f"„{word}“ ist keine ganze Zahl; das Merkmal {name} hat nur Zahlen")
        return
    limited = [words_of(f, name) for f in source.forms if isinstance(f, RecordForm)]
    if any(words is None for words in limited):
        return  # free texts: any word may occur
    known = {word for words in limited if words is not None for word in words}
    for word in wanted:
        if str(word) not in known:
            yield unknown(file, at, str(word), f"das Wort von {name}", known)


def _group_faults(file: str, at: str, measure: Measure, source: Source) -> Iterator[Fault]:
    if measure.bands and measure.group_by is None:
        yield Fault(file, f"{at}.bands", "braucht group_by, das Merkmal der Gruppen")
        return
    if not measure.bands or measure.group_by is None:
        return
    if not {d.type for d in _dimensions(source, measure.group_by)} <= set(NUMERIC):
        yield Fault(file, f"{at}.bands", f"{measure.group_by} hat Wörter; Bereiche gibt es nur für Zahlen und Alter")
    ordered = sorted((low, high, name) for name, (low, high) in measure.bands.items())
    for low, high, name in ordered:
        if low >= high:
            yield Fault(file, f"{at}.bands.{name}", f"von {low} bis unter {high} ist leer")
    for (_, high, name), (low, _, following) in pairwise(ordered):
        if low < high:
            yield Fault(file, f"{at}.bands.{following}", f"überschneidet sich mit {name}; eine Person zählt nur einmal")


def _table_faults(file: str, measure: Measure, source: Source) -> Iterator[Fault]:
    """Measures of tables by area: a column, and perhaps columns of groups."""
    at, offered = measure.code, source.offered()
    if measure.column is None:
        yield Fault(file, f"{at}.column", f"fehlt: die Quelle {source.code} ist eine Tabelle nach Gebieten")
    for key, column in (("column", measure.column), *(("group_columns", c) for c in measure.group_columns.values())):
        if column is not None and column not in offered:
            yield unknown(file, f"{at}.{key}", column, "die Spalte", offered)
    if measure.filter or measure.group_by or measure.weight or measure.bands:
        yield Fault(file, at, "filter, weight, group_by und bands gibt es nur für Quellen aus Zeilen (records)")
    if measure.age_limit:
        yield Fault(file, f"{at}.age_limit", "gibt es nur für Quellen aus Zeilen (records) mit dem Merkmal alter")


def _record_faults(file: str, measure: Measure, source: Source) -> Iterator[Fault]:
    """Measures of located rows: conditions on dimensions, groups, sums, the age limit."""
    at = measure.code
    if measure.column or measure.group_columns:
        yield Fault(file, at, "column und group_columns gibt es nur für Tabellen nach Gebieten (areas)")
    for name, condition in measure.filter.items():
        faults = list(_offered_faults(file, f"{at}.filter", source, name))
        yield from faults or _condition_faults(file, f"{at}.filter.{name}", source, name, condition)
    for key, wanted in (("weight", measure.weight), ("group_by", measure.group_by)):
        if wanted is not None:
            yield from _offered_faults(file, f"{at}.{key}", source, wanted)
    if measure.kind == "sum" and measure.weight is None:
        yield Fault(file, f"{at}.weight", "fehlt: kind sum braucht das Merkmal, das summiert wird")
    if measure.weight is not None and not {d.type for d in _dimensions(source, measure.weight)} <= set(NUMERIC):
        yield Fault(file, f"{at}.weight", f"{measure.weight} hat Wörter; summiert werden nur Zahlen und Alter")
    yield from _group_faults(file, at, measure, source)
    if measure.age_limit is None:
        return
    ages = _dimensions(source, AGE)
    if len(ages) < len(source.forms) or any(d.type not in ("age", "birth_date") for d in ages):
        yield Fault(
            file,
            f"{at}.age_limit",
            f"braucht in jeder Form der Quelle {source.code} das Merkmal „{AGE}“ (type age oder birth_date)",
        )
    if measure.kind != "count":
        yield Fault(file, f"{at}.age_limit", "gibt es nur für Anzahlen (kind count)")


def measure_faults(catalogue: Catalogue, measure: Measure) -> Iterator[Fault]:
    """Faults of a measure."""
    file = file_of(catalogue, measure.code)
    if measure.source is None:
        return
    source = catalogue.source.get(measure.source)
    if source is None:
        yield unknown(file, f"{measure.code}.source", measure.source, "die Quelle", catalogue.source)
    elif source.kind == "records":
        yield from _record_faults(file, measure, source)
    else:
        yield from _table_faults(file, measure, source)


def carrier_faults(catalogue: Catalogue, measure: Measure) -> Iterator[Fault]:
    """Faults of the measure whose distribution divides this one."""
    if measure.carrier is None:
        return
    file, at = file_of(catalogue, measure.code), f"{measure.code}.carrier"
    carrier = catalogue.measure.get(measure.carrier)
    if carrier is None:
        yield unknown(file, at, measure.carrier, "die Messgröße", catalogue.measure)
    elif carrier.kind == "area_km2":
        yield Fault(file, at, f"{carrier.code} ist eine Fläche; nach Fläche wird ohne carrier geschätzt")
