"""Protection of a release from the database: stays as it was, says why, keeps what a correction would give away."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.catalogue.city import Policy
from etl.confidentiality.linked.candidates import read_candidates
from etl.confidentiality.linked.explain import explain, shares
from etl.confidentiality.linked.reading import Reading
from etl.confidentiality.linked.solve import solve_widening
from etl.confidentiality.linked.stored import read_solved
from etl.confidentiality.linked.sums import sum_rule
from etl.confidentiality.protect import protect
from etl.errors import SozialberichtError
from etl.indicators.compute import compute
from tests.confidentiality.test_linked_system import city  # noqa: F401  # a fixture
from tests.editions import publish_edition
from tests.indicators.conftest import TakeIn, laid_out, take_in, town, traps  # noqa: F401  # fixtures


def status(connection: Connection, indicator: str, unit: str, period: str) -> str:
    found = connection.scalar(
        text("""
        SELECT p.status FROM protected_value p JOIN catalogue.indicator i ON i.id = p.indicator_id
        JOIN geo.unit u ON u.id = p.unit_id
        WHERE i.code = :indicator AND u.key = :unit AND p.period = :period AND p.group_code = 'insgesamt'
        """),
        {"indicator": indicator, "unit": unit, "period": period},
    )
    return str(found)


def secret(connection: Connection) -> set[tuple[object, ...]]:
    rows = connection.execute(
        text("SELECT indicator_id, unit_id, group_code, period FROM protected_value WHERE status = 'geheim'")
    )
    return {tuple(row) for row in rows}


def test_withheld_values_have_no_number_and_are_never_alone(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    found = protect(city, traps)
    assert status(city, "TST04", "101", "2025") == "geheim"  # three children
    # the Stadtteil is their sum: another one is withheld, too
    assert "geheim" in {status(city, "TST04", u, "2025") for u in ("102", "1")}
    numbers = text(
        "SELECT count(*) FROM protected_value WHERE status = 'geheim' AND num_nonnulls(numerator, value) > 0"
    )
    assert city.scalar(numbers) == 0
    assert found.unprotected == ()
    assert found.primaries > 0
    assert found.secondaries > 0
    assert found.withheld == len(secret(city))


def test_the_second_time_patterns_are_known_and_the_same(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    first = protect(city, traps)
    before = secret(city)
    again = protect(city, traps)
    assert first.reused == 0
    assert again.reused == again.parts > 0
    assert secret(city) == before


def test_a_stored_pattern_that_does_not_hold_is_sought_anew(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    protect(city, traps)
    before = secret(city)
    # everything shown but nothing hidden
    city.execute(text("UPDATE warehouse.solved_part SET hidden = decode(repeat('00', length(hidden)), 'hex')"))
    protect(city, traps)
    assert secret(city) == before


def test_published_again_all_stays_as_it_was(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    publish_edition(city, traps)
    protect(city, traps)
    before = secret(city)
    reading = Reading(city, traps, read_candidates(city, traps))
    assert reading.kept
    joint = solve_widening(reading)
    assert joint.price == 0
    assert publish_edition(city, traps).unchanged
    protect(city, traps)
    assert secret(city) == before


def test_what_stood_beside_a_corrected_count_stays_protected(
    city: Connection,  # noqa: F811
    traps: Catalogue,  # noqa: F811
    take_in: TakeIn,  # noqa: F811
) -> None:
    """The small count is corrected to one that may be shown; what was hidden for it would give the old one away."""
    publish_edition(city, traps)
    protect(city, traps)
    others = [u for u in ("102", "1", "201", "202", "2") if status(city, "TST04", u, "2025") == "geheim"]
    assert others
    take_in("kita", "2025-03-01", [("101", 1, 12), ("102", 1, 30), ("201", 1, 20), ("202", 1, 25)])
    compute(city, traps)
    protect(city, traps)
    unchanged = [u for u in others if u in ("102", "201", "202")]
    assert all(status(city, "TST04", u, "2025") == "geheim" for u in unchanged)


def test_explained(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    publish_edition(city, traps)
    small = explain(city, traps, indicator="TST04", unit="101", period="2025")
    assert small.status == "geheim"
    assert "der Zähler liegt unter der Mindestzahl (5" in small.sentences[0]
    protect(city, traps)
    other = next(u for u in ("102", "1") if status(city, "TST04", u, "2025") == "geheim")
    why = explain(city, traps, indicator="TST04", unit=other, period="2025")
    assert why.rules
    assert set(why.rules) == {"schutz"}
    assert "schützt:" in why.sentences[0]
    assert "2025" in why.sentences[0]
    shown = explain(city, traps, indicator="TST01", unit="S", period="2025")
    assert (shown.status, shown.sentences) == ("gueltig", ())
    with pytest.raises(SozialberichtError, match="keinen Wert TST04"):
        explain(city, traps, indicator="TST04", unit="101", period="1999")
    with pytest.raises(SozialberichtError, match="Schlüssel „999“"):
        explain(city, traps, indicator="TST04", unit="999", period="2025")
    label, found = shares(city)
    assert label
    assert all(0 <= s.for_others <= s.withheld <= s.values for s in found)
    assert any(s.for_others for s in found)


def test_stored_patterns_are_read_as_written(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    protect(city, traps)
    found = read_solved(city)
    assert found
    assert all(s.hidden.any() for s in found.values())


POLICY = Policy()


def test_sums_of_few_and_of_one_that_outweighs() -> None:
    assert sum_rule(Counter({1.0: 4}), POLICY) == "beitragende"
    assert sum_rule(Counter({1.0: 5}), POLICY) == ""
    assert sum_rule(Counter({100.0: 1, 1.0: 4}), POLICY) == "dominanz"  # two make up 97 %
    assert sum_rule(Counter({100.0: 1, 50.0: 1, 3.0: 3}), POLICY.model_copy(update={"dominance_k": 100})) == "dominanz"
    assert sum_rule(Counter({100.0: 1, 50.0: 1, 4.0: 3}), POLICY.model_copy(update={"dominance_k": 100})) == ""


@given(st.dictionaries(st.floats(0.5, 100), st.integers(1, 50), min_size=1, max_size=8), st.floats(0.1, 10))
def test_rules_of_sums_do_not_depend_on_the_unit(parts: dict[float, int], factor: float) -> None:
    scaled = {w * factor: n for w, n in parts.items()}
    assert len(scaled) < len(parts) or sum_rule(Counter(parts), POLICY) == sum_rule(Counter(scaled), POLICY)
