"""Comparison areas: they stand as the catalogue lists them, apart from the city's own units and figures."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.catalogue.city import ComparisonArea
from etl.catalogue.measures import parse_expression
from etl.warehouse.comparison import VERSION, sync_comparison_areas
from tests import small_city
from tests.editions import unguarded

AREAS = text("""
SELECT u.key, u.name FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id
WHERE d.label = :label AND u.level = 'vergleichsraum' ORDER BY u.key
""")


def areas(connection: Connection) -> dict[str, str]:
    return {key: name for key, name in connection.execute(AREAS, {"label": VERSION})}


def publish(connection: Connection, key: str, value: float) -> None:
    """A published value of BEV04 in 2025 for a unit, as a release would write it."""
    unguarded(connection)
    connection.execute(
        text("""
        WITH e AS (
            INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries)
            SELECT 'test', 'published', '{}', 'x', '[]'
            WHERE NOT EXISTS (SELECT FROM release.edition) RETURNING id
        )
        INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, reference_date, numerator,
                                   denominator, value, status, quality)
        SELECT coalesce((SELECT id FROM e), (SELECT id FROM release.edition)), u.id, i.id, 'insgesamt', '2025', :day,
               :value, 100, :value, 'gueltig', 'exakt'
        FROM geo.unit u, catalogue.indicator i WHERE u.key = :key AND i.code = 'BEV04'
        """),
        {"key": key, "value": value, "day": date(2025, 12, 31)},
    )


def test_the_areas_of_the_catalogue_are_units_of_a_version_that_is_never_current(
    db: Engine, catalogue: Catalogue
) -> None:
    with db.connect() as connection:
        assert areas(connection) == {a.key: a.name for a in catalogue.city.comparison_areas}
        assert len(areas(connection)) >= 5
        current = connection.scalar(
            text("SELECT is_current FROM geo.district_version WHERE label = :l"), {"l": VERSION}
        )
        outlined = connection.scalar(
            text("SELECT count(*) FROM sozialbericht.gebiet WHERE gebietsstand = :l"), {"l": VERSION}
        )
    assert current is False
    assert outlined == 0


def test_a_new_name_is_taken_over_and_a_missing_area_stays(db: Engine, catalogue: Catalogue) -> None:
    renamed = ComparisonArea(key="01060", name="Kreis Segeberg (neu)", kind="kreis")
    with db.begin() as connection:
        before = connection.execute(text("SELECT id FROM geo.unit WHERE key = '01060'")).scalar_one()
        sync_comparison_areas(connection, catalogue.city.model_copy(update={"comparison_areas": (renamed,)}))
        found = areas(connection)
        after = connection.execute(text("SELECT id FROM geo.unit WHERE key = '01060'")).scalar_one()
    assert found["01060"] == "Kreis Segeberg (neu)"
    assert len(found) == len(catalogue.city.comparison_areas)
    assert after == before


def test_official_figures_stand_apart_from_register_figures(db: Engine) -> None:
    with db.begin() as connection:
        small_city.build(connection)
        small_city.deliver(connection, "einwohner_bestand", 2025)
        publish(connection, "01060", 17.5)
        publish(connection, "1", 16.25)
        compared = connection.execute(
            text("SELECT gebiet, art, wert, datenart, stichtag, von, bis, quelle FROM sozialbericht.vergleichsraum")
        ).all()
        own = connection.execute(text("SELECT ebene, gebiet, wert FROM sozialbericht.wert")).all()
    dates = (date(2025, 12, 31), date(2025, 1, 1), date(2026, 1, 1))
    assert [tuple(row)[:-1] for row in compared] == [("01060", "kreis", 17.5, "amtliche Statistik", *dates)]
    assert "Fortschreibung des Bevölkerungsstandes" in compared[0].quelle
    assert [tuple(row) for row in own] == [("stadtteil", "1", 16.25)]


@pytest.mark.parametrize("key", ["0106", "1060063X", "", "010600631"])
def test_a_key_that_is_no_official_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        ComparisonArea(key=key, name="Falsch", kind="kreis")


def test_a_city_without_comparison_areas_gets_no_version(db: Engine, catalogue: Catalogue) -> None:
    city = catalogue.city.model_copy(update={"comparison_areas": ()})
    with db.begin() as connection:
        connection.execute(text("DELETE FROM geo.district_version WHERE label = :l"), {"l": VERSION})
        sync_comparison_areas(connection, city)
        assert areas(connection) == {}


def test_comparisons_use_official_figures_only(catalogue: Catalogue) -> None:
    """Register figures and official ones are never in one rate."""
    compared = [i for i in catalogue.indicators if i.comparison is not None]
    assert len(compared) >= 10
    for indicator in compared:
        assert indicator.comparison is not None
        for expression in filter(None, (indicator.comparison.numerator, indicator.comparison.denominator)):
            for term in parse_expression(expression):
                source = catalogue.measure[term.measure].source
                assert source is not None
                assert catalogue.source[source].smallest_level == "vergleichsraum"
        assert indicator.comparison.note
