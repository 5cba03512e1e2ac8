"""The year after: new deliveries on the living database, a corrected one, a migration, the city's own views."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.errors import SetupError
from etl.main_job.job import Job
from etl.main_job.run import Runner
from etl.main_job.sample_city import job_of
from etl.sample.manifest import load_manifest
from etl.warehouse import engine, migrate, service

LAST = 2025
REGISTER = {f"BEV{number:02d}" for number in range(1, 14)}
"""Indicators of the register alone."""


def values(connection: Connection, edition: str, before_year: int = 9999) -> list[tuple[object, ...]]:
    """What readers see of an edition, in order."""
    rows = connection.execute(
        text("SELECT gebietsstand, ebene, gebiet, zeitraum, stichtag, kennzahl, zaehler, nenner, wert, status, klasse "
             "FROM sozialbericht.wert WHERE stand = :edition AND zeitraum < :year "
             "AND gruppe = 'insgesamt' ORDER BY 1, 2, 3, 4, 6"),
        {"edition": edition, "year": str(before_year)},
    )  # fmt: skip
    return [tuple(row) for row in rows]


def of_register(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Values of the register's indicators before 2024."""
    return [v for v in rows if str(v[3]) < "2024" and v[5] in REGISTER]


def jobs(folder: Path) -> tuple[Job, Job]:
    """The job up to 2024 with its first, incomplete file, and the job of the year after with the correction."""
    # the attack on releases has tests of its own
    whole = job_of(load_manifest(folder)).model_copy(update={"audit": "nein"})
    early = [d for d in whole.deliveries if d.date < date(LAST, 12, 31) and "2024" not in d.file]
    wrong = [d for d in whole.deliveries if d.file == "einwohner_bestand_gezaehlt_2024_synthetisch.csv"]
    late = [d for d in whole.deliveries if d not in early and d not in wrong]
    assert len(wrong) == 1
    assert len(late) >= 2
    return (
        whole.model_copy(update={"deliveries": tuple(early + wrong), "agency": None}),
        whole.model_copy(update={"deliveries": tuple(late)}),
    )


def next_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program one migration newer: it adds a column to a durable table."""
    folder.mkdir()
    (folder / "naechste.py").write_text(
        f'''"""Next year's migration."""
import sqlalchemy as sa
from alembic import op

revision = "naechste"
down_revision = "{migrate.head_revision()}"


def upgrade():
    op.add_column("facility", sa.Column("remark", sa.Text()), schema="geo")
''',
        encoding="utf-8",
    )
    monkeypatch.setattr(migrate, "VERSIONS", [*migrate.VERSIONS, folder])


def test_the_year_after(
    database: str, catalogue: Catalogue, sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = engine.open_engine(service.url(database, service.ADMIN))
    administrator = engine.open_engine(service.url(database, "postgres"))
    first_job, second_job = jobs(sample_folder)
    first = Runner(opened, catalogue, first_job, sample_folder).run().edition
    assert first is not None
    with opened.connect() as connection:
        old = values(connection, first.label)
        assert old

    # the city builds on our views
    with psycopg.connect(service.dsn(database, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA stadt AUTHORIZATION leser")
        connection.execute("SET ROLE leser")
        connection.execute("CREATE VIEW stadt.junge AS SELECT name, bev04 FROM sozialbericht.bevoelkerung_aktuell")
        connection.execute("CREATE VIEW stadt.alle AS SELECT count(*) AS n FROM stadt.junge")

    # a new program with a migration: refused by name, then with the city's views kept
    next_program(tmp_path / "versions", monkeypatch)
    with pytest.raises(SetupError, match=r"stadt\.junge, stadt\.alle"), opened.begin() as connection:
        migrate.prepare(connection, catalogue)
    with administrator.begin() as connection:
        migrate.prepare(connection, catalogue, keep_dependents=True)
    with opened.connect() as connection:
        assert migrate.current_revision(connection) == "naechste"
        assert values(connection, first.label) == old

    # new deliveries, a corrected one among them
    second = Runner(opened, catalogue, second_job, sample_folder).run().edition
    assert second is not None
    assert not second.unchanged
    truth = load_manifest(sample_folder).truth
    with opened.connect() as connection:
        assert values(connection, first.label) == old
        # other sources bring series of many years with the second job; the register's years before 2024 stay
        # (so sparse a city withholds more the second time; what both show is the same)
        again = of_register(values(connection, second.label, 2024))
        pairs = [
            (new, was) for new, was in zip(again, of_register(old), strict=True) if "geheim" not in {new[9], was[9]}
        ]
        assert [new for new, _ in pairs] == [was for _, was in pairs]
        assert len(pairs) > 100
        counted = {
            row.period: row.value
            for row in connection.execute(
                text("SELECT c.period, c.value FROM warehouse.unit_count c "
                     "JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = 'ew' "
                     "JOIN geo.unit u ON u.id = c.unit_id AND u.level = 'stadt' WHERE c.group_code = 'insgesamt'")
            )
        }  # fmt: skip
        assert counted["2024"] == truth[2024].persons.total
        assert counted["2025"] == truth[2025].persons.total
        population = {v[3]: v[8] for v in values(connection, second.label) if v[1] == "stadt" and v[5] == "BEV01"}
        # so sparse a city may withhold even its total once a file has been corrected
        assert all(population[year] in {counted[year], None} for year in ("2024", "2025"))
        earlier = {v[3]: v[8] for v in old if v[1] == "stadt" and v[5] == "BEV01"}
        assert earlier["2024"] != population["2024"]
        states = connection.execute(
            text("SELECT status, count(*) FROM intake.delivery WHERE source = 'einwohner_bestand' "
                 "AND reference_date = '2024-12-31' GROUP BY status ORDER BY status")
        ).all()  # fmt: skip
        assert states == [("active", 1), ("superseded", 1)]
    with psycopg.connect(service.dsn(database, "leser")) as reader:
        assert reader.execute("SELECT n > 5 FROM stadt.alle").fetchone() == (True,)
