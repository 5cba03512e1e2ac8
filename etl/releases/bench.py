"""The command ``bench statistics``: all statistics of a release of many districts, indicators and years."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import numpy as np
import polars as pl
import typer
from rich.table import Table

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.console import console
from etl.indicators.methods import comparison
from etl.releases.derived.control import P_VALUE
from etl.releases.derived.frame import NUMBERS, TOTAL, Floats, array
from etl.releases.derived.intervals import LOWER, with_limits
from etl.releases.derived.significance import uncontrolled

METHODS = (("wilson", "anteil", 100.0),) * 7 + (("byar", "rate", 1000.0),) * 2 + (("delta", "quotient", 100.0),)
"""Method, kind and factor of ten indicators in a row, about as in the shipped catalogue."""
WITHHELD = 0.03
"""Share of values that are withheld and take no part."""
DISTRICTS_IN_AREA = 40
FIRST_YEAR = 2016


@dataclass(frozen=True)
class Measurement:
    """What was computed, in how many seconds of the clock, and the largest memory of the process (MiB)."""

    districts: int
    indicators: int
    years: int
    values: int
    with_limits: int
    trends: int
    findings: int
    seconds: float
    memory_mib: float


def _counts(districts: int, years: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Cases and persons, districts × years, around a share of their own that drifts."""
    persons = np.maximum(
        rng.lognormal(6.5, 0.7, (districts, 1)) * rng.normal(1, 0.01, (districts, years)).cumprod(1), 50
    )
    level = rng.normal(-2, 0.5, (districts, 1)) + np.linspace(0, 1, years) * rng.normal(0, 0.2, (districts, 1))
    return rng.binomial(persons.astype(np.int64), 1 / (1 + np.exp(-level))).astype(np.float64), persons.round()


def invented(number: int, districts: int, years: int) -> pl.DataFrame:
    """Values of one indicator as an edition's are read: city, areas of forty districts, districts; some withheld."""
    rng = np.random.default_rng(number)
    method, kind, factor = METHODS[number % len(METHODS)]
    x, n = _counts(districts, years, rng)
    area = np.arange(districts) // DISTRICTS_IN_AREA
    areas = int(area[-1]) + 1
    starts = np.arange(0, districts, DISTRICTS_IN_AREA)
    upper_x, upper_n = np.add.reduceat(x, starts), np.add.reduceat(n, starts)
    cases, persons = (
        np.concatenate([v.sum(0, keepdims=True), u, v]) for v, u in ((x, upper_x), (n, upper_n))
    )  # fmt: skip
    units = 1 + areas + districts
    parent = np.concatenate([[-1], np.zeros(areas), 1 + area]).astype(np.int64)
    level = np.repeat(["stadt", "stadtteil", "bezirk"], [1, areas, districts])
    hidden = np.concatenate([np.zeros((1 + areas, years), bool), rng.random((districts, years)) < WITHHELD]).ravel()
    year = np.tile(np.arange(FIRST_YEAR, FIRST_YEAR + years), units)
    rows = units * years
    numbers = {"numerator": cases.ravel(), "denominator": persons.ravel()}
    numbers["value"] = factor * numbers["numerator"] / numbers["denominator"]
    frame = pl.DataFrame(
        {
            "id": np.arange(rows) + number * rows, "unit_id": np.repeat(np.arange(units), years),
            "parent_id": np.repeat(parent, years), "level": np.repeat(level, years),
            "whole": np.repeat(level == "stadt", years), "year": year, "hidden": hidden, **numbers,
        }
    )  # fmt: skip
    constant = {
        "version_id": 1, "indicator_id": number, "indicator": f"XXX{number:02}", "kind": kind, "ci_method": method,
        "factor": factor, "decimals": 1, "formula": "ratio", "group_code": TOTAL, "quality": "exakt", "years": 1,
        "first_era": 0, "last_era": 0,
    }  # fmt: skip
    return frame.with_columns(
        *(pl.lit(v).alias(k) for k, v in constant.items()),
        *(pl.when(~pl.col("hidden")).then(c).alias(c) for c in NUMBERS if c != "factor"),
        pl.when("hidden").then(pl.lit("geheim")).otherwise(pl.lit("gueltig")).alias("status"),
        pl.col("year").cast(pl.String).alias("period"),
    )


def measure(catalogue: Catalogue, districts: int, indicators: int, years: int) -> Measurement:
    """Limits, comparisons, changes, trends and smoothed shares, then the control over all of them together.

    Indicator by indicator, so that memory does not grow with their number; only the p values of all are kept. Making
    the values up does not count, writing them to a database is not part of it.
    """
    spent, values, limits, trends = 0.0, 0, 0, 0
    kept: list[pl.DataFrame] = []
    for number in range(indicators):
        frame = invented(number, districts, years)
        started = time.perf_counter()
        found = uncontrolled(with_limits(frame, catalogue))
        kept.append(found.values.select(pl.col("level").cast(pl.Categorical), pl.col("year").cast(pl.Int16), P_VALUE))
        spent += time.perf_counter() - started
        values, limits, trends = values + len(frame), limits + found.values[LOWER].count(), trends + len(found.trends)
    started = time.perf_counter()
    findings = sum(int((p <= 0.05).sum()) for p in _controlled(kept))
    spent += time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measurement(districts, indicators, years, values, limits, trends, findings, round(spent, 1), round(memory))


def _controlled(kept: list[pl.DataFrame]) -> Iterator[Floats]:
    """Adjusted p values by family."""
    for (_, _), rows in pl.concat(kept).group_by("level", "year"):
        yield comparison.benjamini_hochberg(array(rows, P_VALUE))


def statistics(
    districts: Annotated[int, typer.Option(min=50, help="Zahl der Bezirke.")] = 10_000,
    indicators: Annotated[int, typer.Option(min=1, help="Zahl der Kennzahlen.")] = 100,
    years: Annotated[int, typer.Option(min=5, max=50, help="Zahl der Jahre.")] = 10,
) -> None:
    """Alle Statistiken einer erfundenen Veröffentlichung rechnen: Sekunden und Speicher (ohne Datenbank)."""
    found = measure(load_catalogue(settings.catalogue_dir()), districts, indicators, years)
    if settings.ui.json:
        typer.echo(json.dumps(asdict(found)))
    elif not settings.ui.quiet:
        table = Table(title="Statistiken einer Veröffentlichung (erfundene Werte)")
        for heading in ("Bezirke", "Kennzahlen", "Jahre", "Werte", "mit Intervall", "Trends", "Sekunden", "MiB"):
            table.add_column(heading, justify="right")
        numbers = (found.districts, found.indicators, found.years, found.values, found.with_limits, found.trends)
        table.add_row(
            *(f"{n:,}".replace(",", ".") for n in numbers),
            f"{found.seconds:.1f}".replace(".", ","),
            f"{found.memory_mib:.0f}",
        )
        console.print(table)
