"""A backup holds what counts and nothing that must not leave; what is restored proves itself or is not put in place."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from etl import settings
from etl.warehouse import cluster, databases, passwords, service
from etl.warehouse.backup import program
from tests.faults.city import REFUSED_CELL, SOURCE, City


def plain(file: Path) -> str:
    """The backup as SQL."""
    done = subprocess.run([program("pg_restore"), "--file=-", str(file)], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def other(city: City) -> Iterator[str]:
    """Name of a database that does not exist yet; dropped afterwards."""
    name = f"{city.name}_andere"
    yield name
    databases.drop_database(name)


def test_a_restored_backup_equals_what_was_backed_up_and_proves_itself(city: City, other: str, tmp_path: Path) -> None:
    file = tmp_path / "sicherung.dump"
    assert city.value("SELECT value FROM intake.rejected_row") == REFUSED_CELL
    before = city.state()
    made = city.call("db", "backup", str(file))
    assert made["stand"] == "A"
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sicherung.dump"]

    text = plain(file)
    assert REFUSED_CELL not in text
    assert "SCRAM-SHA-256" not in text
    for password in passwords.read(settings.home()).values():
        assert password not in text
    assert "COPY warehouse.count " in text
    assert "COPY intake.record " not in text

    told = city.call("db", "restore", str(file), "--name", other)
    assert told["aelter"] is None
    assert "Inhalt wie versiegelt" in told["nachweise"][1]
    assert told["eintraege"] == made["eintrag"]
    copy = City(other, city.template, city.folder, city.catalogue)
    after = copy.state()
    assert {k: v for k, v in after.items() if k != "zeilen"} == {k: v for k, v in before.items() if k != "zeilen"}
    assert after["zeilen"] == "0 "
    with psycopg.connect(service.dsn(other, service.READER)) as reader:
        assert reader.execute("SELECT count(*) > 0 FROM sozialbericht.wert").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM warehouse.count")
    refused = pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState)
    with psycopg.connect(service.dsn(other, service.ADMIN)) as connection, refused:
        connection.execute("DELETE FROM audit.entry")


def test_a_restore_does_not_overwrite_unless_told(city: City, tmp_path: Path) -> None:
    file = tmp_path / "sicherung.dump"
    city.call("db", "backup", str(file))
    assert "gibt es schon" in city.call("db", "backup", str(file), code=1)
    before = city.state()
    assert "nicht leer" in city.call("db", "restore", str(file), code=1)
    assert city.state() == before
    city.call("deliver", SOURCE, "bestand_2023.csv", "--date", "2023-12-31", "--synthetic")
    told = city.call("db", "restore", str(file), "--ueberschreiben", "--bestaetige-aelter")
    assert told["bestaetigt"]
    assert city.state()["journal"] == before["journal"]
    with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER)) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (city.name,))
        assert sorted(row[0] for row in left) == sorted([city.name, city.template])
    assert city.call("audit", "verify")["unversehrt"]


@pytest.mark.parametrize("damage", ["cut", "text", "changed"])
def test_a_damaged_backup_changes_nothing(city: City, other: str, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "sicherung.dump"
    if damage == "changed":
        with city.connect() as connection:
            connection.execute("ALTER TABLE audit.entry DISABLE TRIGGER USER")
            connection.execute("UPDATE audit.entry SET object = 'anderes' WHERE id = 2")
            connection.execute("ALTER TABLE audit.entry ENABLE TRIGGER USER")
        words = "Eintrag 2 wurde geändert"
    else:
        words = "beschädigt"
    city.call("db", "backup", str(file))
    if damage == "cut":
        os.truncate(file, file.stat().st_size * 9 // 10)
    elif damage == "text":
        file.write_text("keine Sicherung")
    assert words in city.call("db", "restore", str(file), "--name", other, code=1)
    with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER)) as connection:
        left = connection.execute("SELECT count(*) FROM pg_database WHERE starts_with(datname, %s)", (other,))
        assert left.fetchone() == (0,)


def test_a_backup_that_is_older_than_what_is_known_outside_publishes_nothing_until_that_is_confirmed(
    city: City, tmp_path: Path
) -> None:
    file = tmp_path / "sicherung.dump"
    city.call("db", "backup", str(file))
    city.call("deliver", SOURCE, "bestand_2023.csv", "--date", "2023-12-31", "--synthetic")
    city.call("compute")
    city.call("publish", "--label", "B")

    told = city.call("db", "restore", str(file), "--ueberschreiben")
    assert "Stand „B“" in told["aelter"]
    assert not told["bestaetigt"]
    verdict = city.call("audit", "verify", code=1)
    assert "ältere Sicherung" in verdict["befund"]
    city.call("deliver", SOURCE, "bestand_2023_neu.csv", "--date", "2023-12-31", "--synthetic")
    city.call("compute")
    before = city.state()
    assert "Es wird nichts veröffentlicht" in city.call("publish", "--label", "C", code=1)
    assert city.state() == before

    assert city.call("db", "confirm-older")["bestaetigt"]
    assert not city.call("db", "confirm-older")["bestaetigt"]
    assert city.call("audit", "verify")["unversehrt"]
    assert city.call("publish", "--label", "C")["neu"]
    assert city.call("audit", "verify")["unversehrt"]


def test_a_server_that_was_put_back_without_our_command_is_noticed_too(city: City) -> None:
    city.call("deliver", SOURCE, "bestand_2023.csv", "--date", "2023-12-31", "--synthetic")
    anchor = settings.home() / "anker" / f"{city.name}.jsonl"
    kept = anchor.read_text(encoding="utf-8")
    city.put_back()
    anchor.write_text(kept, encoding="utf-8")
    city.call("compute")
    assert "Es wird nichts veröffentlicht" in city.call("publish", "--label", "B", code=1)
