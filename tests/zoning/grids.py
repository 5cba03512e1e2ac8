"""Small cities of square blocks for the tests of zone design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from hypothesis import strategies as st

from etl.districts.areas import geometry_array
from etl.districts.zoning.instance import Instance, from_arrays
from etl.districts.zoning.shapes import Contiguity, shapes_of

SIZE = 100.0
"""Side of a block in m."""


def squares(columns: int, rows: int) -> list[shapely.Polygon]:
    """Blocks row by row from the south-west."""
    return [
        shapely.box(c * SIZE, r * SIZE, (c + 1) * SIZE, (r + 1) * SIZE) for r in range(rows) for c in range(columns)
    ]


def city(
    columns: int,
    rows: int,
    pop: Sequence[float],
    *,
    values: Sequence[Sequence[float]] | None = None,
    parents: Sequence[str] | None = None,
    side: Sequence[int] | None = None,
    hard_barriers: bool = False,
    bridges: Sequence[tuple[str, str]] = (),
    leave_out: Sequence[int] = (),
    contiguity: Contiguity = "rook",
) -> Instance:
    """A grid of blocks named by their number; ``leave_out`` are blocks that do not exist."""
    keep = [k for k in range(columns * rows) if k not in set(leave_out)]
    shapes = squares(columns, rows)
    raw = np.array(values if values is not None else [[float(k % columns)] for k in range(columns * rows)])
    return from_arrays(
        [str(k) for k in keep],
        [parents[k] if parents else "1" for k in keep],
        [pop[k] for k in keep],
        raw[keep],
        [f"a{c}" for c in range(raw.shape[1])],
        shapes=shapes_of(geometry_array([shapes[k] for k in keep]), contiguity),
        side=None if side is None else [side[k] for k in keep],
        hard_barriers=hard_barriers,
        bridges=bridges,
    )


@st.composite
def cities(draw: st.DrawFn) -> Instance:
    """Random small cities of one or two Stadtteile, some blocks empty, with two attributes and perhaps a barrier."""
    columns, rows = draw(st.integers(3, 6)), draw(st.integers(3, 6))
    n = columns * rows
    pop = draw(st.lists(st.sampled_from([0.0, 40.0, 60.0, 80.0, 100.0]), min_size=n, max_size=n))
    pop[0] = pop[n - 1] = 80.0
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    half = draw(st.integers(1, columns - 1))
    two = draw(st.booleans())
    parents = ["2" if two and k % columns >= half else "1" for k in range(n)]
    side = [int(k // columns >= rows // 2) for k in range(n)] if draw(st.booleans()) else None
    return city(columns, rows, pop, values=rng.normal(size=(n, 2)).tolist(), parents=parents, side=side)
