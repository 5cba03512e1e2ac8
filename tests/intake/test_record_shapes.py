"""Records in other shapes than a counted CSV: events with two addresses, fixed positions, workbooks, Parquet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.errors import InputError
from etl.intake.deliver import deliver
from tests.intake.conftest import Take
from tests.intake.support import HEADER as REGISTER
from tests.intake.support import counts, rejects, row

SOURCE = "einwohner_bewegung"
AT = date(2024, 12, 31)
HEADER = (
    "satznummer;ereignis;ereignisdatum;geburtsdatum;geschlecht;staatsangehoerigkeit;ziel_strassenschluessel;"
    "ziel_hausnummer;ziel_zusatz;herkunft_strassenschluessel;herkunft_hausnummer;herkunft_zusatz;herkunft_ags;ziel_ags"
)
WIDTHS = (8, 1, 8, 8, 1, 3, 5, 4, 4, 5, 4, 4, 8, 8)
NOWHERE = ("", "", "")
AT_1, AT_2, AT_3 = ("00001", "2", ""), ("00002", "3", ""), ("00003", "1", "a")


def event(
    number: int, kind: int, to: tuple[str, ...], origin: tuple[str, ...], *, day: str = "15.03.2024"
) -> tuple[str, ...]:
    """One event of a woman born on 1.6.1980: 44 completed years at the end of 2024."""
    return (str(number), str(kind), day, "01.06.1980", "w", "000", *to, *origin, "", "")


EVENTS = [
    event(1, 3, AT_1, NOWHERE),  # moves in
    event(2, 4, NOWHERE, AT_1),  # moves out
    event(3, 2, NOWHERE, AT_2),  # dies
    event(4, 5, AT_2, AT_1),  # moves within
    event(5, 5, AT_3, AT_1),
    event(6, 5, AT_3, ("99999", "1", "")),  # from an address that nobody knows
    event(7, 1, AT_2, NOWHERE),  # is born
]


def csv_file(path: Path, events: list[tuple[str, ...]]) -> Path:
    path.write_bytes("\r\n".join([HEADER, *(";".join(e) for e in events), ""]).encode("cp1252"))
    return path


def fixed_line(cells: tuple[str, ...]) -> str:
    """The same event at fixed positions: dates as yyyymmdd."""
    turned = ["".join(reversed(c.split("."))) if n in (2, 3) else c for n, c in enumerate(cells)]
    return "".join(cell.ljust(width) for cell, width in zip(turned, WIDTHS, strict=True))


def fixed_file(path: Path, events: list[tuple[str, ...]]) -> Path:
    path.write_bytes("\r\n".join([*map(fixed_line, events), ""]).encode("cp1252"))
    return path


def stored(connection: Connection) -> dict[tuple[str, str | None], int]:
    """Persons by event and block; the block None is nowhere."""
    query = text(
        "SELECT c.dims ->> 'ereignis', b.key, sum(u.n) FROM intake.record r "
        "CROSS JOIN LATERAL unnest(r.cells, r.counts) AS u (cell, n) JOIN intake.dimension_cell c ON c.id = u.cell "
        "LEFT JOIN geo.block b ON b.id = r.block_id GROUP BY 1, 2"
    )
    return {(event, block): int(n) for event, block, n in connection.execute(query)}


EXPECTED = {
    ("zuzug", "B001"): 1,
    ("fortzug", "B001"): 1,
    ("tod", "B002"): 1,
    ("geburt", "B002"): 1,
    ("umzug_zu", "B002"): 1,
    ("umzug_fort", "B001"): 2,
    ("umzug_zu", "B003"): 2,
    ("umzug_fort", None): 1,
}


@pytest.mark.parametrize("shape", ["csv", "fixed"])
def test_an_event_counts_where_it_arrives_and_where_it_leaves(
    connection: Connection, take: Take, tmp_path: Path, shape: str
) -> None:
    path = (csv_file if shape == "csv" else fixed_file)(tmp_path / f"a.{shape}", EVENTS)
    outcome = take(path, source=SOURCE, allow_person_level=True)
    assert outcome.form == ("ereignisse" if shape == "csv" else "ereignisse_fest")
    assert stored(connection) == EXPECTED
    assert (outcome.read, outcome.accepted, outcome.rejected) == (7, 7, 0)
    # one row lacks one of its places: it counts for the city there, and for its block at the other
    assert (outcome.unlocated, outcome.persons, outcome.persons_unlocated) == (1, 10, 1)
    ages = connection.scalars(text("SELECT DISTINCT dims ->> 'alter' FROM intake.dimension_cell")).all()
    assert ages == ["44"]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("15.03.2023", "liegt außerhalb des Zeitraums der Lieferung (2024)"),
        ("01.01.2025", "liegt außerhalb des Zeitraums der Lieferung (2024)"),
        ("31.02.2024", "diesen Kalendertag gibt es nicht"),
        ("15.03.24", "zweistellige Jahreszahl"),
        ("", "das Datum des Ereignisses fehlt"),
    ],
)
def test_an_event_outside_the_year_is_no_event_of_the_year(
    connection: Connection, take: Take, tmp_path: Path, day: str, reason: str
) -> None:
    path = csv_file(tmp_path / "a.csv", [*EVENTS, event(8, 3, AT_1, NOWHERE, day=day)])
    assert take(path, source=SOURCE, allow_person_level=True).rejected == 1
    ((line, column, value, why),) = rejects(connection)
    assert (line, column, value) == (9, "ereignisdatum", day)
    assert why.startswith(reason)


def test_a_line_that_is_too_short_names_the_columns_it_lacks(
    connection: Connection, take: Take, tmp_path: Path
) -> None:
    lines = [fixed_line(e) for e in EVENTS]
    lines.insert(3, lines[0][:44])
    (tmp_path / "a.txt").write_bytes("\n".join([*lines, "", ""]).encode("cp1252"))
    outcome = take(tmp_path / "a.txt", source=SOURCE, allow_person_level=True)
    assert (outcome.read, outcome.accepted, outcome.rejected) == (8, 7, 1)
    found = rejects(connection)
    assert [(line, column) for line, column, _, _ in found] == [(4, "herkunft_hausnummer"), (4, "herkunft_zusatz")]
    assert found[0][3] == "die Zeile endet nach 44 Zeichen; die Spalte steht an den Stellen 48 bis 51"


def test_positions_are_characters_in_any_encoding(take: Take, tmp_path: Path) -> None:
    """An umlaut in a column that nobody reads must not shift the columns behind it."""
    events = [(*e[:12], "Übersee", "") for e in EVENTS]
    assert take(fixed_file(tmp_path / "a.txt", events), source=SOURCE, allow_person_level=True).rejected == 0


def test_a_csv_that_lacks_a_column_is_not_taken_for_fixed_positions(take: Take, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", EVENTS)
    path.write_bytes(path.read_bytes().replace(b"geburtsdatum", b"gebdatum"))
    with pytest.raises(InputError, match="Spalte „geburtsdatum“ fehlt; ähnlich ist „gebdatum“"):
        take(path, source=SOURCE, allow_person_level=True)


def test_all_shapes_are_told_when_none_fits(take: Take, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("kurz\nzu kurz\n", encoding="ascii")
    with pytest.raises(InputError) as caught:
        take(tmp_path / "a.txt", source=SOURCE, form="ereignisse_fest", allow_person_level=True)
    assert "keine der 2 Zeilen ist verwendbar" in str(caught.value)
    assert "die Spalte steht an den Stellen" in str(caught.value)


def test_moves_leave_and_arrive_equally_often(connection: Connection, take: Take, tmp_path: Path) -> None:
    take(csv_file(tmp_path / "a.csv", EVENTS), source=SOURCE, allow_person_level=True)
    found = pl.DataFrame([(e, n) for (e, _), n in stored(connection).items()], orient="row", schema=["e", "n"])
    totals = dict(found.group_by("e").agg(pl.col("n").sum()).iter_rows())
    assert totals["umzug_zu"] == totals["umzug_fort"] == 3


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_counted_rows_from_a_workbook_or_parquet(
    connection: Connection, catalogue: Catalogue, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows as a CSV, in another container; batches of two rows change nothing."""
    monkeypatch.setattr("etl.intake.rows.SLICE", 2)
    rows = [row(block, age=str(20 + block), n=str(block)) for block in range(1, 6)] + [row(1, age="x")]
    cells = [r.split(";") for r in rows]
    frame = pl.DataFrame(cells, schema=REGISTER.split(";"), orient="row")
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        frame.write_excel(path)
    else:
        frame.with_columns(pl.col("anzahl").cast(pl.Int32)).write_parquet(path)
    source = catalogue.source["einwohner_bestand"]
    form = source.forms[0]
    other = form.model_copy(update={"format": form.format.model_copy(update={"type": kind})})
    changed = replace(
        catalogue,
        sources=tuple(
            s.model_copy(update={"forms": (other,)}) if s.code == source.code else s for s in catalogue.sources
        ),
    )
    outcome = deliver(connection, changed, source.code, path, reference_date=AT)
    assert (outcome.read, outcome.accepted, outcome.rejected, outcome.persons) == (6, 5, 1, 15)
    assert rejects(connection)[0][:3] == (7 if kind == "xlsx" else 6, "alter", "x")
    assert counts(connection, "ew") == {f"B{n:03d}": n for n in range(1, 6)}
