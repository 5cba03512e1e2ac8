"""Tables of the sample city for the solver: districts × classes of persons with all totals, two- and three-dimensional.

They are counted from the records of the newest delivery of a source in a published sample database, as the indicators
count them: records × weights by dimension cell, blocks put together to districts. All figures are synthetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import psycopg

from etl.confidentiality.suppression.table import Bools, Floats, Ints, Table

THRESHOLD = 5
HIGHEST = 1e7
"""What anybody knows at least: no cell of a city is larger."""
Class = Callable[[Mapping[str, object]], str | None]

COUNTS = """
WITH newest AS (
    SELECT id FROM intake.delivery WHERE source = %(source)s AND status = 'active' ORDER BY reference_date DESC LIMIT 1
), counted AS (
    SELECT r.block_id, c.cell, sum(c.amount) AS amount
    FROM intake.record r JOIN newest n ON n.id = r.delivery_id, unnest(r.cells, r.counts) AS c (cell, amount)
    GROUP BY 1, 2
)
SELECT coalesce(u.key, '') AS district, coalesce(p.key, '') AS part, d.dims, sum(c.amount)::float8 AS amount
FROM counted c
JOIN intake.dimension_cell d ON d.id = c.cell
LEFT JOIN (
    geo.block_assignment a
    JOIN geo.district_version v ON v.id = a.version_id AND v.is_current
    JOIN geo.unit u ON u.id = a.unit_id AND u.level = 'bezirk'
    JOIN geo.unit p ON p.id = u.parent_id
) ON a.block_id = c.block_id
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Plan:
    """A table to be made: source, one or two classifications beside the district, and whether zeros are shown."""

    name: str
    source: str
    classes: tuple[Class, ...]
    show_zeros: bool = False
    where: Callable[[Mapping[str, object]], bool] = lambda _dims: True


def bands(*lower: int) -> Class:
    """Ages put together into bands, each from one limit to below the next."""

    def band(dims: Mapping[str, object]) -> str | None:
        age = int(str(dims["alter"]))
        at = int(np.searchsorted(lower, age, side="right")) - 1
        return f"{lower[at]:03d}" if at >= 0 else None

    return band


def dimension(name: str) -> Class:
    """The values of a dimension as they are."""
    return lambda dims: str(dims[name])


def sex(dims: Mapping[str, object]) -> str:
    """Women, and everybody else: small groups are never singled out."""
    return "weiblich" if dims["geschlecht"] == "weiblich" else "übrige"


FIVE_YEARS = tuple(range(0, 90, 5))
FINE = (0, 1, 3, 6, 8, 10, 12, 14, 15, 16, 18, 20, 21, 25, 27, 30, 35, 40, 45, 50, 55, 60, 65, 75, 85)

PLANS = (
    Plan("hilfen_nach_art", "jugendhilfe", (dimension("hilfeart"),)),
    Plan("bildung_teilhabe_nach_alter", "bildung_teilhabe", (bands(*range(18)),)),
    Plan("unterhaltsvorschuss_nach_alter", "uvg", (bands(*range(18)),)),
    Plan("haushalte_nach_groesse", "haushalte", (dimension("groesse"),), show_zeros=True),
    Plan(
        "auslaender_nach_alter", "einwohner_bestand", (bands(*FIVE_YEARS),), show_zeros=True,
        where=lambda d: d["nationalitaet"] == "nicht_deutsch",
    ),
    Plan(
        "sterbefaelle_nach_alter", "einwohner_bewegung", (bands(0, *range(20, 100, 5)),), show_zeros=True,
        where=lambda d: d["ereignis"] == "tod",
    ),
    Plan(
        "auslaender_nach_alter_geschlecht", "einwohner_bestand", (bands(*FINE), sex), show_zeros=True,
        where=lambda d: d["nationalitaet"] == "nicht_deutsch",
    ),
    Plan(
        "zuzuege_nach_alter_geschlecht", "einwohner_bewegung", (bands(*FINE), sex), show_zeros=True,
        where=lambda d: d["ereignis"] == "zuzug",
    ),
    Plan("einwohner_nach_alter_geschlecht", "einwohner_bestand", (bands(*range(0, 100, 4)), sex), show_zeros=True),
)  # fmt: skip


