"""What the catalogue's indicators ask for, as temporary tables that one statement can compute all of them from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import Connection, text

from etl.catalogue import AreaForm, Catalogue, Indicator, Source, Term
from etl.catalogue.measures import parse_expression

CITY, COMPARED = "stadt", "vergleich"
"""Scopes: units of the city, from its own sources; comparison areas, from official statistics."""


@dataclass(frozen=True)
class Row:
    """One term of one part of an indicator, in one of the periods that are pooled.

    ``number`` is the term's place in its part, the same in all pooled periods. ``anchor``: a value is made for every
    unit and period that has this count. ``persons``: small counts of it say something about persons or cases (not so
    places or dwellings); ``agency``: it comes from files that withhold small counts themselves.
    """

    code: str
    scope: str
    part: str
    number: int
    measure: str
    coefficient: float
    lag: int
    anchor: bool
    persons: bool
    agency: bool


def withholds(source: Source) -> bool:
    """Whether the files of a source withhold small counts themselves, with a sign that says how small (``*``: 1-9)."""
    return any(s.at_most is not None for f in source.forms if isinstance(f, AreaForm) for s in f.symbols.values())


def _expressions(indicator: Indicator) -> list[tuple[str, str, tuple[Term, ...]]]:
    """Scope, part and terms of all expressions of an indicator; a gap has none for the city."""
    found = [(CITY, part, indicator.terms(part)) for part in ("numerator", "denominator")]
    if indicator.comparison is not None:
        found.append((COMPARED, "numerator", parse_expression(indicator.comparison.numerator)))
        if indicator.comparison.denominator is not None:
            found.append((COMPARED, "denominator", parse_expression(indicator.comparison.denominator)))
    return found


def rows_of(catalogue: Catalogue, indicator: Indicator) -> list[Row]:
    """The terms of an indicator; a pooled one has each of its terms once for every period that is added up."""
    rows = []
    for scope, part, terms in _expressions(indicator):
        nearest = min((term.lag for term in terms), default=0)
        for number, term in enumerate(terms):
            measure = catalogue.measure[term.measure]
            source = catalogue.source[measure.source] if measure.source is not None else None
            persons = source is not None and measure.confidential
            rows += [
                Row(
                    code=indicator.code, scope=scope, part=part, number=number, measure=term.measure,
                    coefficient=term.coefficient, lag=term.lag + back,
                    anchor=part == "numerator" and back == 0 and term.lag == nearest,
                    persons=persons, agency=source is not None and withholds(source),
                )
                for back in range(indicator.pool)
            ]  # fmt: skip
    return rows


def by_school_year(catalogue: Catalogue, indicator: Indicator) -> bool:
    """Whether the values of an indicator belong to school years: it says so, or its numerator's source does."""
    sources = (catalogue.measure[term.measure].source for term in indicator.terms("numerator"))
    return indicator.periodicity == "schuljahr" or any(
        source is not None and catalogue.source[source].periodicity == "schuljahr" for source in sources
    )


TERM = text("""
CREATE TEMPORARY TABLE term ON COMMIT DROP AS
SELECT i.id AS indicator_id, t.scope, t.part, t.number, m.id AS measure_id, t.coefficient, t.lag, t.anchor,
       t.persons, t.agency
FROM unnest(CAST(:code AS text[]), CAST(:scope AS text[]), CAST(:part AS text[]), CAST(:number AS int[]),
            CAST(:measure AS text[]), CAST(:coefficient AS double precision[]), CAST(:lag AS int[]),
            CAST(:anchor AS boolean[]), CAST(:persons AS boolean[]), CAST(:agency AS boolean[]))
     AS t(code, scope, part, number, measure, coefficient, lag, anchor, persons, agency)
JOIN catalogue.indicator i ON i.code = t.code
JOIN catalogue.measure m ON m.code = t.measure
""")

ASKED = text("""
CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
SELECT i.id AS indicator_id, t.scope, i.factor, a.pool, a.school, a.segregation, i.kind = 'anteil' AS share,
       a.grouped,
       CASE WHEN a.segregation THEN d.rank ELSE l.rank END AS lowest_rank,
       t.measures, t.quotient,
       -- numbers of persons or cases are shown for what belongs to no district, too
       i.kind IN ('anzahl', 'saldo', 'summe') AND NOT t.quotient AND NOT a.segregation AS countable
FROM unnest(CAST(:codes AS text[]), CAST(:pools AS int[]), CAST(:schools AS boolean[]),
            CAST(:segregations AS boolean[]), CAST(:grouped AS boolean[]))
     AS a(code, pool, school, segregation, grouped)
JOIN catalogue.indicator i ON i.code = a.code
JOIN geo.level l ON l.code = i.lowest_level
JOIN geo.level d ON d.code = :district
JOIN (SELECT indicator_id, scope, count(DISTINCT measure_id) AS measures, bool_or(part = 'denominator') AS quotient
      FROM term GROUP BY indicator_id, scope) t ON t.indicator_id = i.id
""")


def lay_out(connection: Connection, catalogue: Catalogue, district: str) -> None:
    """Fill the temporary tables ``term`` and ``asked`` (a row an indicator and scope) for all computable indicators."""
    rows = [row for indicator in catalogue.indicators for row in rows_of(catalogue, indicator)]
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.term, pg_temp.asked"))
    connection.execute(TERM, {f.name: [getattr(row, f.name) for row in rows] for f in fields(Row)})
    connection.execute(
        ASKED,
        {
            "codes": [i.code for i in catalogue.indicators],
            "pools": [i.pool for i in catalogue.indicators],
            "schools": [by_school_year(catalogue, i) for i in catalogue.indicators],
            "segregations": [i.formula == "segregation" for i in catalogue.indicators],
            "grouped": [i.grouped for i in catalogue.indicators],
            "district": district,
        },
    )
    connection.execute(text("ANALYZE pg_temp.term, pg_temp.asked"))
