"""The index of segregation: worked toy figures, known bounds, and no value where a district is not known."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.indicators.compute import compute
from tests.indicators.conftest import TakeIn
from tests.indicators.support import computed

BLOCKS = ("101", "102", "201", "202")


def register(groups: dict[str, tuple[int, int]]) -> list[tuple[str, int, str, int]]:
    """Rows of the register: block → persons of the group, of the rest."""
    return [(b, 30, word, n) for b, pair in groups.items() for word, n in zip("ad", pair, strict=True)]


def test_toy_figures(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    # x = 10, 30, 60; rest = 190, 170, 140; who lives nowhere does not count
    groups = {"101": (10, 190), "102": (30, 170), "201": (60, 140), "fremd": (50, 1)}
    take_in("register", "2025-12-31", register(groups))
    compute(town, traps)
    assert computed(town, "TST09", "S", "2025").value == pytest.approx(32)
    assert computed(town, "TST09", "1", "2025") is None


def test_needs_both_groups(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", register({"101": (0, 190), "102": (0, 10)}))
    compute(town, traps)
    assert computed(town, "TST09", "S", "2025").status == "nicht_sinnvoll"


def test_withheld_or_missing_district(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    for year in (2024, 2025):
        take_in("register", f"{year}-12-31", register({b: (50, 50) for b in BLOCKS}))
    take_in("agentur", "2024-12-31", [("101", "*", 5, 8), *((b, 10, 5, 8) for b in BLOCKS[1:])])
    take_in("agentur", "2025-12-31", [(b, 10, 5, 8) for b in BLOCKS[1:]])
    compute(town, traps)
    assert computed(town, "TST22", "S", "2024").status == "geheim"
    assert computed(town, "TST22", "S", "2025").status == "fehlt"


people = st.tuples(st.integers(0, 500), st.integers(0, 500))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.fixed_dictionaries(dict.fromkeys(BLOCKS, people)), times=st.integers(2, 5))
def test_lies_between_0_and_100_and_does_not_depend_on_size(
    town: Connection, traps: Catalogue, take_in: TakeIn, groups: dict[str, tuple[int, int]], times: int
) -> None:
    attempt = town.begin_nested()
    larger = {b: (x * times, y) for b, (x, y) in groups.items()}
    take_in("register", "2024-12-31", [("101", 0, "d", 0), *register(groups)])
    take_in("register", "2025-12-31", [("101", 0, "d", 0), *register(larger)])
    compute(town, traps)
    first, second = (computed(town, "TST09", "S", year) for year in ("2024", "2025"))
    if sum(x for x, _ in groups.values()) and sum(y for _, y in groups.values()):
        assert 0 <= first.value <= 100 + 1e-9
        assert second.value == pytest.approx(first.value)  # a group that grows alike everywhere lives as before
    attempt.rollback()
