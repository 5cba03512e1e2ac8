"""The views lieferstand and datenluecke: states come from deliveries, the published release, and the calendar."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, text

from tests import small_city
from tests.editions import unguarded


def arrive(connection: Connection, source: str, day: date, periods: list[str]) -> None:
    """A delivery in the journal, as the intake leaves it."""
    connection.execute(
        text("""
        INSERT INTO intake.delivery (source, form, reference_date, file_name, sha256, file_bytes, mapping_sha256,
                                     report)
        VALUES (:source, 'x', :day, 'x.csv', :source || :day, 1, 'x', jsonb_build_object('periods', CAST(:p AS text[])))
        """),
        {"source": source, "day": day, "p": periods},
    )


def publish(  # noqa: PLR0917
    connection: Connection, code: str, period: str, level: str, values: dict[str, float | None], quality: str = "exakt"
) -> None:
    """Published values of a level: key → value, None is withheld."""
    start = date(int(period[:4]), 1, 1)
    connection.execute(
        text("INSERT INTO warehouse.period VALUES (:p, daterange(:s, :e)) ON CONFLICT DO NOTHING"),
        {"p": period, "s": start, "e": date(start.year + 1, 1, 1)},
    )
    unguarded(connection)
    connection.execute(
        text("""
        INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries)
        SELECT 'test', 'published', '{}', 'x', '[]' WHERE NOT EXISTS (SELECT FROM release.edition)
        """)
    )
    for key, value in values.items():
        connection.execute(
            text("""
            INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, value, status, quality)
            SELECT e.id, u.id, i.id, 'insgesamt', :period, CAST(:value AS float),
                   CASE WHEN CAST(:value AS float) IS NULL THEN 'geheim' ELSE 'gueltig' END, :quality
            FROM release.edition e, geo.unit u JOIN geo.district_version d ON d.id = u.version_id AND d.is_current,
                 catalogue.indicator i
            WHERE u.key = :key AND u.level = :level AND i.code = :code
            """),
            {"period": period, "value": value, "key": key, "level": level, "code": code, "quality": quality},
        )


def arrivals(connection: Connection, source: str) -> dict[str, str]:
    rows = connection.execute(
        text("SELECT zeitraum, zustand FROM sozialbericht.lieferstand WHERE quelle = :s"), {"s": source}
    )
    return {period: state for period, state in rows}


def states(connection: Connection, code: str, level: str = "bezirk") -> dict[str, tuple[str, ...]]:
    """Period → states of the offices, in the order of their names, then the indicator's own."""
    rows = connection.execute(
        text("""
        SELECT zeitraum, array_agg(zustand ORDER BY eigner) || min(zustand_kennzahl) FROM sozialbericht.datenluecke
        WHERE kennzahl = :code AND ebene = :level AND herkunft = 'Katalog' GROUP BY zeitraum
        """),
        {"code": code, "level": level},
    )
    return {period: tuple(found) for period, found in rows}


def test_expected_periods_follow_from_first_year_periodicity_and_due_days(connection: Connection) -> None:
    arrive(connection, "register", date(2024, 12, 31), ["2024"])
    arrive(connection, "arbeitslose", date(2025, 6, 30), ["2025-Q2"])
    register = arrivals(connection, "register")
    assert register["2020"] == "fehlt"
    assert register["2024"] == "geliefert"
    # 31.12.2025 and 90 days: due since 31.03.2026; the next delivery is not due before 2027
    assert register["2025"] == "verspaetet"
    assert register["2026"] == "noch_nicht_faellig"
    quarters = arrivals(connection, "arbeitslose")
    assert min(quarters) == "2023-Q1"
    assert quarters["2025-Q2"] == "geliefert"
    assert quarters["2025-Q3"] == "fehlt"  # due 29.11.2025, the next quarter 01.03.2026
    assert quarters["2025-Q4"] == "verspaetet"  # due 01.03.2026, the next quarter not before 30.05.
    assert quarters["2026-Q1"] == "noch_nicht_faellig"
    school = arrivals(connection, "uebergaenge")
    assert school["2024/25"] == "verspaetet"  # ends 31.07.2025, due 29.10.2025
    assert school["2025/26"] == "noch_nicht_faellig"
    assert arrivals(connection, "zaehlung") == {"2020": "fehlt"}


@pytest.mark.parametrize(("today", "state"), [("2026-03-31", "noch_nicht_faellig"), ("2026-04-01", "verspaetet")])
def test_a_delivery_is_late_from_the_day_after_it_was_due(connection: Connection, today: str, state: str) -> None:
    connection.exec_driver_sql(f"SET LOCAL sozialbericht.heute = '{today}'")
    assert arrivals(connection, "register")["2025"] == state


