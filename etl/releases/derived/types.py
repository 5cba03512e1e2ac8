"""Types of areas of an edition: units with similar profiles of shown values, how firm they are, and their words.

A unit that does not show every indicator has no type; all others are grouped by functions of shown values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, text

from etl.catalogue import Catalogue
from etl.catalogue.typologies import Typology
from etl.indicators.methods import typology as method
from etl.indicators.methods.stability import drawn_shares
from etl.indicators.methods.type_words import Feature, describe, short_name
from etl.warehouse.models import outlook

Floats = NDArray[np.float64]
FEWEST = 6
"""Complete units from which types are made at all."""
DRAWS = 100
"""How often cases are drawn anew."""
VISIBLE = ("gueltig", "unsicher")
ORDER = ("geheim", "fehlt", "folgt", "nicht_vergleichbar", "nicht_sinnvoll")
"""Why a unit has no type: the reason that is hardest to come by."""

VALUES = text("""
SELECT version_id, unit_id, indicator, period, status, value, numerator, denominator, factor, counted
FROM (
    SELECT u.version_id, u.id AS unit_id, i.code AS indicator, v.period, v.status, v.numerator, v.denominator, i.factor,
           coalesce(i.factor * v.numerator / nullif(v.denominator, 0), v.value) AS value,
           v.quality <> 'geschaetzt' AND i.ci_method = 'wilson' AS counted, upper(p.valid) AS until,
           coalesce(max(upper(p.valid)) FILTER (WHERE v.status IN ('gueltig', 'unsicher')) OVER shown,
                    max(upper(p.valid)) OVER shown) AS newest
    FROM release.value v
    JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.code = ANY (:indicators)
    JOIN geo.unit u ON u.id = v.unit_id AND u.level = :level
    JOIN warehouse.period p ON p.code = v.period
    WHERE v.edition_id = :edition AND v.group_code = 'insgesamt'
    WINDOW shown AS (PARTITION BY u.version_id, i.id)
) x
WHERE x.until = x.newest
ORDER BY 1, 2, 3
""")


@dataclass(frozen=True)
class Table:
    """Units × indicators of one version, newest period each; NaN where nothing is shown.

    ``cases``, ``bases`` and ``factors`` are numerators and denominators of shares, NaN where it is none.
    """

    version: int
    units: tuple[int, ...]
    status: tuple[str, ...]
    periods: tuple[str, ...]
    values: Floats
    cases: Floats
    bases: Floats
    factors: Floats

    @property
    def complete(self) -> NDArray[np.bool_]:
        return np.array([s == "gueltig" for s in self.status])


@dataclass(frozen=True)
class Found:
    """The types of one version; ``types`` is None where fewer than six units show everything."""

    table: Table
    types: method.Types | None = None
    choice: method.Choice | None = None
    silhouette: float = float("nan")
    firmness: method.Firmness | None = None
    rand_counts: float | None = None

    @property
    def rand(self) -> float:
        """The smaller of the two mean Rand indices: what shakes the types most counts."""
        assert self.firmness is not None  # noqa: S101
        return min(self.firmness.mean, 1.0 if self.rand_counts is None else self.rand_counts)


def tables(frame: pl.DataFrame, typology: Typology) -> Iterator[Table]:
    """One table a district version, from rows as ``VALUES`` reads them."""
    codes = typology.indicators
    for (version,), part in frame.group_by("version_id", maintain_order=True):
        units = tuple(part["unit_id"].unique(maintain_order=True).to_list())
        rows = {(r["unit_id"], r["indicator"]): r for r in part.iter_rows(named=True)}
        periods = {r["indicator"]: r["period"] for r in rows.values()}

        def column(name: str, *, counted: bool = False, at: dict = rows, of: tuple[int, ...] = units) -> Floats:  # type: ignore[type-arg]
            found = [[at.get((u, c)) for c in codes] for u in of]
            return np.array([[_number(r, name, counted=counted) for r in line] for line in found])

        yield Table(
            int(version), units, tuple(_status([rows.get((u, c)) for c in codes]) for u in units),
            tuple(periods.get(c, "") for c in codes), column("value"), column("numerator", counted=True),
            column("denominator", counted=True), column("factor", counted=True),
        )  # fmt: skip


def _number(row: dict[str, object] | None, name: str, *, counted: bool) -> float:
    if row is None or row["status"] not in VISIBLE or row[name] is None or (counted and not row["counted"]):
        return float("nan")
    return float(row[name])  # type: ignore[arg-type]


def _status(rows: Sequence[dict[str, object] | None]) -> str:
    def word(row: dict[str, object] | None) -> str:
        return "fehlt" if row is None or (row["value"] is None and row["status"] in VISIBLE) else str(row["status"])

    found = {word(row) for row in rows}
    return next((w for w in ORDER if w in found), "gueltig")


def find(table: Table, typology: Typology) -> Found:
    """The types of a version: how many, which, how firm."""
    values = np.where(table.complete[:, None], table.values, np.nan)
    if table.complete.sum() < FEWEST:
        return Found(table)
    choice = method.choose(values, largest=typology.largest)
    number = typology.types or choice.number
    types = method.group(values, number)
    whole = method.standardised(values)[table.complete]
    mean = float(np.mean(method.silhouette(whole, types.labels[table.complete]))) if number > 1 else float("nan")
    firm = method.firmness(values, number, runs=typology.runs)
    return Found(table, types, choice, mean, firm, _redrawn(table, types, number))


def _redrawn(table: Table, types: method.Types, number: int) -> float | None:
    """Mean adjusted Rand index of types made again from cases drawn anew; None where no indicator is a share."""
    rows = table.complete
    cases, bases = table.cases[rows], table.bases[rows]
    # numerators from another source may exceed their base: such a value is kept as it is
    shares = ((cases >= 0) & (cases <= bases) & (bases > 0)).all(axis=0)
    if not shares.any():
        return None
    drawn = (
        drawn_shares(cases[:, shares], bases[:, shares], DRAWS, np.random.default_rng(1))
        * table.factors[rows][:, shares]
    )
    base = types.labels[rows]
    found = []
    for run in drawn:
        again = table.values[rows].copy()
        again[:, shares] = run
        found.append(method.adjusted_rand(base, method.group(again, number).labels))
    return float(np.mean(found))


def reason(found: Found, typology: Typology) -> str:
    """Why so many types, and how firm they are, as German sentences."""
    if found.types is None or found.choice is None or found.firmness is None:
        return f"Weniger als {FEWEST} Gebiete zeigen alle Kennzahlen; es werden keine Typen gebildet."
    number, choice = len(found.types.centres), found.choice
    if typology.types:
        said = [f"{number} Typen sind im Katalog festgelegt (mittlere Silhouette {_de(found.silhouette)})."]
    else:
        tried = ", ".join(f"{n}: {_de(s)}" for n, s in zip(choice.tried, choice.silhouettes, strict=True))
        said = [f"{number} Typen: kleinste Zahl nahe der besten mittleren Silhouette (Typen: Silhouette – {tried})."]
    if not choice.structured:
        said.append("Die Gebiete gehen fließend ineinander über; die Grenzen zwischen den Typen sind gesetzt.")
    counts = "" if found.rand_counts is None else f", bei neu gezogenen Fallzahlen {_de(found.rand_counts)}"
    firm = "gesichert" if found.rand >= typology.firm_from else "nicht gesichert"
    said.append(
        f"Übereinstimmung bei neu gezogenen Gebieten {_de(found.firmness.mean)}{counts} (1 gleich, 0 Zufall): {firm}."
    )
    return " ".join(said)


def _de(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def add_types(connection: Connection, catalogue: Catalogue, edition: int) -> int:
    """Types of all declared typologies of a draft edition; returns how many units have one."""
    typed = 0
    for typology in catalogue.typologies:
        parameters = {"edition": edition, "indicators": list(typology.indicators), "level": typology.level}
        rows = connection.execute(VALUES, parameters).mappings().all()
        numbers = dict.fromkeys(("numerator", "denominator", "value", "factor"), pl.Float64)
        if not rows:
            continue
        frame = pl.DataFrame([dict(r) for r in rows], schema_overrides=numbers, infer_schema_length=None)
        for table in tables(frame, typology):
            typed += _store(connection, catalogue, edition, typology, find(table, typology))
    return typed


def _store(connection: Connection, catalogue: Catalogue, edition: int, typology: Typology, found: Found) -> int:
    table, types = found.table, found.types
    head = {
        "edition_id": edition, "version_id": table.version, "typology_code": typology.code, "title": typology.title,
        "level": typology.level, "units": int(table.complete.sum()), "reason": reason(found, typology),
        "status": "nicht_sinnvoll",
    }  # fmt: skip
    if types is not None and found.choice is not None and found.firmness is not None:
        head |= {
            "status": "gueltig", "types": len(types.centres), "structured": found.choice.structured,
            "silhouette": None if np.isnan(found.silhouette) else round(found.silhouette, 3),
            "rand_units": round(found.firmness.mean, 3),
            "rand_counts": None if found.rand_counts is None else round(found.rand_counts, 3),
            "firm": found.rand >= typology.firm_from,
        }  # fmt: skip
    number = connection.scalar(insert(outlook.Typology).returning(outlook.Typology.id), head)
    common = {"edition_id": edition, "typology_id": number}
    shares = found.firmness.share if found.firmness is not None else np.full(len(table.units), np.nan)
    labels = types.labels if types is not None else np.full(len(table.units), np.nan)
    values = []
    for unit, status, label, share in zip(table.units, table.status, labels, shares, strict=True):
        typed = status == "gueltig" and not np.isnan(label)
        word = "gueltig" if typed else "nicht_sinnvoll" if status == "gueltig" else status
        values.append({**common, "unit_id": unit, "status": word, "type_no": int(label) if typed else None,
                       "share": round(float(share), 3) if typed else None})  # fmt: skip
    connection.execute(insert(outlook.TypeValue), values)
    if types is None:
        return 0
    features = [Feature(catalogue.indicator[c].title, catalogue.indicator[c].polarity) for c in typology.indicators]
    known: dict[str, int] = {r.code: r.id for r in connection.execute(text("SELECT code, id FROM catalogue.indicator"))}
    words, profile = [], []
    for n, (centre, size) in enumerate(zip(types.centres, types.sizes, strict=True), start=1):
        words.append({**common, "type_no": n, "units": int(size), "name": f"Typ {n}: {short_name(centre, features)}",
                      "description": describe(centre, features)})  # fmt: skip
        means = table.values[types.labels == n].mean(axis=0)
        profile += [
            {**common, "type_no": n, "indicator_id": known[code], "period": period, "deviation": round(float(z), 3),
             "mean": round(float(mean), catalogue.indicator[code].decimals)}
            for code, period, z, mean in zip(typology.indicators, table.periods, centre, means, strict=True)
        ]  # fmt: skip
    connection.execute(insert(outlook.TypeDescription), words)
    connection.execute(insert(outlook.TypeProfile), profile)
    return sum(v["type_no"] is not None for v in values)
