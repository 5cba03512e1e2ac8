"""Life of deliveries: once, superseded, recounted; killed loads and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue, Condition, Measure
from etl.errors import CatalogueError, SozialberichtError
from etl.intake.deliver import deliver
from etl.intake.recount import recount
from etl.warehouse import catalogue_sync
from tests.intake.conftest import AT, Take
from tests.intake.support import counts, register, rejects, row

SOURCE = "einwohner_bestand"
GOOD = [row(block) for block in range(1, 21)]


def _journal(connection: Connection) -> list[tuple[object, ...]]:
    query = "SELECT id, status, superseded_by, rows_read, rows_rejected FROM intake.delivery ORDER BY id"
    return [tuple(r) for r in connection.execute(text(query))]


def _rows(connection: Connection, table: str, delivery: int) -> int:
    found = connection.scalar(text(f"SELECT count(*) FROM {table} WHERE delivery_id = :id"), {"id": delivery})
    return int(found or 0)


def test_counts_by_block_group_and_sum(connection: Connection, take: Take, tmp_path: Path) -> None:
    rows = [row(1, age="10", sex="m", n="2"), row(1, age="70", nation="163"), row(2, age="17"), row(2, age="18")]
    take(register(tmp_path / "a.csv", rows))
    assert counts(connection, "ew") == {"B001": 3, "B002": 2}
    assert counts(connection, "ew", "a10_15") == {"B001": 2}
    assert counts(connection, "ew", "a15_20") == {"B002": 2}
    assert counts(connection, "ew", "a70_75") == {"B001": 1}
    assert counts(connection, "ew_w") == {"B001": 1, "B002": 2}
    assert counts(connection, "ew_w", "a15_20") == {"B002": 2}
    assert counts(connection, "ew", "weiblich") == {}
    assert counts(connection, "ew_u18") == {"B001": 2, "B002": 1}
    assert counts(connection, "ew_65plus") == {"B001": 1}
    assert counts(connection, "ew_ausl") == {"B001": 1}
    assert counts(connection, "alterssumme") == {"B001": 2 * 10.5 + 70.5, "B002": 17.5 + 18.5}
    valid = connection.scalar(text("SELECT valid::text FROM warehouse.period WHERE code = '2024'"))
    assert valid == "[2024-01-01,2025-01-01)"


def test_same_file_twice_is_a_no_op(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [*GOOD, row(age="x")])
    first = take(path)
    before = connection.scalar(text("SELECT max(id) FROM warehouse.count"))
    second = take(path)
    assert (first.state, second.state) == ("new", "unchanged")
    assert (second.delivery, second.read, second.rejected) == (first.delivery, 21, 1)
    assert connection.scalar(text("SELECT max(id) FROM warehouse.count")) == before
    assert take(path, again=True).state == "recounted"
    assert len(_journal(connection)) == 1
    assert sum(counts(connection, "ew").values()) == 20


def test_another_file_supersedes_and_only_the_journal_remembers(
    connection: Connection, take: Take, tmp_path: Path
) -> None:
    first = take(register(tmp_path / "a.csv", [*GOOD, row(age="x")]))
    second = take(register(tmp_path / "b.csv", GOOD[:9]))
    assert (second.state, second.superseded) == ("superseding", first.delivery)
    assert _journal(connection) == [
        (first.delivery, "superseded", second.delivery, 21, 1),
        (second.delivery, "active", None, 9, 0),
    ]
    for table in ("intake.record", "intake.rejected_row", "warehouse.count"):
        assert _rows(connection, table, first.delivery) == 0
    assert sum(counts(connection, "ew").values()) == 9


def test_a_superseded_file_can_come_back(connection: Connection, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    first = take(path)
    second = take(register(tmp_path / "b.csv", GOOD[:9]))
    third = take(path)
    assert (third.state, third.delivery, third.superseded) == ("superseding", first.delivery, second.delivery)
    assert [(i, s, b) for i, s, b, _, _ in _journal(connection)] == [
        (first.delivery, "active", None),
        (second.delivery, "superseded", first.delivery),
    ]
    assert sum(counts(connection, "ew").values()) == 20


def test_years_stand_side_by_side(connection: Connection, take: Take, tmp_path: Path) -> None:
    take(register(tmp_path / "a.csv", GOOD))
    take(register(tmp_path / "b.csv", [r.replace("2024", "2023") for r in GOOD[:5]]), at=date(2023, 12, 31))
    query = text(
        "SELECT c.period, sum(c.value) FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
        "WHERE m.code = 'ew' AND c.group_code = 'insgesamt' GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(r) for r in connection.execute(query)] == [("2023", 5), ("2024", 20)]


def _with_measure(catalogue: Catalogue, measure: Measure) -> Catalogue:
    return replace(catalogue, measures=(*catalogue.measures, measure))


def test_recount_after_a_new_measure(connection: Connection, catalogue: Catalogue, take: Take, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [*GOOD, row(1, age="6", n="5"), row(2, age="5")])
    outcome = take(path)
    filters = {"alter": Condition(ge=6, lt=10), "nationalitaet": Condition(isin=("deutsch", "anders"))}
    extended = _with_measure(
        catalogue, Measure(code="ew_6_10", title="Einwohner von 6 bis unter 10", source=SOURCE, filter=filters)
    )
    catalogue_sync.sync(connection, extended)
    (done,) = recount(connection, extended, SOURCE)
    assert (done.delivery, done.period, done.stale) == (outcome.delivery, "2024", False)
    assert counts(connection, "ew_6_10") == {"B001": 5}
    assert sum(counts(connection, "ew").values()) == 26
    again = deliver(connection, extended, SOURCE, path, reference_date=AT)
    assert again.state == "unchanged"


def test_delivering_again_after_the_mapping_changed_counts_again(
    connection: Connection, catalogue: Catalogue, take: Take, tmp_path: Path
) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    take(path)
    extended = _with_measure(
        catalogue, Measure(code="ew_30", title="Dreißigjährige", source=SOURCE, filter={"alter": Condition(eq=30)})
    )
    catalogue_sync.sync(connection, extended)
    assert deliver(connection, extended, SOURCE, path, reference_date=AT).state == "recounted"
    assert sum(counts(connection, "ew_30").values()) == 20


def test_number_conditions_on_words_are_a_catalogue_fault(
    connection: Connection, catalogue: Catalogue, take: Take, tmp_path: Path
) -> None:
    wrong = _with_measure(
        catalogue, Measure(code="ew_x", title="x", source=SOURCE, filter={"geschlecht": Condition(ge=3)})
    )
    catalogue_sync.sync(connection, wrong)
    take(register(tmp_path / "a.csv", GOOD))
    with pytest.raises(CatalogueError, match=r"ew_x\.filter\.geschlecht: ge, lt und within_years"):
        recount(connection, wrong, SOURCE)


def test_recount_needs_records(connection: Connection, catalogue: Catalogue) -> None:
    with pytest.raises(SozialberichtError, match="bitte die Datei erneut einlesen"):
        recount(connection, catalogue, "arbeitslose_stadtteile")


def test_nothing_finer_than_the_block_is_kept(connection: Connection, take: Take, tmp_path: Path) -> None:
    outcome = take(register(tmp_path / "a.csv", [row(1, house="4"), row(1, house="5"), row(1, house="987654")]))
    report = connection.scalar(text("SELECT report::text FROM intake.delivery"))
    stored = [r for (r,) in connection.execute(text("SELECT record::text FROM intake.record"))]
    assert _rows(connection, "intake.record", outcome.delivery) == 2
    assert not any("00001" in s or "987654" in s for s in [*stored, str(report)])
    assert connection.scalar(text("SELECT to_regclass('pg_temp.intake_place')")) is None


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


_CHILD = textwrap.dedent("""
    import sys, time
    from datetime import date
    from pathlib import Path
    from sqlalchemy import create_engine
    from etl.catalogue import load_catalogue
    from etl.intake.deliver import deliver
    from etl.settings import DEFAULT_CATALOGUE
    from etl.warehouse.engine import open_engine
    url, path, let_go, moment = sys.argv[1:]
    def progress(step, rows):
        if step == moment:
            print(step, flush=True)
            while not Path(let_go).exists():
                time.sleep(0.02)
    with open_engine(url).begin() as connection:
        outcome = deliver(connection, load_catalogue(DEFAULT_CATALOGUE), "einwohner_bestand", Path(path),
                          reference_date=date(2024, 12, 31), progress=progress)
        print(outcome.state, flush=True)
