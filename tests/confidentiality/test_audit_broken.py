"""Patterns that are broken on purpose, each in the way that is tempting: the auditor finds every one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from etl.catalogue import Catalogue
from etl.confidentiality.audit.facts import Place, Row
from etl.confidentiality.audit.finding import Finding
from etl.confidentiality.audit.published import attack
from etl.confidentiality.audit.report import fault_words, summary
from etl.confidentiality.audit.system import Contradiction
from tests.indicators.conftest import traps  # noqa: F401  # a fixture

V = "neu"
DISTRICTS = ("101", "102", "103", "201", "202", "203")


def places(*versions: str, pieces: dict[tuple[str, str], frozenset[int]] | None = None) -> Place:
    """A city of two Stadtteile with three districts each, in every version."""
    parent, level = {}, {}
    for version in versions:
        level[version, "S"] = "stadt"
        for key in ("1", "2"):
            parent[version, key], level[version, key] = (version, "S"), "stadtteil"
        for key in DISTRICTS:
            parent[version, key], level[version, key] = (version, key[0]), "bezirk"
    return Place(parent, level, pieces or {})


@dataclass
class Release:
    """Rows as a reader sees them, made from counts by district; ``hide`` names units and indicators."""

    rows: list[Row]

    @classmethod
    def of(cls, indicator: str, counts: list[int], bases: list[int], version: str = V, period: str = "2025") -> Release:
        """Counts and bases of the districts, and their sums."""
        at = dict(zip(DISTRICTS, zip(counts, bases, strict=True), strict=True))
        for stadtteil in ("1", "2"):
            at[stadtteil] = tuple(sum(x) for x in zip(*(at[d] for d in DISTRICTS if d[0] == stadtteil), strict=True))
        at["S"] = (sum(counts), sum(bases))
        at["NZ"] = (0, 0)
        levels = {"S": "stadt", "NZ": "nicht_zuordenbar", "1": "stadtteil", "2": "stadtteil"}
        return cls([
            Row((version, k), levels.get(k, "bezirk"), period, indicator, float(n), float(b), "gueltig", True)
            for k, (n, b) in at.items()
        ])  # fmt: skip

    def hide(self, *units: str, numerator_only: bool = False) -> Release:
        """The same with these units withheld."""
        return Release([
            Row(r.unit, r.level, r.period, r.indicator, None, r.denominator if numerator_only else None, "geheim", True)
            if r.unit[1] in units else r for r in self.rows
        ])  # fmt: skip

    def __add__(self, other: Release) -> Release:
        return Release(self.rows + other.rows)


def exact(found: Finding) -> set[tuple[str, str, float]]:
    return {(h.unit[1], h.part, round(h.lower, 4)) for h in found.recovered}


COUNTS = [3, 40, 50, 60, 70, 80]
BASES = [100, 300, 300, 300, 300, 300]
"""Uebergänge auf eine Schulart und insgesamt; nur die erste Anzahl ist klein."""


def test_primaries_only(traps: Catalogue) -> None:  # noqa: F811
    release = Release.of("TST11", COUNTS, BASES).hide("101")
    found = attack(traps, release.rows, places(V))
    assert ("101", "numerator", 3) in exact(found)
    assert ("101", "complement", 97) in exact(found)
    assert [h.unit[1] for h in found.faults] == ["101"]


def test_a_second_cell_in_the_row_protects(traps: Catalogue) -> None:  # noqa: F811
    """What the others are measured against: a pattern that is not broken passes."""
    release = Release.of("TST11", COUNTS, BASES).hide("101", "102")
    found = attack(traps, release.rows, places(V))
    assert found.recovered == ()
    assert found.faults == ()
    [numerator] = [h for h in found.hidden if h.unit[1] == "101" and h.part == "numerator"]
    assert (numerator.lower, numerator.upper) == pytest.approx((0, 43))


def test_two_in_every_row_are_not_enough(traps: Catalogue) -> None:  # noqa: F811
    """Three kinds of school add up to all transitions: two hidden in each row and column, and one is still known."""
    gym, gem, fz = [3, 4, 50, 60, 70, 80], [40, 40, 50, 4, 3, 80], [57, 256, 200, 236, 227, 140]
    whole = [sum(x) for x in zip(gym, gem, fz, strict=True)]
    release = (
        Release.of("TST11", gym, whole).hide("101", "102", numerator_only=True)
        + Release.of("TST12", gem, whole).hide("201", "202", numerator_only=True)
        + Release.of("TST13", fz, whole)
    )
    # never one alone: yet every hidden one is the rest of its own district
    found = attack(traps, release.rows, places(V))
    assert {("101", "numerator", 3.0), ("202", "numerator", 3.0)} <= exact(found)
    assert len(found.faults) == 4


def test_a_complement_left_in(traps: Catalogue) -> None:  # noqa: F811
    """The share is withheld, and its rest stands in another indicator."""
    rest = [b - n for n, b in zip(COUNTS, BASES, strict=True)]
    hidden = Release.of("TST11", COUNTS, BASES).hide("101", "102")
    other = Release.of("TST12", rest, BASES)
    zero = Release.of("TST13", [0] * 6, BASES)
    found = attack(traps, (hidden + other + zero).rows, places(V))
    assert ("101", "numerator", 3) in exact(found)
    # both are recovered, the small one and the one that was to protect it
    assert {(h.unit[1], h.disclosed) for h in found.faults} == {("101", True), ("102", False)}


def test_versions_protected_separately(traps: Catalogue) -> None:  # noqa: F811
    """The new version moves one piece from district 101 to 102; each version alone is safe."""
    old_counts, new_counts = [8, 40, 50, 60, 70, 80], [5, 43, 50, 60, 70, 80]
    old, new = Release.of("TST11", old_counts, BASES, "alt"), Release.of("TST11", new_counts, BASES, "neu")
    # pieces: 0 stays in 101, 1 moves from 101 to 102, 2 stays in 102; the others are the same in both
    pieces = {("alt", "101"): frozenset({0, 1}), ("neu", "101"): frozenset({0}),
              ("alt", "102"): frozenset({2}), ("neu", "102"): frozenset({1, 2})}  # fmt: skip
    for n, key in enumerate(DISTRICTS[2:], start=3):
        pieces |= {("alt", key): frozenset({n}), ("neu", key): frozenset({n})}
    hidden_new = new.hide("101", "102")
    alone = attack(traps, hidden_new.rows, places("neu"))
    assert alone.recovered == ()
    hidden_old = old.hide("103", "101")
    assert attack(traps, hidden_old.rows, places("alt")).recovered == ()
    both = attack(traps, (hidden_old + hidden_new).rows, places("alt", "neu", pieces=pieces))
    assert {("101", "numerator", 8.0), ("103", "numerator", 50.0)} <= exact(both)


def test_what_cannot_all_be_true_is_said(traps: Catalogue) -> None:  # noqa: F811
    release = Release.of("TST11", COUNTS, BASES).hide("101", "102")
    wrong = [
        Row(r.unit, r.level, r.period, r.indicator, 1.0, r.denominator, r.status, r.exact) if r.unit[1] == "1" else r
        for r in release.rows
    ]
    with pytest.raises(Contradiction):
        attack(traps, wrong, places(V))


def test_the_report_for_data_protection_names_no_number_and_no_place(traps: Catalogue) -> None:  # noqa: F811
    counts = [3, 48_211, 59_377, 60, 70, 80]
    bases = [100, 90_001, 90_007, 300, 300, 300]
    found = attack(traps, Release.of("TST11", counts, bases).hide("101").rows, places(V))
    for fault in found.all_faults:
        assert "TST11 " in fault_words(fault)
        assert "Gebiet 101" in fault_words(fault)
    said = summary(found)
    assert "NICHT bestanden" in said
    assert "kleine Anzahlen bestimmbar oder sicher kleiner als die Grenze: 1." in said
    assert not any(secret in said for secret in ("TST11", "101", "2025", "genau 3", " 97", "48211"))
