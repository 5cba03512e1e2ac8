"""Counts that others withhold get values that agree with all that is known."""

from __future__ import annotations

from dataclasses import dataclass

from etl.confidentiality.linked.withheld import consistent


@dataclass
class Cell:
    value: float | None
    lower: float = 0.0
    upper: float = 1e7


def test_values_agree_with_sums_and_bounds() -> None:
    cells = [Cell(12.0), Cell(None, 1, 9), Cell(None, 1, 9), Cell(1.0), Cell(None)]
    relations = [((0, 1.0), (1, -1.0), (2, -1.0), (3, -1.0)), ((4, 1.0), (1, -1.0))]
    assert consistent(cells, relations) == 0
    first, second, third = cells[1].value, cells[2].value, cells[4].value
    assert None not in (first, second, third)
    assert 1 <= first <= 9 and 1 <= second <= 9
    assert abs(first + second - 11) < 1e-6
    assert abs(third - first) < 1e-6


def test_relations_that_cannot_hold_are_dropped() -> None:
    cells = [Cell(40.0), Cell(None, 1, 9), Cell(1.0)]
    relations = [((0, 1.0), (1, -1.0), (2, -1.0)), ((0, 1.0), (2, -40.0))]
    assert consistent(cells, relations) == 1
    assert relations == [((0, 1.0), (2, -40.0))]
    assert 1 <= (cells[1].value or 0) <= 9
