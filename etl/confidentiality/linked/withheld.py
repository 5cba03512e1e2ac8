"""Values for counts that others withhold: any that agree with all relations, so that the system has a true point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_array, coo_array, eye_array, hstack


class Unknown(Protocol):
    """A cell whose value may be None, between two bounds."""

    value: float | None
    lower: float
    upper: float


def consistent(cells: Sequence[Unknown], relations: list[tuple[tuple[int, float], ...]]) -> int:
    """Fill in values for all cells without one, close to the middle of their bounds; drop what cannot hold.

    Relations that no values within the bounds fulfil are taken off the list. Returns their number.
    """
    unknown = [n for n, c in enumerate(cells) if c.value is None]
    if not unknown:
        return 0
    place = {n: i for i, n in enumerate(unknown)}
    touched = [r for r, relation in enumerate(relations) if any(n in place for n, _ in relation)]
    u, m = len(unknown), len(touched)
    rows: list[int] = []
    columns: list[int] = []
    factors: list[float] = []
    right = np.zeros(m)
    for row, r in enumerate(touched):
        for n, c in relations[r]:
            if n in place:
                rows.append(row)
                columns.append(place[n])
                factors.append(c)
            else:
                right[row] -= c * float(cells[n].value or 0.0)
    # columns: value, above and below the middle, then slack of each relation to either side
    middle = np.array(
        [(cells[n].lower + cells[n].upper) / 2 if cells[n].upper < 1e6 else cells[n].lower for n in unknown]
    )
    a = coo_array((factors, (rows, columns)), shape=(m, u))
    matrix = block_array([
        [a, coo_array((m, 2 * u)), hstack([eye_array(m), -eye_array(m)])],
        [eye_array(u), hstack([-eye_array(u), eye_array(u)]), None],
    ], format="csr")  # fmt: skip
    limits = [(cells[n].lower, cells[n].upper) for n in unknown] + [(0, None)] * (2 * u + 2 * m)
    price = np.concatenate([np.zeros(u), np.ones(2 * u), np.full(2 * m, 1000.0)])
    found = linprog(price, A_eq=matrix, b_eq=np.concatenate([right, middle]), bounds=limits, method="highs")
    if found.status != 0:
        raise ArithmeticError(f"no consistent values of withheld counts: {found.message}")
    for n, value in zip(unknown, found.x[:u], strict=True):
        cells[n].value = float(value)
    slack = found.x[3 * u : 3 * u + m] + found.x[3 * u + m :]
    faulty = {touched[row] for row in np.flatnonzero(slack > 1e-6)}
    relations[:] = [relation for r, relation in enumerate(relations) if r not in faulty]
    return len(faulty)