def test_a_period_is_told_from_the_reference_date_where_the_report_names_none(connection: Connection) -> None:
    for source, day in (
        ("arbeitslose", date(2025, 9, 30)),
        ("uebergaenge", date(2024, 9, 15)),
        ("register", date(2023, 12, 31)),
    ):
        arrive(connection, source, day, [])
    assert arrivals(connection, "arbeitslose")["2025-Q3"] == "geliefert"
    assert arrivals(connection, "uebergaenge")["2024/25"] == "geliefert"
    assert arrivals(connection, "register")["2023"] == "geliefert"


def test_delivered_published_withheld_estimated_and_partly(connection: Connection) -> None:
    for year in (2020, 2021, 2022, 2023, 2024):
        arrive(connection, "register", date(year, 12, 31), [str(year)])
    publish(connection, "BEV01", "2020", "bezirk", {"101": 1, "102": 2, "201": 3, "202": 4})
    publish(connection, "BEV01", "2021", "bezirk", {"101": 1, "102": None, "201": 3, "202": 4})
    publish(connection, "BEV01", "2022", "bezirk", {"101": 1, "102": 2, "201": 3, "202": 4}, "geschaetzt")
    publish(connection, "BEV01", "2023", "bezirk", {"101": 1, "102": 2, "201": 3})
    found = states(connection, "BEV01")
    assert found["2020"] == ("geliefert", "geliefert")
    assert found["2021"] == ("anteil_geheim", "anteil_geheim")
    assert found["2022"] == ("geschaetzt", "geschaetzt")
    assert found["2023"] == ("teilweise", "teilweise")
    assert found["2024"] == ("geliefert", "geliefert")
    assert found["2025"] == ("verspaetet", "verspaetet")
    assert "2026" not in found  # not due yet is no gap
    published = connection.execute(
        text(
            "SELECT veroeffentlicht, geheim_anteil FROM sozialbericht.datenluecke WHERE kennzahl = 'BEV01' "
            "AND ebene = 'bezirk' AND zeitraum IN ('2021', '2024') ORDER BY zeitraum"
        )
    ).all()
    assert [tuple(row) for row in published] == [(True, "bis 25 %"), (False, None)]


@pytest.mark.parametrize(
    ("withheld", "words"), [(0, "keine"), (1, "bis 25 %"), (2, "bis 50 %"), (3, "über 50 %"), (4, "alle")]
)
def test_the_withheld_share_is_given_in_classes(connection: Connection, withheld: int, words: str) -> None:
    arrive(connection, "register", date(2020, 12, 31), ["2020"])
    keys = ["101", "102", "201", "202"]
    publish(connection, "BEV01", "2020", "bezirk", {k: None if n < withheld else 1.0 for n, k in enumerate(keys)})
    shown = connection.scalar(
        text(
            "SELECT geheim_anteil FROM sozialbericht.datenluecke WHERE kennzahl = 'BEV01' AND ebene = 'bezirk' "
            "AND zeitraum = '2020'"
        )
    )
    assert shown == words


def test_a_lag_is_needed_and_years_before_the_source_are_not_expected(connection: Connection) -> None:
    for year in (2020, 2021, 2023, 2024):
        arrive(connection, "register", date(year, 12, 31), [str(year)])
    found = states(connection, "BEV02")
    assert min(found) == "2022"  # two years after the register begins
    assert found["2022"][0] == "fehlt"
    assert found["2023"][0] == "geliefert"
    assert found["2024"][0] == "fehlt"  # needs 2022


def test_the_office_that_delivered_is_not_to_blame_for_the_other(connection: Connection) -> None:
    arrive(connection, "register", date(2025, 12, 31), ["2025"])
    late = states(connection, "ARB01", "stadtteil")["2025"]
    assert late == ("verspaetet", "geliefert", "verspaetet")  # agency, register, indicator
    missing = connection.execute(
        text(
            "SELECT eigner, fehlende_lieferungen FROM sozialbericht.datenluecke WHERE kennzahl = 'ARB01' "
            "AND zeitraum = '2025' AND ebene = 'stadtteil' AND zustand <> 'geliefert'"
        )
    ).all()
    assert [tuple(row) for row in missing] == [("Agentur", "Arbeitslose: 2025-Q1, 2025-Q2, 2025-Q3, 2025-Q4")]


def test_a_missing_quarter_makes_the_year_partly_delivered(connection: Connection) -> None:
    arrive(connection, "register", date(2025, 12, 31), ["2025"])
    for month, quarter in ((3, 1), (6, 2), (12, 4)):
        arrive(connection, "arbeitslose", date(2025, month, 30), [f"2025-Q{quarter}"])
    publish(connection, "ARB01", "2025", "stadtteil", {"1": 5, "2": 6})
    assert states(connection, "ARB01", "stadtteil")["2025"] == ("teilweise", "teilweise", "teilweise")


