"""What the catalogue declares is computed in the sample city, all but the gaps; the laws between indicators hold."""

from __future__ import annotations

from collections import defaultdict

import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from tests.conftest import Published

SEEN = ("gueltig", "unsicher", "geheim")
"""A value was made: it is shown, or it is withheld."""

Values = dict[str, dict[tuple[int, str], float]]


@pytest.fixture(scope="module")
def values(published: Published) -> Values:
    """Indicator → unit and period → value before rounding and protection, where it is known."""
    found: Values = defaultdict(dict)
    with published.engine.connect() as connection:
        for code, unit, period, value in connection.execute(
            text("""
            SELECT i.code, v.unit_id, v.period, v.value
            FROM warehouse.indicator_value v
            JOIN catalogue.indicator i ON i.id = v.indicator_id
            JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
            WHERE v.group_code = 'insgesamt' AND v.status IN ('gueltig', 'unsicher')
            """)
        ):
            found[code][unit, period] = value
    return found


def test_all_but_the_gaps_are_computed(published: Published, catalogue: Catalogue) -> None:
    with published.engine.connect() as connection:
        levels = connection.execute(
            text("""
            SELECT DISTINCT i.code, u.level FROM warehouse.indicator_value v
            JOIN catalogue.indicator i ON i.id = v.indicator_id JOIN geo.unit u ON u.id = v.unit_id
            WHERE v.status = ANY (:seen)
            """),
            {"seen": list(SEEN)},
        )
        reached = {(code, level) for code, level in levels}
    assert {(i.code, i.lowest_level) for i in catalogue.indicators if not i.gap} <= reached
    assert {(i.code, "stadt") for i in catalogue.indicators if not i.gap} <= reached
    assert not {code for code, _ in reached} & {i.code for i in catalogue.indicators if i.gap}


def test_quotients_add_up_before_rounding(values: Values) -> None:
    assert len(values["BEV09"]) > 100
    for at, whole in values["BEV09"].items():
        assert values["BEV07"][at] + values["BEV08"][at] == pytest.approx(whole, rel=1e-12)


def test_parts_stay_within_wholes(values: Values) -> None:
    for part, whole in (
        ("ARB06", "ARB05"),
        ("ARB07", "ARB05"),
        ("ARB10", "ARB05"),
        ("JUH02", "JUH01"),
        ("JUH03", "JUH01"),
    ):
        both = values[part].keys() & values[whole].keys()
        assert both
        for at in both:
            assert values[part][at] <= values[whole][at] + 1e-9, (part, whole, at)


def test_shares_are_shares(values: Values, catalogue: Catalogue) -> None:
    """Between 0 and 100 where numerator and denominator come from the same source."""
    checked = 0
    for indicator in catalogue.indicators:
        if indicator.kind != "anteil" or indicator.gap or len(catalogue.sources_of(indicator)) > 1:
            continue
        for at, value in values[indicator.code].items():
            assert 0 <= value <= 100 + 1e-9, (indicator.code, at)
            checked += 1
    assert checked > 1000


def counts(published: Published, *measures: str) -> dict[tuple[int, str], list[float]]:
    """Unit and period → known counts of the measures, in order; only where all are known."""
    with published.engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT c.unit_id, c.period, array_agg(c.value ORDER BY array_position(:measures, m.code)) AS given
            FROM warehouse.unit_count c JOIN catalogue.measure m ON m.id = c.measure_id
            WHERE m.code = ANY (:measures) AND c.group_code = 'insgesamt' AND c.value IS NOT NULL
            GROUP BY c.unit_id, c.period HAVING count(*) = cardinality(:measures)
            """),
            {"measures": list(measures)},
        )
        return {(unit, period): given for unit, period, given in rows}


def test_kinds_of_school_are_all_transitions(published: Published) -> None:
    kinds = ("uebergaenge_gymnasium", "uebergaenge_gemeinschaftsschule", "uebergaenge_foerderzentrum")
    found = counts(published, *kinds, "uebergaenge")
    assert len(found) > 100
    assert all(sum(given[:3]) == given[3] for given in found.values())


def test_moves_within_the_city_cancel_out(published: Published) -> None:
    found = counts(published, "umzuege_zu", "umzuege_fort")
    with published.engine.connect() as connection:
        cities = set(connection.scalars(text("SELECT id FROM geo.unit WHERE level = 'stadt'")))
    city = [given for (unit, _), given in found.items() if unit in cities]
    assert city
    assert all(arrived == left > 0 for arrived, left in city)
