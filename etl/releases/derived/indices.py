"""The declared indices of an edition: value, class, how firm the class is, rank with its interval.

Made from nothing but the values that the edition shows. A unit of which a part is withheld has no index; mean and
deviation over the others are functions of visible values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.catalogue.indices import Index
from etl.indicators.methods import stability
from etl.indicators.methods.composite import Baseline, Method, Part, Result, compose

Floats = NDArray[np.float64]
RUNS = 200
"""How often the counts are redrawn for the firmness of a class."""

VALUES = text("""
SELECT u.version_id, u.id AS unit_id, u.key, i.code AS indicator, left(v.period, 4)::int AS year, v.status,
       v.numerator, v.denominator, i.factor,
       coalesce(i.factor * v.numerator / nullif(v.denominator, 0), v.value) AS value,
       v.quality <> 'geschaetzt' AND i.ci_method = 'wilson' AS counted
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.code = ANY (:indicators)
JOIN geo.unit u ON u.id = v.unit_id AND u.level = :level
WHERE v.edition_id = :edition AND v.group_code = 'insgesamt' AND v.period ~ '^\\d{4}$'
ORDER BY 1, 2, 4, 5
""")


@dataclass(frozen=True)
class Row:
    """A unit's index in a year; numbers None unless ``status`` is gueltig. ``by_kind``: firmness by kind of change."""

    unit: int
    year: int
    status: str
    units: int
    score: float | None = None
    class_code: int | None = None
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    firmness: float | None = None
    by_kind: Mapping[str, float] | None = None
    parts: tuple[tuple[str, str, float, float], ...] = ()
    """Name, indicator, value in the indicator's unit, z in the index's direction."""


def method_of(index: Index) -> Method:
    """An index's declaration as the method that computes it."""
    limits = [c for c in index.classes if c.below is not None]
    return Method(
        transformation=index.transformation,
        sample_deviation=index.standardisation.deviation == "sample",
        weighted_by_persons=index.standardisation.weighted == "einwohner",
        standardise_sum=index.rescale,
        cuts=tuple(float(c.below) for c in limits if c.below is not None),
        included=tuple(c.included for c in limits),
    )


@dataclass(frozen=True)
class Table:
    """Units × parts of one version and year: values, their cases and bases (NaN where no counts), status by unit."""

    units: list[int]
    values: Floats
    cases: Floats
    bases: Floats
    factors: Floats
    persons: Floats
    status: list[str]


class _Source:
    """The visible values of one version, by unit, indicator and year."""

    def __init__(self, frame: pl.DataFrame, index: Index, population: str | None) -> None:
        self.index = index
        self.keys: dict[int, str] = dict(frame.select("unit_id", "key").unique().sort("unit_id").iter_rows())
        self.rows = {(r["unit_id"], r["indicator"], r["year"]): r for r in frame.iter_rows(named=True)}
        mine = {p.indicator for p in index.parts}
        self.years: list[int] = sorted(frame.filter(pl.col("indicator").is_in(mine))["year"].unique().to_list())
        self.population = population

    def _number(self, unit: int, indicator: str, year: int, column: str) -> float:
        row = self.rows.get((unit, indicator, year))
        visible = row is not None and row["status"] == "gueltig" and row[column] is not None
        return float(row[column]) if visible and row is not None else float("nan")

    def _status(self, unit: int, year: int) -> str:
        """gueltig where every part is; else the reason of the part that is hardest to come by."""
        years = (year, year - self.index.change_years) if self.index.change_years else (year,)
        found = {
            self.rows[unit, p.indicator, y]["status"] if (unit, p.indicator, y) in self.rows else "fehlt"
            for p in self.index.parts for y in years
        }  # fmt: skip
        rule = self.index.exclusion
        persons = self._number(unit, self.population, year, "value") if self.population else float("nan")
        if persons < rule.min_population:
            return "geheim"
        if self.keys[unit] in rule.units:
            return "nicht_sinnvoll"
        return next((s for s in ("geheim", "fehlt", "folgt", "nicht_vergleichbar", "nicht_sinnvoll", "unsicher")
                     if s in found), "gueltig")  # fmt: skip

    def table(self, year: int) -> Table:
        """The parts of all units in a year; changes are differences in the indicator's unit."""
        units = sorted(self.keys)

        def column(name: str, at: int) -> Floats:
            return np.array([[self._number(u, p.indicator, at, name) for p in self.index.parts] for u in units])

        values = column("value", year)
        if self.index.change_years:
            values = values - column("value", year - self.index.change_years)
        status = [self._status(u, year) for u in units]
        values[[s != "gueltig" for s in status]] = np.nan
        persons = np.array([self._number(u, self.population, year, "value") if self.population else 1.0 for u in units])
        return Table(units, values, column("numerator", year), column("denominator", year), column("factor", year),
                     persons, status)  # fmt: skip

    def redrawn(self, table: Table, year: int) -> Floats | None:
        """The values with cases drawn anew (runs × units × parts); None where a part is no share of counts."""
        shares = all(r["counted"] for (_, i, _), r in self.rows.items() if i != self.population)
        if not shares or np.isnan(table.cases[~np.isnan(table.values)]).any():
            return None
        rng = np.random.default_rng(1)
        drawn = table.factors * stability.drawn_shares(table.cases, table.bases, RUNS, rng)
        if self.index.change_years:
            before = self.table_of_counts(table, year - self.index.change_years)
            drawn = drawn - table.factors * stability.drawn_shares(*before, RUNS, rng)
        return np.asarray(drawn)

    def table_of_counts(self, table: Table, year: int) -> tuple[Floats, Floats]:
        """Cases and bases of an earlier year, shaped like the table."""
        found = [
            np.array([[self._number(u, p.indicator, year, name) for p in self.index.parts] for u in table.units])
            for name in ("numerator", "denominator")
        ]
        return found[0], found[1]


