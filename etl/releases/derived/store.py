"""Writing derived figures of an edition into their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, text

from etl.catalogue import Catalogue
from etl.releases.derived.indices import Row
from etl.releases.derived.inequality import Neighbour, Spread
from etl.warehouse.models import derived

KINDS = {
    "ein Teil weniger": "without_part",
    "andere Gewichte": "other_weights",
    "andere Klassengrenzen": "other_limits",
    "Zufall der Fallzahlen": "other_counts",
}


def store_indices(
    connection: Connection, catalogue: Catalogue, edition: int, found: Mapping[str, Sequence[Row]]
) -> None:
    """Write the indices and their parts."""
    limit = {i.code: i.stable_from for i in catalogue.indices}
    rows = [(code, row) for code, these in found.items() for row in these]
    if not rows:
        return
    values = [
        {
            "edition_id": edition, "index_code": code, "unit_id": r.unit, "period": str(r.year), "status": r.status,
            "units": r.units, "score": r.score, "class_no": r.class_code, "rank": r.rank, "rank_lower": r.rank_low,
            "rank_upper": r.rank_high, "firmness": r.firmness,
            "firm": None if r.firmness is None else r.firmness >= limit[code],
            **{column: (r.by_kind or {}).get(kind) for kind, column in KINDS.items()},
        }
        for code, r in rows
    ]  # fmt: skip
    statement = insert(derived.IndexValue).returning(derived.IndexValue.id, sort_by_parameter_order=True)
    ids = connection.scalars(statement, values).all()
    known = {row.code: row.id for row in connection.execute(text("SELECT code, id FROM catalogue.indicator"))}
    parts = [
        {
            "index_value_id": number,
            "edition_id": edition,
            "part": name,
            "indicator_id": known[indicator],
            "value": value,
            "z": z,
        }
        for number, (_code, r) in zip(ids, rows, strict=True)
        for name, indicator, value, z in r.parts
    ]
    if parts:
        connection.execute(insert(derived.IndexPart), parts)


def store_inequality(
    connection: Connection, level: str, edition: int, spreads: Sequence[Spread], neighbours: Sequence[Neighbour]
) -> None:
    """Write the measures of inequality and the local association."""
    if spreads:
        connection.execute(
            insert(derived.Inequality),
            [
                {
                    "edition_id": edition, "version_id": s.version, "level": level, "indicator_id": s.indicator,
                    "period": s.period, "measure": s.measure, "status": s.status, "units": s.units, "value": s.value,
                    "lower": s.lower, "upper": s.upper, "p_value": s.p_value,
                }
                for s in spreads
            ],
        )  # fmt: skip
    if neighbours:
        connection.execute(
            insert(derived.Neighbourhood),
            [
                {
                    "edition_id": edition, "indicator_id": n.indicator, "unit_id": n.unit, "period": n.period,
                    "local_i": n.local_i, "p_adjusted": n.p_adjusted, "quadrant": n.quadrant, "found": n.found,
                }
                for n in neighbours
            ],
        )  # fmt: skip
