"""Files larger than a batch give what they gave in one: counts, repeated numbers, rejected rows and their lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.intake import rejects as rejects_module
from etl.intake import repeated
from etl.intake.csvtable import LINE
from etl.intake.locate import Locator
from etl.intake.records import PART, PLACE
from etl.intake.rejects import Rejects
from etl.intake.rows import Rows
from tests.intake.conftest import Take
from tests.intake.support import add_address, register, rejects, row

PERSONS = (
    "satznummer;stichtag;strassenschluessel;hausnummer;zusatz;geburtsdatum;geschlecht;staatsangehoerigkeit;"
    "wohnungsstatus"
)


def person(number: object, block: int = 1, sex: str = "w") -> str:
    return f"{number};31.12.2024;{block:05d};2;;15.06.1980;{sex};000;A"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a few rows, counts written after a few, faults passed on after a few."""
    monkeypatch.setattr("etl.intake.textfile.CHUNK", 700)
    monkeypatch.setattr("etl.intake.records.REMEMBERED", 700)
    monkeypatch.setattr("etl.intake.store_records.HELD", 30)
    monkeypatch.setattr("etl.intake.locate.KNOWN", 7)
    monkeypatch.setattr(rejects_module, "HELD", 4)


def stored(connection: Connection) -> list[tuple[object, ...]]:
    """Records by block: cells as words, and persons."""
    query = text(
        "SELECT b.key, c.dims::text, u.n FROM intake.record r CROSS JOIN LATERAL unnest(r.cells, r.counts) AS u (c, n) "
        "JOIN intake.dimension_cell c ON c.id = u.c LEFT JOIN geo.block b ON b.id = r.block_id ORDER BY 1, 2, 3"
    )
    return [tuple(r) for r in connection.execute(query)]


def _rows(count: int) -> list[str]:
    rng = np.random.default_rng(7)
    made = [
        row(int(b), house=str(h), age=str(a), sex=s, n=str(n))
        for b, h, a, s, n in zip(
            rng.integers(1, 23, count), rng.integers(1, 6, count), rng.integers(0, 40, count),
            rng.choice(["m", "w"], count), rng.integers(0, 4, count), strict=True,
        )
    ]  # fmt: skip
    for line in range(11, count, 37):
        made[line] = row(1, age="?") if line % 2 else "zu;kurz"
    return made


def test_batches_change_nothing(
    connection: Connection, take: Take, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = register(tmp_path / "a.csv", _rows(600))
    at_once, whole, faults = take(path), stored(connection), rejects(connection)
    request.getfixturevalue("small_batches")
    in_pieces = take(path, again=True)
    assert stored(connection) == whole
    assert rejects(connection) == faults
    assert len(faults) > 10
    blocks = connection.execute(text("SELECT count(*), count(DISTINCT coalesce(block_id, 0)) FROM intake.record")).one()
    assert blocks[0] == blocks[1] > 15  # put together: one row a block, and one for nowhere
    for name in ("read", "accepted", "rejected", "ignored", "unlocated", "persons", "persons_unlocated", "top_rejects"):
        assert getattr(in_pieces, name) == getattr(at_once, name), name


@pytest.mark.parametrize("written", ["{}", "A-{}"])
def test_a_number_that_repeats_in_a_later_batch_is_found(
    connection: Connection, take: Take, tmp_path: Path, small_batches: None, written: str
) -> None:
    numbers = [written.format(n) for n in range(1, 201)]
    numbers[150] = numbers[3]
    numbers[199] = numbers[3]
    numbers[77] = numbers[76]
    numbers[99] = ""
    numbers[120] = ""
    path = register(tmp_path / "a.csv", [person(n) for n in numbers], PERSONS)
    outcome = take(path, allow_person_level=True)
    assert (outcome.rejected, outcome.persons) == (5, 195)
    assert [(line, value, why) for line, _, value, why in rejects(connection)] == [
        (79, numbers[76], "kommt mehrfach vor, zuerst in Zeile 78"),
        (101, "", "die Nummer fehlt"),
        (122, "", "die Nummer fehlt"),
        (152, numbers[3], "kommt mehrfach vor, zuerst in Zeile 5"),
        (201, numbers[3], "kommt mehrfach vor, zuerst in Zeile 5"),
    ]


@given(st.lists(st.integers(0, 60).map(str) | st.sampled_from(["007", "7", "", "x", "X"]), max_size=80), st.data())
def test_suspects_hold_all_that_repeat(cells: list[str], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 20))

    def batches() -> Iterator[Rows]:
        frame = pl.DataFrame({"n": cells, LINE: range(2, len(cells) + 2)}, schema={"n": pl.String, LINE: pl.Int64})
        yield from (Rows(part) for part in frame.iter_slices(size))

    found = repeated.suspects(batches, "n")
    again = sorted({c for c in cells if c and cells.count(c) > 1})
    assert sorted(found) == sorted(pl.Series(again, dtype=pl.String).hash().to_list())
    numbers = repeated.Numbers("n", found)
    first = [line for b in batches() for line in numbers.with_first(b.frame)[repeated.FIRST]]
    assert first == [
        cells.index(c) + 2 if c and cells.index(c) < n else None for n, c in enumerate(cells)
    ]  # fmt: skip


def test_ascending_numbers_need_no_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated.tempfile, "TemporaryFile", None)  # would fail if it were used
    frame = pl.DataFrame({"n": [str(n) for n in range(1, 900, 3)]})
    assert len(repeated.suspects(lambda: (Rows(part) for part in frame.iter_slices(40)), "n")) == 0


def test_faults_passed_on_are_still_counted_and_named() -> None:
    passed: list[pl.DataFrame] = []
    held = Rejects()
    with_sink = Rejects(sink=passed.append)
    for target in (held, with_sink):
        for line in range(2, 12):
            target.add_rows([(line, "a", str(line), "falsch"), (line, "b", "x", "fehlt")])
            if target is with_sink and line % 3 == 0:
                target.pass_on()
    assert len(passed) == 3
    assert with_sink.top() == held.top() == [("falsch", "a", 10), ("fehlt", "b", 10)]
    assert with_sink.lines == held.lines == 10
    assert with_sink.kinds().rows() == held.kinds().rows()


ADDRESS_PART = st.text(st.sampled_from("0123459aAbZß- "), max_size=6)


def test_plain_addresses_are_their_own_key(connection: Connection, catalogue: object) -> None:
    """Whatever is written, the shortcut for plain addresses gives what ``geo.address_key`` says."""
    add_address(connection, "00007", 12, "b", "B001")
    form = catalogue.source["einwohner_bestand"].forms[0]  # type: ignore[attr-defined]
    locator = Locator(connection, form)

    @given(st.lists(st.tuples(ADDRESS_PART | st.just("00007"), ADDRESS_PART | st.just("12"), ADDRESS_PART), min_size=1))
    def law(parts: list[tuple[str, str, str]]) -> None:
        sent = locator._sent(pl.Series(PLACE, [PART.join(p) for p in parts]))
        for (street, number, suffix), plain in zip(parts, sent["plain"], strict=True):
            key = connection.scalar(text("SELECT geo.address_key(:s, :n, :x)"), {"s": street, "n": number, "x": suffix})
            assert plain is None or plain == key

    law()