def _without_outliers(table: Table, index: Index, parts: tuple[Part, ...], method: Method) -> Table:
    """Units beyond the declared |z| take no part; judged once, over all units."""
    limit = index.exclusion.outlier_z
    if limit is None:
        return table
    beyond: NDArray[np.bool_] = np.any(np.abs(compose(table.values, parts, method).parts) > limit, axis=1)
    status = ["nicht_sinnvoll" if b else s for b, s in zip(beyond, table.status, strict=True)]
    values = np.where(beyond[:, None], np.nan, table.values)
    return Table(table.units, values, table.cases, table.bases, table.factors, table.persons, status)


def of_version(index: Index, frame: pl.DataFrame, population: str | None) -> Iterator[Row]:
    """An index for all units and years of one district version; ``frame`` as ``VALUES`` reads it."""
    source, method = _Source(frame, index, population), method_of(index)
    parts = tuple(Part(p.name, p.direction, p.weight) for p in index.parts)
    baseline: Baseline | None = None
    if index.standardisation.baseline_year is not None:
        table = _without_outliers(source.table(index.standardisation.baseline_year), index, parts, method)
        if table.status.count("gueltig") < index.exclusion.min_units:
            return
        baseline = compose(table.values, parts, method, persons=table.persons).baseline
    for year in source.years:
        table = _without_outliers(source.table(year), index, parts, method)
        valid = np.array([s == "gueltig" for s in table.status])
        if valid.sum() < index.exclusion.min_units:
            for unit, status in zip(table.units, table.status, strict=True):
                yield Row(unit, year, "nicht_sinnvoll" if status == "gueltig" else status, int(valid.sum()))
            continue
        values, persons = table.values[valid], table.persons[valid]
        result = compose(values, parts, method, persons=persons, baseline=baseline)
        drawn = source.redrawn(table, year)
        firm = stability.of_classes(
            values, parts, method, persons=persons, baseline=baseline,
            bootstrap=None if drawn is None else drawn[:, valid],
        )  # fmt: skip
        yield from _rows(index, table, year, result, firm)


def _rows(index: Index, table: Table, year: int, result: Result, firm: stability.Stability) -> Iterator[Row]:
    """Rows of all units; ``result`` and ``firm`` hold those that take part, in their order."""
    order = np.sort(-result.score)
    taking = [u for u, status in zip(table.units, table.status, strict=True) if status == "gueltig"]
    place = {unit: n for n, unit in enumerate(taking)}
    count = len(taking)
    for unit, status in zip(table.units, table.status, strict=True):
        if (n := place.get(unit)) is None:
            yield Row(unit, year, status, count)
            continue
        row = table.units.index(unit)
        yield Row(
            unit, year, status, count,
            score=round(float(result.score[n]), index.decimals),
            class_code=index.classes[int(result.classes[n]) - 1].code,
            rank=int(np.searchsorted(order, -result.score[n])) + 1,
            rank_low=int(np.floor(firm.rank_low[n])), rank_high=int(np.ceil(firm.rank_high[n])),
            firmness=round(float(firm.share[n]), 3),
            by_kind={kind: round(float(share[n]), 3) for kind, share in firm.by_kind.items()},
            parts=tuple(
                (p.name, p.indicator, float(table.values[row, c]), round(float(result.parts[n, c]), 4))
                for c, p in enumerate(index.parts)
            ),
        )  # fmt: skip


def crossed(index: Index, rows: Iterable[Row], columns: Iterable[Row]) -> Iterator[Row]:
    """The joint class of two indices, code 10 × row + column; firm as often as both are, drawn independently."""
    assert index.cross is not None  # noqa: S101  # the caller asks
    other = {(r.unit, r.year): r for r in columns}
    for one in rows:
        two = other.get((one.unit, one.year))
        if two is None:
            continue
        if one.class_code is None or two.class_code is None:
            yield Row(one.unit, one.year, one.status if one.class_code is None else two.status, one.units)
            continue
        firm = (one.firmness or 0.0) * (two.firmness or 0.0)
        code = 10 * one.class_code + two.class_code
        yield Row(one.unit, one.year, "gueltig", min(one.units, two.units), score=float(code), class_code=code,
                  firmness=round(firm, 3))  # fmt: skip


def compute(connection: Connection, catalogue: Catalogue, edition: int) -> dict[str, list[Row]]:
    """All declared indices of an edition: code → rows of all shown district versions."""
    population = population_indicator(catalogue)
    found: dict[str, list[Row]] = {}
    for index in catalogue.indices:
        if index.cross is not None:
            continue
        wanted = [p.indicator for p in index.parts] + ([population] if population else [])
        rows = connection.execute(VALUES, {"edition": edition, "level": index.level, "indicators": wanted})
        frame = pl.DataFrame([dict(r) for r in rows.mappings()], infer_schema_length=None)
        versions = [] if frame.is_empty() else frame.partition_by("version_id", maintain_order=True)
        found[index.code] = [row for version in versions for row in of_version(index, version, population)]
    for index in catalogue.indices:
        if index.cross is not None:
            one, two = found.get(index.cross.rows, []), found.get(index.cross.columns, [])
            found[index.code] = list(crossed(index, one, two))
    return found


def population_indicator(catalogue: Catalogue) -> str | None:
    """The indicator that is nothing but the inhabitants, for the smallest size of a unit; None where there is none."""
    plain = [(catalogue.city.population, 0, 1.0)]
    for indicator in catalogue.indicators:
        terms = [(t.measure, t.lag, t.coefficient) for t in indicator.terms("numerator")]
        if terms == plain and not indicator.terms("denominator") and indicator.gap is None:
            return indicator.code
    return None
