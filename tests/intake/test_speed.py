"""Speed of the register load; ``pytest -m bench -s tests/intake/test_speed.py`` prints the figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.intake.bench.load import bare_copy, measure
from tests.intake.support import HEADER, register, row

ADDRESSES, PER_BLOCK = 20_000, 20
AT = date(2024, 12, 31)


def test_bare_copy_measures_the_same_file(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [row(b) for b in range(1, 21)])
    assert bare_copy(connection, path) > 0
    speed, outcome = measure(connection, catalogue, "einwohner_bestand", path, AT)
    assert speed.rows == outcome.persons == 20
    assert speed.deliver_seconds > 0


def _large_city(connection: Connection) -> None:
    """1,000 blocks of 20 addresses."""
    connection.execute(text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('b', 'given', true)"))
    connection.execute(
        text(
            "INSERT INTO geo.block (block_set_id, key, geom) SELECT s.id, n::text, "
            "ST_Multi(ST_MakeEnvelope(560000 + n, 5950000, 560001 + n, 5950001, 25832)) "
            "FROM geo.block_set s, generate_series(1, :blocks) n"
        ),
        {"blocks": ADDRESSES // PER_BLOCK},
    )
    connection.execute(
        text(
            "INSERT INTO geo.address (address_key, street_key, house_number, suffix, geom, block_id) "
            "SELECT geo.address_key(street, house::text, ''), street, house, '', ST_Centroid(b.geom), b.id "
            "FROM (SELECT n, lpad((n / 40)::text, 5, '0') AS street, n % 40 + 1 AS house "
            "      FROM generate_series(0, :last) n) a JOIN geo.block b ON b.key = (n / :per_block + 1)::text"
        ),
        {"last": ADDRESSES - 1, "per_block": PER_BLOCK},
    )
    connection.execute(text("ANALYZE geo.address"))


def _extract(path: Path, rows: int) -> Path:
    """A counted extract with the age, sex and nationality mix of a city."""
    rng = np.random.default_rng(1)
    address = np.sort(rng.integers(0, ADDRESSES, rows))
    age, sex = rng.integers(0, 95, rows), rng.choice(["m", "w"], rows)
    nation = np.where(rng.random(rows) < 0.86, 0, rng.integers(100, 500, rows))
    with path.open("w", encoding="ascii") as handle:
        handle.write(HEADER + "\n")
        for a, y, s, k in zip(address, age, sex, nation, strict=True):
            handle.write(f"31.12.2024;{a // 40:05d};{a % 40 + 1};;{y};{s};{k:03d};1\n")
    return path


@pytest.mark.bench
@pytest.mark.parametrize("rows", [80_000, 300_000, 600_000])
def test_register_load_against_bare_copy(db: Engine, catalogue: Catalogue, tmp_path: Path, rows: int) -> None:
    path = _extract(tmp_path / "a.csv", rows)
    with db.begin() as connection:
        _large_city(connection)
    best = None
    for _ in range(4):
        with db.begin() as connection:
            speed, outcome = measure(connection, catalogue, "einwohner_bestand", path, AT)
        assert outcome.persons == rows
        best = speed if best is None or speed.ratio > best.ratio else best
    print(f"\n{best}")
    if rows >= 300_000:
        assert best is not None
        assert best.ratio >= 0.2  # far below the aim of 0.5: only to notice when it breaks down on a busy machine