def test_levels_below_the_source_are_named_as_not_available(connection: Connection) -> None:
    arrive(connection, "register", date(2025, 12, 31), ["2025"])
    arrive(connection, "arbeitslose", date(2025, 12, 31), ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"])
    assert set(states(connection, "ARB01")["2025"]) == {"kleinraeumig_nicht_verfuegbar"}
    assert states(connection, "ARB01", "stadtteil")["2025"][-1] == "geliefert"


def test_pooled_school_years_need_three_deliveries(connection: Connection) -> None:
    for year in (2020, 2021, 2022, 2023):
        arrive(connection, "uebergaenge", date(year, 9, 15), [f"{year}/{year - 1999}"])
    found = states(connection, "BIL01")
    assert found["2020/21-2022/23"] == ("geliefert", "geliefert")
    assert found["2021/22-2023/24"][0] == "geliefert"
    assert found["2022/23-2024/25"][0] == "verspaetet"
    assert min(found) == "2020/21-2022/23"


def test_a_source_that_comes_once_gives_one_period(connection: Connection) -> None:
    arrive(connection, "register", date(2020, 12, 31), ["2020"])
    assert states(connection, "WOH01") == {"2020": ("fehlt", "geliefert", "fehlt")}


def test_a_gap_names_the_office_to_ask_and_what_would_close_it(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT DISTINCT eigner, zustand, grund, schliesst FROM sozialbericht.datenluecke WHERE kennzahl = 'SOZ01'"
        )
    ).all()
    assert [tuple(row) for row in rows] == [
        ("Landesamt", "fehlt", "Nur je Kreis verfügbar.", "Auswertung nach Anschriften")
    ]


def test_blocked_indices_go_through_indices_of_indices(connection: Connection) -> None:
    rows = connection.execute(
        text("SELECT DISTINCT kennzahl, blockiert FROM sozialbericht.datenluecke WHERE herkunft = 'Katalog'")
    )
    blocked = {code: words for code, words in rows}
    assert blocked["ARB01"] == "Status (IDX01); Gesamt (IDX03)"
    assert blocked["BEV01"] == "Dynamik (IDX02); Gesamt (IDX03)"
    assert blocked["SOZ01"] is None


def test_what_other_reports_show_and_ours_does_not_is_a_gap(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT herkunft, titel, kennzahl, zustand, eigner, grund FROM sozialbericht.datenluecke "
            "WHERE herkunft <> 'Katalog' ORDER BY herkunft"
        )
    ).all()
    assert [tuple(row) for row in rows] == [
        ("Sozialatlas Nachbarstadt", "Schuldnerberatung", None, "fehlt", "Landesamt", "Keine Quelle."),
        ("Wohnumfeld", "Arbeit im Wohnumfeld", "ARB01", "teilweise", "Agentur", "Nur je Stadtteil. (Frage angenommen)"),
    ]
    assert connection.scalar(text("SELECT count(*) FROM sozialbericht.vergleichsbericht")) == 3
    also = connection.scalar(text("SELECT DISTINCT auch_in FROM sozialbericht.datenluecke WHERE kennzahl = 'BEV01'"))
    assert also == "Sozialatlas Nachbarstadt"


def test_every_row_has_one_key_and_no_office_twice(connection: Connection) -> None:
    arrive(connection, "register", date(2024, 12, 31), ["2024"])
    rows, keys, cells = connection.execute(
        text(
            "SELECT count(*), count(DISTINCT datenluecke_id), "
            "count(DISTINCT (herkunft, titel, zeitraum, ebene, eigner)) FROM sozialbericht.datenluecke"
        )
    ).one()
    assert rows == keys == cells > 50


def test_nothing_withheld_can_be_read_from_it(connection: Connection) -> None:
    """Counts below the surface may differ as they like: the view stays the same."""
    arrive(connection, "register", date(2020, 12, 31), ["2020"])
    publish(connection, "BEV01", "2020", "bezirk", {"101": 1, "102": None, "201": 3, "202": 4})
    query = text("SELECT * FROM sozialbericht.datenluecke ORDER BY datenluecke_id")
    before = connection.execute(query).all()
    delivery = small_city.deliver(connection, "register", 2019)
    connection.execute(text("UPDATE intake.delivery SET status = 'superseded' WHERE id = :id"), {"id": delivery})
    small_city.count(connection, delivery, "ew", {"102": 3.0})
    connection.execute(text("UPDATE intake.delivery SET rows_rejected = 7, rows_unlocated = 3, rows_read = 99"))
    assert connection.execute(query).all() == before
