"""Limits of the values of an edition at 95 and 99.8 %, or the reason why there are none."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.catalogue import Catalogue
from etl.indicators.methods import inequality, intervals
from etl.releases.derived.frame import TOTAL, Floats, array, column
from etl.warehouse.models.release import CI_NOTE

LOWER, UPPER = "ci_lower", "ci_upper"
STRICT = ("ci998_lower", "ci998_upper")
NOTE = "ci_note"
SPREAD = ("spread_n", "spread_sum", "spread_squares")
"""Persons, sum and sum of squares by visible groups, for means."""
LIMITS = ((LOWER, UPPER, 0.95), (*STRICT, 0.998))
RUNS = 4000
"""How often the cases are redrawn for an index of segregation; 99.8 % leaves four runs at either end."""
BALANCES = ("saldo", "veraenderung", "index")


def with_limits(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Limits in the indicator's unit, unrounded, NULL where the method does not apply, and then the reason.

    By the indicator's method: ``wilson`` for shares, ``byar`` (exact below ten) for rates, ``delta`` for quotients of
    two groups, ``t`` for means whose spread follows from visible groups, ``bootstrap`` for the segregation of visible
    districts. Only of values that are gueltig and no estimate.
    """
    frame = _with_spread(frame, catalogue)
    method = frame["ci_method"].to_numpy()
    counted = (frame["status"] == "gueltig").to_numpy() & (frame["quality"] != "geschaetzt").to_numpy()
    for low_name, high_name, level in LIMITS:
        low, high = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
        for name in ("wilson", "byar", "delta", "t"):
            mine = counted & (method == name)
            if mine.any():
                low[mine], high[mine] = _by(name, frame.filter(mine), level)
        frame = frame.with_columns(column(low_name, low), column(high_name, high))
    frame = _with_segregation(frame, catalogue)
    return frame.with_columns(_notes(frame))


def _by(name: str, rows: pl.DataFrame, level: float) -> tuple[Floats, Floats]:
    x, n, factor = (array(rows, c) for c in ("numerator", "denominator", "factor"))
    match name:
        case "wilson":
            low, high = intervals.wilson(x, n, level)
            return factor * low, factor * high
        case "byar":
            return intervals.rate(x, np.where(n > 0, n, np.nan), factor, level)
        case "delta":
            low, high = intervals.quotient(x, n, level=level)
            return factor * low, factor * high
        case _:
            persons, total, squares = (array(rows, c) for c in SPREAD)
            low, high = intervals.mean(total, squares, persons, level)
            half = (high - low) / 2
            return factor * (x / n - half), factor * (x / n + half)


def bands_of(catalogue: Catalogue, indicator: str) -> dict[str, tuple[float, float]]:
    """Limits of the groups of an indicator that counts one measure by bands; an open last band gets twice the usual
    width (85 and older: up to 95), so that its middle is near the age that its people have.
    """
    counted = next(i for i in catalogue.indicators if i.code == indicator)
    bands = dict(catalogue.measure[counted.terms("numerator")[0].measure].bands)
    usual = float(np.median([high - low for low, high in bands.values()]))
    return {
        code: (float(low), float(high) if high - low <= 3 * usual else low + 2 * usual)
        for code, (low, high) in bands.items()
    }


def _with_spread(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Moments by visible groups beside the values of means; NULL where a group is withheld or persons are missing."""
    found = []
    for mean in catalogue.indicators:
        if mean.ci_spread is None:
            continue
        bands = bands_of(catalogue, mean.ci_spread)
        groups = frame.filter(
            pl.col("indicator") == mean.ci_spread,
            pl.col("group_code").is_in(list(bands)),
            pl.col("status") == "gueltig",
        )
        if groups.is_empty():
            continue
        wide = groups.pivot(on="group_code", index=["unit_id", "period"], values="numerator")
        if not set(bands) <= set(wide.columns):
            continue
        counts = wide.select(list(bands)).cast(pl.Float64).fill_null(float("nan")).to_numpy()
        moments = intervals.moments(counts, list(bands.values()))
        found.append(
            wide.select("unit_id", "period", pl.lit(mean.code).alias("indicator"), pl.lit(TOTAL).alias("group_code"))
            .with_columns(column(name, m) for name, m in zip(SPREAD, moments, strict=True))
        )  # fmt: skip
    if not found:
        return frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in SPREAD)
    keys = ["unit_id", "period", "indicator", "group_code"]
    joined = frame.join(pl.concat(found), on=keys, how="left", maintain_order="left")
    # groups that do not add up to the persons of the mean are another base
    whole = (pl.col(SPREAD[0]) - pl.col("denominator")).abs() < 0.5
    return joined.with_columns(pl.when(whole).then(pl.col(name)).alias(name) for name in SPREAD)


def _with_segregation(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Limits of the indices of segregation, from the visible shares of the same group in all districts."""
    district = catalogue.city.district_level
    limits: dict[int, tuple[float, ...]] = {}
    for index in catalogue.indicators:
        if index.ci_method != "bootstrap" or index.formula != "segregation":
            continue
        same = [
            i.code
            for i in catalogue.indicators
            if i.formula == "ratio"
            and i.pool == 1
            and (i.terms("numerator"), i.terms("denominator")) == (index.terms("numerator"), index.terms("denominator"))
        ]
        shares = frame.filter(pl.col("indicator").is_in(same[:1]), pl.col("level") == district)
        mine = frame.filter(
            pl.col("indicator") == index.code, pl.col("status") == "gueltig", pl.col("quality") != "geschaetzt", "whole"
        )
        for row in mine.iter_rows(named=True):
            parts = shares.filter(
                pl.all_horizontal(pl.col(c) == row[c] for c in ("version_id", "group_code", "period"))
            )
            if parts.is_empty() or (parts["status"] != "gueltig").any():
                continue
            x, n = array(parts, "numerator"), array(parts, "denominator")
            found = (
                inequality.with_interval(inequality.dissimilarity, x, n, level=level, runs=RUNS) for *_, level in LIMITS
            )
            limits[row["id"]] = tuple(row["factor"] * v for e in found for v in (e.lower, e.upper))
    if not limits:
        return frame
    names = (LOWER, UPPER, *STRICT)
    told = pl.DataFrame(
        {"id": list(limits), **{f"{n}_new": [v[k] for v in limits.values()] for k, n in enumerate(names)}},
        schema_overrides={"id": frame.schema["id"]},
    )
    joined = frame.join(told, on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(f"{n}_new", n).alias(n) for n in names).drop(f"{n}_new" for n in names)


def _notes(frame: pl.DataFrame) -> pl.Expr:
    """Why a value that is shown has no limits, one of ``CI_NOTE``; NULL where it has, or is not shown."""
    kind, method = pl.col("kind"), pl.col("ci_method")
    reasons = {
        "unsicher": pl.col("status") == "unsicher",
        "geschaetzt": pl.col("quality") == "geschaetzt",
        "saldo": (method == "keine") & kind.is_in(BALANCES),
        "streuung": (method == "keine") & (kind == "mittelwert"),
        "bestand": method == "keine",
        "teile_fehlen": method.is_in(["t", "bootstrap"]),
        "mehr_faelle": (method == "wilson") & (pl.col("numerator") > pl.col("denominator")),
        "passt_nicht": pl.lit(True),
    }
    assert set(reasons) == set(CI_NOTE)  # noqa: S101  # the words that the database knows
    told = [pl.when(holds).then(pl.lit(word)) for word, holds in reasons.items()]
    return pl.when(pl.col(LOWER).is_null(), pl.col("value").is_not_null()).then(pl.coalesce(told)).alias(NOTE)
