"""How unequally shares are spread over the districts of an edition, and whether neighbours resemble each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.indicators.methods import inequality, spatial

Floats = NDArray[np.float64]
RUNS = 500
PERMUTATIONS = 999
FEWEST = 5
"""Units below which nothing is said."""

SHARES = text("""
SELECT u.version_id, u.id AS unit_id, i.id AS indicator_id, v.period, upper(p.valid) AS until, v.status,
       v.numerator, v.denominator, v.quality = 'geschaetzt' AS estimated
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.kind = 'anteil' AND i.ci_method = 'wilson'
JOIN geo.unit u ON u.id = v.unit_id AND u.level = :level
JOIN warehouse.period p ON p.code = v.period
WHERE v.edition_id = :edition AND v.group_code = 'insgesamt'
ORDER BY u.version_id, i.id, upper(p.valid), v.period, u.id
""")

OUTLINES = text("""
SELECT u.version_id, u.id AS unit_id, ST_AsBinary(u.geom) AS outline
FROM geo.unit u WHERE u.level = :level AND u.geom IS NOT NULL AND u.id = ANY (:units) ORDER BY 1, 2
""")


@dataclass(frozen=True)
class Spread:
    """A measure of one indicator, period and version; numbers None unless ``status`` is gueltig."""

    version: int
    indicator: int
    period: str
    measure: str
    status: str
    units: int
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Neighbour:
    """A unit among its neighbours in the newest period of an indicator."""

    indicator: int
    unit: int
    period: str
    local_i: float
    p_adjusted: float
    quadrant: int
    found: bool


def _spreads(rows: pl.DataFrame, links: Floats) -> Iterator[Spread]:
    """The measures of one indicator and period over all units of a version (rows in the order of ``links``)."""
    first = rows.row(0, named=True)
    at = (first["version_id"], first["indicator_id"], first["period"])
    hidden = "geheim" if (rows["status"] == "geheim").any() else "fehlt"
    whole = (rows["status"] == "gueltig").all() and not rows["estimated"].any() and len(rows) == len(links)
    if len(links) < FEWEST or not whole:
        for measure in (*inequality.ALL, "moran"):
            yield Spread(*at, measure, "nicht_sinnvoll" if len(links) < FEWEST else hidden, len(rows))
        return
    x, n = rows["numerator"].to_numpy(), rows["denominator"].to_numpy()
    countable = bool(((x >= 0) & (x <= n) & (n > 0)).all()) and x.sum() > 0 and (n - x).sum() > 0
    if countable:
        for measure, e in inequality.with_intervals(inequality.ALL, x, n, runs=RUNS).items():
            yield Spread(*at, measure, "gueltig", len(rows), *(round(v, 4) for v in (e.value, e.lower, e.upper)))
    else:
        for measure in inequality.ALL:
            yield Spread(*at, measure, "nicht_sinnvoll", len(rows))
    share = np.divide(x, n, out=np.full_like(x, np.nan), where=n > 0)
    moran = spatial.moran(share, links, permutations=PERMUTATIONS)
    if np.isnan(moran.value):
        yield Spread(*at, "moran", "nicht_sinnvoll", len(rows))
    else:
        yield Spread(*at, "moran", "gueltig", len(rows), round(moran.value, 4), p_value=round(moran.p_value, 4))


def _neighbours(rows: pl.DataFrame, units: list[int], links: Floats) -> Iterator[Neighbour]:
    """Local association in one period; units whose value is not shown take no part."""
    shown = rows.filter((pl.col("status") == "gueltig") & (pl.col("denominator") > 0))
    share = dict(shown.select("unit_id", pl.col("numerator") / pl.col("denominator")).iter_rows())
    local = spatial.local_moran([share.get(u, np.nan) for u in units], links, permutations=PERMUTATIONS)
    first = rows.row(0, named=True)
    cluster = local.cluster()
    for n, unit in enumerate(units):
        if not np.isnan(local.adjusted[n]):
            value, adjusted = round(float(local.value[n]), 4), round(float(local.adjusted[n]), 4)
            kind, found = int(local.quadrant[n]), bool(cluster[n] > 0)
            yield Neighbour(first["indicator_id"], unit, first["period"], value, adjusted, kind, found)


def compute(connection: Connection, catalogue: Catalogue, edition: int) -> tuple[str, list[Spread], list[Neighbour]]:
    """The level that is compared; inequality of all shares and periods; local association of the newest period.

    For every shown district version by itself.
    """
    level = catalogue.city.district_level or catalogue.city.levels[-1].code
    rows = connection.execute(SHARES, {"edition": edition, "level": level}).mappings().all()
    frame = pl.DataFrame(
        [dict(r) for r in rows], infer_schema_length=None,
        schema_overrides={"numerator": pl.Float64, "denominator": pl.Float64},
    )  # fmt: skip
    spreads: list[Spread] = []
    neighbours: list[Neighbour] = []
    for version in [] if frame.is_empty() else frame.partition_by("version_id", maintain_order=True):
        found = connection.execute(OUTLINES, {"level": level, "units": version["unit_id"].unique().to_list()}).all()
        units = [r.unit_id for r in found]
        pairs = spatial.pairs([shapely.from_wkb(bytes(r.outline)) for r in found]) if units else []
        links = spatial.matrix(pairs, len(units))
        located = version.filter(pl.col("unit_id").is_in(units))
        for indicator in located.partition_by("indicator_id", maintain_order=True):
            periods = indicator.partition_by("period", maintain_order=True)
            for period in periods:
                spreads += _spreads(period, links)
            shown = [p for p in periods if (p["status"] == "gueltig").any()]
            if shown and len(units) >= spatial.FEWEST:
                neighbours += _neighbours(shown[-1], units, links)
    return level, spreads, neighbours