""")


def _start(engine: Engine, path: Path, let_go: Path, moment: str) -> subprocess.Popen[str]:
    """A load in a process of its own that waits at a step until the file ``let_go`` exists."""
    arguments = [sys.executable, "-c", _CHILD, _url(engine), str(path), str(let_go), moment]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})


def test_a_killed_load_leaves_nothing_and_can_be_repeated(city: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    kept = register(tmp_path / "a.csv", GOOD)
    with city.begin() as connection:
        deliver(connection, catalogue, SOURCE, kept, reference_date=AT)
        before = _journal(connection)
    corrected = register(tmp_path / "b.csv", GOOD[:8])
    child = _start(city, corrected, tmp_path / "never", "zählen")
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "zählen"  # records are written, nothing is counted yet
    child.send_signal(signal.SIGKILL)
    child.wait()
    with city.begin() as connection:
        assert _journal(connection) == before
        assert sum(counts(connection, "ew").values()) == 20
        assert rejects(connection) == []
        outcome = deliver(connection, catalogue, SOURCE, corrected, reference_date=AT)
        assert (outcome.state, outcome.persons) == ("superseding", 8)


def _somebody_waits(city: Engine) -> bool:
    """Whether, within a minute, a second load waits for the lock of the source."""
    query = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    with city.connect() as connection:
        for _ in range(600):
            if connection.scalar(query):
                return True
            time.sleep(0.1)
    return False


def test_two_loads_at_once_do_not_mix(city: Engine, tmp_path: Path) -> None:
    let_go = tmp_path / "now"
    first = _start(city, register(tmp_path / "a.csv", GOOD), let_go, "zählen")
    assert first.stdout is not None
    first.stdout.readline()
    second = _start(city, register(tmp_path / "b.csv", GOOD[:8]), let_go, "zählen")
    assert _somebody_waits(city)
    let_go.touch()
    said = [p.communicate()[0].split() for p in (first, second)]
    assert [words[-1] for words in said] == ["new", "superseding"]
    with city.connect() as connection:
        assert [(s, n) for _, s, _, n, _ in _journal(connection)] == [("superseded", 20), ("active", 8)]
        assert sum(counts(connection, "ew").values()) == 8