def count(connection: psycopg.Connection, plan: Plan) -> tuple[Floats, list[int]]:
    """Inner counts, districts × classes (× classes), and for each district the number of its part (-1: of none)."""
    found: dict[tuple[str, ...], float] = {}
    parts: dict[str, str] = {}
    for district, part, dims, amount in connection.execute(COUNTS, {"source": plan.source}):
        keys = [c(dims) for c in plan.classes]
        if plan.where(dims) and None not in keys:
            at = (district, *map(str, keys))
            found[at] = found.get(at, 0.0) + amount
            parts[district] = part
    axes = [sorted({at[n] for at in found}) for n in range(1 + len(plan.classes))]
    values = np.zeros([len(axis) for axis in axes])
    for at, amount in found.items():
        values[tuple(axis.index(key) for axis, key in zip(axes, at, strict=True))] = amount
    names = sorted({p for p in parts.values() if p})
    return values, [names.index(parts[d]) if parts[d] else -1 for d in axes[0]]


def with_totals(values: Floats, part: list[int]) -> tuple[Floats, list[tuple[Ints, int]]]:
    """All cells with totals along every axis, and the relations as (parts, total) over the flattened cells.

    Along the first axis districts add up to parts of the city and these, with districts of none, to the city.
    """
    number = max(part) + 1
    sums = [values[[n for n, p in enumerate(part) if p == q]].sum(axis=0, keepdims=True) for q in range(number)]
    full = np.concatenate([values, *sums, values.sum(axis=0, keepdims=True)])
    for axis in range(1, values.ndim):
        full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
    cell = np.arange(full.size).reshape(full.shape)
    districts = len(part)
    trees = [([n for n, p in enumerate(part) if p == q], districts + q) for q in range(number)]
    trees.append(([districts + q for q in range(number)] + [n for n, p in enumerate(part) if p < 0], len(full) - 1))
    relations = []
    for members, total in trees:
        below, above = cell[members].reshape(len(members), -1), cell[total].ravel()
        relations += [(below[:, n], int(above[n])) for n in range(len(above))]
    for axis in range(1, full.ndim):
        lines = np.moveaxis(cell, axis, -1).reshape(-1, full.shape[axis])
        relations += [(line[:-1], int(line[-1])) for line in lines]
    return full, relations


def protected(values: Floats, part: list[int], *, show_zeros: bool) -> Table:
    """The table of inner counts under the policy: below 5 is primary, upper limit at least 5, lower at most value - 1.

    Zeros are hidden with the small counts, or shown: then everybody knows that whatever is hidden is at least 1, and a
    total at least the number of its parts that are not 0. The cost of a cell is its value, at least 1.
    """
    full, relations = with_totals(values, part)
    value = full.ravel()
    zeros: Bools = value == 0
    primary = (value < THRESHOLD) & ~(zeros & show_zeros)
    fixed = zeros & show_zeros
    known = with_totals((values > 0).astype(np.float64), part)[0].ravel() * show_zeros
    return Table(
        value=value, cost=np.maximum(value, 1.0), primary=primary, fixed=fixed, lower=known,
        upper=np.where(fixed, 0.0, HIGHEST), lower_protection=np.where(primary, np.minimum(value - known, 1.0), 0.0),
        upper_protection=np.where(primary, THRESHOLD - value, 0.0), sliding=np.zeros(value.size),
        start=np.cumsum([0, *(len(members) + 1 for members, _ in relations)]),
        cell=np.concatenate([[*members, total] for members, total in relations]).astype(np.int64),
        coefficient=np.concatenate([[*(1.0,) * len(members), -1.0] for members, _ in relations]),
    )  # fmt: skip


def city_table(connection: psycopg.Connection, plan: Plan) -> Table:
    """The table of a plan, counted and under the policy."""
    return protected(*count(connection, plan), show_zeros=plan.show_zeros)
