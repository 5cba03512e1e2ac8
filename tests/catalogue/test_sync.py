"""What the catalogue says reaches the tables and the views that readers see; gaps get a row and no column."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.warehouse import catalogue_sync
from etl.warehouse.rebuild import rebuild
from tests import small_city
from tests.editions import unguarded


def indicator(connection: Connection, code: str) -> dict[str, object]:
    row = connection.execute(text("SELECT * FROM sozialbericht.kennzahl WHERE kennzahl = :code"), {"code": code})
    return dict(row.mappings().one())


def test_indicators_show_their_facts(db: Engine) -> None:
    with db.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sozialbericht.kennzahl")) == 96
        poverty = indicator(connection, "SOZ08")
        assert poverty["eigner"] == "Stadt Norderstedt, Sozialamt"
        assert poverty["indexteil"] == "S5 wahlweise"
        assert (poverty["luecke"], poverty["luecke_grund"]) == (False, None)
        pooled = indicator(connection, "BIL07")
        assert (pooled["zeitraeume"], pooled["periodizitaet"], pooled["offenlegungsrisiko"]) == (3, "schuljahr", "hoch")
        assert str(pooled["brueche"]).split("\n")[0].startswith("01.08.2020: Pandemie")
        assert indicator(connection, "JUH11")["raumbezug"] == "standort"
        # a break of the denominator's or numerator's source is told, but not twice
        assert str(indicator(connection, "JUH09")["brueche"]).count("01.07.2017") == 1
        assert indicator(connection, "BIL01")["bezug"] == "01.03. (Einwohner am 31.12. davor)"


def test_a_gap_is_listed_and_has_no_column(db: Engine, catalogue: Catalogue) -> None:
    with db.connect() as connection:
        gap = indicator(connection, "SOZ15")
        assert gap["luecke"] is True
        assert gap["luecke_ansprechstelle"] == "Landesamt für soziale Dienste Schleswig-Holstein"
        assert gap["eigner"] == gap["luecke_ansprechstelle"]
        assert "Schwerbehindertenstatistik" in str(gap["quelle"])
        columns = set(
            connection.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_schema = 'sozialbericht'")
            )
        )
        assert "soz15" not in columns
        assert {i.code.lower() for i in catalogue.indicators if i.gap is None} <= columns


def test_sources_show_their_facts(db: Engine) -> None:
    with db.connect() as connection:
        found = (
            connection.execute(text("SELECT * FROM sozialbericht.quelle WHERE quelle = 'wohngeld'")).mappings().one()
        )
        assert (found["bezug"], found["raumbezug"], found["erstes_jahr"]) == ("bestand", "wohnort", 2015)
        assert found["brueche"].startswith("01.01.2023: Wohngeld-Plus")
        assert found["aufbau_angenommen"] is True
        estimated = set(connection.scalars(text("SELECT quelle FROM sozialbericht.quelle WHERE geschaetzt")))
        assert estimated == {"zensus2022_gitter"}


def test_indices_are_kept(db: Engine) -> None:
    with db.connect() as connection:
        needs = connection.scalar(text("SELECT needs FROM catalogue.social_index WHERE code = 'IDX01'"))
        assert needs == ["ARB05", "SOZ01", "SOZ03", "BEV24"]


def test_a_second_run_writes_nothing(db: Engine, catalogue: Catalogue) -> None:
    rows = text(
        "SELECT xmin::text, code FROM catalogue.indicator UNION ALL SELECT xmin::text, code FROM catalogue.source"
    )
    with db.connect() as connection:
        before = set(connection.execute(rows).all())
        catalogue_sync.sync(connection, catalogue)
        assert set(connection.execute(rows).all()) == before


def test_views_of_all_themes_are_built_in_seconds(db: Engine, catalogue: Catalogue) -> None:
    with db.connect() as connection:
        connection.execute(text("DELETE FROM catalogue.replaceable"))
        began = time.perf_counter()
        assert rebuild(connection, catalogue)
        assert time.perf_counter() - began < 10
        for theme in catalogue.themes:
            for view in (f"{theme.code}_aktuell", f"{theme.code}_zeitreihe"):
                assert connection.scalar(text(f"SELECT count(*) FROM sozialbericht.{view}")) == 0


def test_a_year_is_one_row_of_the_series(db: Engine) -> None:
    """School years and pooled periods of a theme stand with the year, so that nothing lies over it on a map."""
    periods = {
        "BIL01": ("2024", "2024-01-01", "2025-01-01"),
        "BIL13": ("2024/25", "2024-08-01", "2025-08-01"),
        "BIL10": ("2022/23-2024/25", "2022-08-01", "2025-08-01"),
    }
    with db.connect() as connection:
        run = connection.execute
        small_city.build(connection)
        unguarded(connection)
        edition = run(
            text(
                "INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries) "
                "VALUES ('probe', 'published', '{}', '', '[]') RETURNING id"
            )
        ).scalar_one()
        for number, (code, (period, start, end)) in enumerate(periods.items()):
            run(
                text("INSERT INTO warehouse.period VALUES (:code, daterange(:start, :end)) ON CONFLICT DO NOTHING"),
                {"code": period, "start": start, "end": end},
            )
            run(
                text("""
                INSERT INTO release.value
                    (edition_id, indicator_id, unit_id, group_code, period, value, status, quality)
                SELECT :edition, i.id, u.id, 'insgesamt', :period, :value, 'gueltig', 'exakt'
                FROM catalogue.indicator i, geo.unit u WHERE i.code = :code AND u.key = '1'
                """),
                {"edition": edition, "code": code, "period": period, "value": number},
            )
        found = run(text("SELECT * FROM sozialbericht.erziehung_bildung_zeitreihe")).mappings().all()
        assert len(found) == 1
        row = found[0]
        assert (row["zeitraum"], str(row["von"]), str(row["bis"])) == ("2024", "2024-01-01", "2025-01-01")
        for number, (code, (period, _, _)) in enumerate(periods.items()):
            assert (row[code.lower()], row[f"{code.lower()}_zeitraum"]) == (number, period)
        assert row["bil02_status"] == "fehlt"
