"""The visible values of an edition as one frame, a row a value, for the statistics that are derived from them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue

Floats = NDArray[np.float64]
NUMBERS = dict.fromkeys(("numerator", "denominator", "value", "factor"), pl.Float64)
SERIES = ("unit_id", "indicator_id", "group_code")
"""A unit belongs to one district version, so that no series crosses versions."""
TABLE = ("version_id", "indicator_id", "group_code", "period")
TOTAL = "insgesamt"

VALUES = text("""
SELECT v.id, v.unit_id, u.parent_id, u.version_id, u.level, l.rank = 0 AS whole, v.indicator_id, i.code AS indicator,
       i.kind, i.ci_method, i.factor, i.decimals, i.formula, v.group_code, v.period, v.numerator, v.denominator,
       v.value, v.status, v.quality, z.year, z.years,
       (SELECT count(*) FROM jsonb_array_elements(i.breaks) b
        WHERE (b ->> 'since')::date <= coalesce(v.reference_date, z.first)
                                       - make_interval(years => coalesce(g.lag, 0)))::int AS first_era,
       (SELECT count(*) FROM jsonb_array_elements(i.breaks) b
        WHERE (b ->> 'since')::date <= coalesce(v.reference_date, z.last))::int AS last_era
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id
JOIN geo.level l ON l.code = u.level
JOIN warehouse.period p ON p.code = v.period
CROSS JOIN LATERAL (
    SELECT lower(p.valid) AS first, upper(p.valid) - 1 AS last, extract(year FROM lower(p.valid))::int AS year,
           greatest(round((upper(p.valid) - lower(p.valid)) / 365.25), 1)::int AS years
) z
LEFT JOIN unnest(CAST(:codes AS text[]), CAST(:lags AS int[])) AS g(code, lag) ON g.code = i.code
WHERE v.edition_id = :edition
-- sums of fractions depend on their order: always the same one
ORDER BY v.unit_id, v.indicator_id, v.group_code, v.period
""")


def read(connection: Connection, catalogue: Catalogue, edition: int) -> pl.DataFrame:
    """All values of an edition, in the order of units, indicators, groups and periods.

    ``first_era``, ``last_era``: how many breaks of the definition lie before what the value looks back on and before
    its end. Two values compare where the later's last is the earlier's first.
    """
    lags = {
        i.code: max((t.lag for part in ("numerator", "denominator") for t in i.terms(part)), default=0)
        for i in catalogue.indicators
    }
    rows = connection.execute(VALUES, {"edition": edition, "codes": list(lags), "lags": list(lags.values())})
    return pl.DataFrame(
        rows.all(), schema=list(rows.keys()), schema_overrides=NUMBERS, orient="row", infer_schema_length=None
    )


def array(frame: pl.DataFrame, name: str) -> Floats:
    """A column as numbers; NULL becomes NaN."""
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def column(name: str, numbers: Floats) -> pl.Series:
    """Numbers as a column; NaN becomes NULL."""
    return pl.Series(name, numbers, dtype=pl.Float64).fill_nan(None)


def words(name: str, found: Floats, meaning: dict[int, str]) -> pl.Series:
    """Whole numbers as words; NaN becomes NULL."""
    numbers = pl.Series(name, found).fill_nan(None).cast(pl.Int64)
    return numbers.replace_strict(list(meaning), list(meaning.values()), default=None, return_dtype=pl.String)
