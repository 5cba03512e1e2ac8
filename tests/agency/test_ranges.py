"""Ranges of house numbers: each address in exactly one, whatever the street; read by rules of this test's own."""

from __future__ import annotations

import csv

from hypothesis import given
from hypothesis import strategies as st

from etl.districts.agency.files import Layout, Street, read_grid, write_grid
from etl.districts.agency.ranges import House, Range, Row, overlaps, rows

houses = st.dictionaries(
    st.tuples(st.integers(1, 60), st.sampled_from(["", "", "", "a", "b", "c"])),
    st.sampled_from(["001001001", "001002001", "002001001"]),
    min_size=1,
    max_size=40,
).map(lambda known: [House(n, s, area) for (n, s), area in known.items()])


def claims(line: list[str], house: House) -> tuple[int, str] | None:
    """Where the claim of a line of the file on a house begins; None if it has none. Written from the rule alone."""
    odd = house.number % 2 == 1
    low, low_suffix, high, high_suffix = line[4:8] if odd else line[8:12]
    if low == "":
        return None
    after_start = house.number > int(low) or (house.number == int(low) and house.suffix >= low_suffix)
    before_end = house.number < int(high) or (
        house.number == int(high) and (high_suffix == "" or house.suffix <= high_suffix)
    )
    return (int(low), low_suffix) if after_start and before_end else None


@given(known=houses)
def test_every_address_lands_once_in_its_area(tmp_path_factory, known: list[House]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.getbasetemp() / "ra.csv"
    street = Street("Äußere Straße", "22844")
    write_grid(path, "01060063", "Norderstedt", [(street, row) for row in rows(known)], Layout())
    with path.open(encoding="cp1252", newline="") as source:
        header, *lines = csv.reader(source, delimiter=";")
    assert len(header) == 13
    for house in known:
        hits = [(start, line[12]) for line in lines if (start := claims(line, house)) is not None]
        split = {h.area for h in known if h.number == house.number}
        assert len(hits) == 1 or len(split) > 1  # within a number the later start holds the suffix
        assert max(hits)[1] == house.area
    # numbers that nobody lives at yet are covered too, exactly once
    for number in range(1, 999):
        if number not in {h.number for h in known}:
            assert sum(claims(line, House(number, "", "")) is not None for line in lines) == 1
    for at in (4, 8):
        assert all(line[4] or line[8] for line in lines)
        ends = {line[at + 2] for line in lines}
        assert ("997" if at == 4 else "998") in ends


@given(known=houses)
def test_written_and_read_are_the_same(tmp_path_factory, known: list[House]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.getbasetemp() / "ra2.csv"
    grid = [(Street("Am Markt", "22846"), row) for row in rows(known)]
    layout = Layout("utf-8", header=False)
    write_grid(path, "01060063", "Norderstedt", grid, layout)
    assert read_grid(path, layout) == grid


def test_a_whole_street_is_one_line() -> None:
    assert rows([House(5, "", "A"), House(12, "a", "A")]) == [
        Row("A", Range((1, ""), (997, "")), Range((2, ""), (998, "")))
    ]


def test_a_street_cut_at_fifty() -> None:
    known = [House(n, "", "A" if n <= 50 else "B") for n in range(1, 101)]
    assert rows(known) == [
        Row("A", Range((1, ""), (49, "")), Range((2, ""), (50, ""))),
        Row("B", Range((51, ""), (997, "")), Range((52, ""), (998, ""))),
    ]


def test_sides_of_a_street() -> None:
    known = [House(n, "", "A" if n % 2 else "B") for n in range(1, 21)]
    assert rows(known) == [Row("A", Range((1, ""), (997, "")), None), Row("B", None, Range((2, ""), (998, "")))]


def test_suffixes_of_a_number_in_two_areas() -> None:
    known = [House(11, "", "A"), House(11, "a", "A"), House(11, "b", "B"), House(13, "", "B")]
    odd = {row.area: row.odd for row in rows(known) if row.odd}
    assert odd == {"A": Range((1, ""), (11, "a")), "B": Range((11, "b"), (997, ""))}


def test_high_numbers_are_covered() -> None:
    odd = [row.odd for row in rows([House(1143, "", "A")])]
    assert odd == [Range((1, ""), (1143, ""))]


def test_overlaps_are_found() -> None:
    one, other = Range((1, ""), (49, "")), Range((49, ""), (99, ""))
    assert overlaps([other, one]) == [(one, other)]
    assert overlaps([one, Range((51, ""), (99, ""))]) == []
