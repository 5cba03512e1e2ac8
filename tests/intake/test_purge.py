"""What is deleted is gone: from every restricted table, its statistics, the audit log and the database's files."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.catalogue.city import CityRetention
from etl.errors import InputError, SozialberichtError
from etl.intake import findings, partitions, purge
from etl.intake.deliver import deliver
from etl.intake.journal import refusals_noted, without_values
from etl.intake.recount import recount
from etl.intake.report import html
from etl.warehouse import cluster, service
from tests.intake.support import counts, register, row

SOURCE, AT = "einwohner_bestand", date(2024, 12, 31)
MARKER = "Geheimwort77"
GOOD = [row(block) for block in range(1, 21)]
HELD = (
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('intake', 'warehouse', 'release', 'audit', 'catalogue', 'geo')"
)


def _places(database: str) -> list[str]:
    """Tables, statistics among them, that hold the marker."""
    found = []
    with psycopg.connect(service.dsn(database, cluster.SUPERUSER), autocommit=True) as connection:
        tables = [(str(s), str(n)) for s, n in connection.execute(HELD)]
        assert len(tables) > 40
        for schema, name in [*tables, ("pg_catalog", "pg_statistic")]:
            query = psycopg.sql.SQL("SELECT EXISTS (SELECT FROM {} AS t WHERE t::text LIKE {})").format(
                psycopg.sql.Identifier(schema, name), psycopg.sql.Literal(f"%{MARKER}%")
            )
            if connection.execute(query).fetchone() == (True,):
                found.append(f"{schema}.{name}")
    return found


def _in_files(database: str) -> bool:
    """Whether a file of the database on disk holds the marker; its account and root may look."""
    info = cluster.known()
    assert info is not None
    with psycopg.connect(service.dsn(database, cluster.SUPERUSER), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert oid is not None
    folder = info.data / "base" / str(oid[0])
    return subprocess.run(["grep", "-rqa", MARKER, str(folder)], check=False).returncode == 0


def test_after_a_purge_nothing_of_the_rows_is_left(
    city: Engine, database: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    lines = [*GOOD, row(1, age=MARKER), row(2, sex=MARKER), row(3, n=f"9{MARKER}"), row(4, age="114", nation="123")]
    path = register(tmp_path / "a.csv", lines)
    with city.begin() as connection:
        outcome = deliver(connection, catalogue, SOURCE, path, reference_date=AT)
    with refusals_noted(city, SOURCE, date(2023, 12, 31), path), pytest.raises(InputError), city.begin() as connection:
        deliver(connection, catalogue, SOURCE, path, reference_date=date(2023, 12, 31))
    with city.begin() as connection:
        connection.execute(text("ANALYZE"))
    assert set(_places(database)) == {"intake.rejected_row", f"intake.rejected_row_{outcome.delivery}"}
    with city.begin() as connection:
        before = counts(connection, "ew")
        (held,) = purge.held(connection, catalogue)
        assert (held.delivery, held.accepted, held.rejected) == (outcome.delivery, 21, 3)
        purge.purge(connection, [held])
    purge.tidy(city)
    assert _places(database) == []
    if os.geteuid() == 0:
        assert not _in_files(database)
    with city.begin() as connection:
        assert counts(connection, "ew") == before
        assert connection.scalar(text("SELECT count(*) FROM intake.record")) == 0
        assert connection.scalar(text("SELECT count(*) FROM intake.dimension_cell")) == 0
        assert not partitions.exists(connection, "record", outcome.delivery)
        journal = connection.execute(
            text("SELECT rows_accepted, rows_rejected, purged_at IS NOT NULL, purged_by FROM intake.delivery")
        ).one()
        assert tuple(journal)[:3] == (21, 3, True)
        logged = connection.execute(
            text("SELECT detail FROM audit.entry WHERE action = 'lieferung_geloescht'")
        ).scalar_one()
        assert (logged["lieferung"], logged["zeilen"], logged["abgewiesen"]) == (outcome.delivery, 21, 3)
        # what comes after: nothing to count anew, a report without them, and the file can come again
        (again,) = recount(connection, catalogue, SOURCE)
        assert again.gone
        assert counts(connection, "ew") == before
        report = findings.gather(connection, catalogue, outcome.delivery)
        assert sorted((str(fault.column), fault.number, fault.examples) for fault in report.faults) == [
            ("alter", 1, []), ("anzahl", 1, []), ("geschlecht", 1, [])
        ]  # fmt: skip
        assert report.districts == []
        assert MARKER not in html(report, "Bericht")
        assert deliver(connection, catalogue, SOURCE, path, reference_date=AT).state == "unchanged"
        assert deliver(connection, catalogue, SOURCE, path, reference_date=AT, again=True).state == "recounted"
        assert connection.scalar(text("SELECT purged_at FROM intake.delivery")) is None
        assert partitions.holds(connection, "record", outcome.delivery)


def _back(connection: Connection, days: int) -> None:
    connection.execute(
        text("UPDATE intake.delivery SET received_at = received_at - make_interval(days => :days)"), {"days": days}
    )


def test_retention_is_the_sources_or_the_citys_and_short_for_persons(catalogue: Catalogue) -> None:
    city = catalogue.city.model_copy(update={"retention": CityRetention(days=100, person_level_days=7, basis="b")})
    changed = dataclasses.replace(catalogue, city=city)
    assert purge.kept_days(changed, SOURCE, "gezaehlt") == 100
    assert purge.kept_days(changed, SOURCE, "personen") == 7
    assert purge.kept_days(changed, "gibt_es_nicht_mehr", "x") == 100
    assert catalogue.city.retention.person_level_days < catalogue.city.retention.days
    assert "LStatG" in catalogue.city.retention.basis


def test_what_is_due_is_deleted_and_nothing_else(city: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    with city.begin() as connection:
        old = deliver(connection, catalogue, SOURCE, register(tmp_path / "a.csv", GOOD), reference_date=AT)
        _back(connection, catalogue.city.retention.days)
        other = [r.replace("2024", "2023") for r in GOOD[:5]]
        new = deliver(
            connection, catalogue, "einwohner_bestand", register(tmp_path / "b.csv", other),
            reference_date=date(2023, 12, 31),
        )  # fmt: skip
        # the next file of the source has emptied what was due
        assert not partitions.holds(connection, "record", old.delivery)
        assert partitions.holds(connection, "record", new.delivery)
        every = purge.held(connection, catalogue)
        assert [h.delivery for h in every] == [new.delivery]
        assert every[0].due == date.today() + timedelta(days=catalogue.city.retention.days)
        assert purge.chosen(every, [], None, due=True) == []
        _back(connection, catalogue.city.retention.days)
        due = purge.chosen(purge.held(connection, catalogue), [], None, due=True)
        assert [h.delivery for h in due] == [new.delivery]
        with pytest.raises(SozialberichtError, match=rf"der Lieferung {old.delivery} sind keine Zeilen"):
            purge.chosen(every, [old.delivery], None, due=False)


def test_partitions_are_unlogged_and_no_backup_holds_them(
    city: Engine, database: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    with city.begin() as connection:
        deliver(connection, catalogue, SOURCE, register(tmp_path / "a.csv", [*GOOD, row(age="x")]), reference_date=AT)
        kinds = connection.execute(
            text(
                "SELECT p.relname, c.relpersistence::text, c.relispartition FROM pg_inherits i "
                "JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent "
                "WHERE c.relkind = 'r' ORDER BY 1"
            )
        ).all()
    assert [tuple(k) for k in kinds] == [("record", "u", True), ("rejected_row", "u", True)]


def test_two_sources_are_taken_in_at_once(city: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """Until its last step a delivery makes nobody of another source wait."""
    with city.connect() as first, city.begin() as second:
        begun = first.begin()
        deliver(first, catalogue, SOURCE, register(tmp_path / "a.csv", GOOD), reference_date=AT)
        locks = first.execute(
            text(
                "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() "
                "AND relation IN ('intake.record'::regclass, 'intake.rejected_row'::regclass)"
            )
        ).scalars().all()  # fmt: skip
        assert "AccessExclusiveLock" not in locks
        second.execute(text("SET LOCAL lock_timeout = '5s'"))
        assert second.scalar(text("SELECT count(*) FROM intake.record")) == 0
        begun.rollback()


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("„Geheim“ ist mehrdeutig: mit Tausenderzeichen hieße es 7", "ist mehrdeutig"),
        ("ist mehrdeutig: Tausender (1234) oder Dezimalzahl (1,234); vereinbart ist „,“", "ist mehrdeutig"),
        ("unbekannter Schlüssel für Alter; bekannt sind a, b", "unbekannter Schlüssel für Alter"),
        ("ist nicht der Stichtag der Lieferung (31.12.2024)", "ist nicht der Stichtag der Lieferung"),
        ("die Nummer steht zweimal da, zuerst in Zeile 17", "die Nummer steht zweimal da"),
        ("Alter fehlt", "Alter fehlt"),
    ],
)
def test_kinds_of_faults_quote_nothing(reason: str, kind: str) -> None:
    assert without_values(reason) == kind
