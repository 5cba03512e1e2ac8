"""School files: entry examinations, transitions to class 5, all-day care, special needs, school leavers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etl.sample import plan
from etl.sample.cases import Residents, residents, write_cases, yes_no
from etl.sample.department_tables import WITHHELD, write_long_csv
from etl.sample.dirt import Planted
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.people import year_of
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

_DEFERRED = 0.065
_EXAMINED = {2020: 0.46, 2021: 0.31}
"""Share of the children examined before they enter school; 97 % in years without a pandemic."""
LEAVING = ("ohne ESA", "ESA", "MSA", "FHR", "AHR")
"""Certificates as written; the years at school that they take stand beside."""
_YEARS_AT_SCHOOL = np.array([9, 9, 10, 12, 13])
# Limits of the hidden school score between certificates, and between kinds of school after class 4.
_CERTIFICATE_LIMITS = np.array([-1.60, -0.86, 0.06, 0.19])
_SPECIAL_LIMIT, _GYMNASIUM_LIMIT = -2.45, 0.08
_WITHHELD_BELOW = 5
_UNLOCATED, _TOTAL = "keine Angabe", f"{plan.CITY_NAME} insgesamt"


def due_year(born: Ints) -> Ints:
    """Year in which a child has to enter school: it is six by 30 June."""
    month = born.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    due: Ints = year_of(born) + np.where(month <= 6, 6, 7)
    return due


def deferred(r: Residents) -> Bools:
    """Children who enter school a year later."""
    late: Bools = r.luck(411) < _DEFERRED
    return late


def entry_year(r: Residents) -> Ints:
    """Year in which each person enters (or entered) school."""
    return due_year(r.people.born) + deferred(r)


def score(r: Residents) -> Floats:
    """Hidden success at school, about standard normal over the city's children; it stays with the person."""
    chance = np.clip(r.luck(412), 1e-6, 1 - 1e-6)
    found: Floats = np.log(chance / (1 - chance)) / 1.9 + 0.36 * r.status - 0.38 * r.foreign
    return found


def certificate(r: Residents) -> Ints:
    """The certificate that each person leaves school with, as an index into ``LEAVING``."""
    return np.digitize(score(r), _CERTIFICATE_LIMITS)


def leaving_year(r: Residents) -> Ints:
    """Year in whose summer each person leaves (or left) school."""
    year: Ints = entry_year(r) + _YEARS_AT_SCHOOL[certificate(r)]
    return year


def _write_examinations(writer: Writer, snap: Snapshot) -> None:
    """All children who are due to enter school, examined or not."""
    r, year = residents(snap), snap.year
    due = np.flatnonzero(r.main & (due_year(r.people.born) == year))
    status, abroad = r.status[due], r.foreign[due]

    def happens(topic: int, odds: Floats) -> Bools:
        found: Bools = r.luck(topic)[due] < 1 / (1 + np.exp(-odds))
        return found

    along = (year - 2015) / 10
    examined = r.luck(413)[due] < _EXAMINED.get(year, 0.97)
    speech = happens(414, -1.42 + 0.30 * along - 0.42 * status + 1.1 * abroad)
    heavy = happens(415, -2.45 + 0.15 * along + 0.25 * (year in (2021, 2022)) - 0.36 * status)
    booklet = happens(416, 2.55 + 0.2 * status - 0.8 * abroad)
    complete = happens(417, 1.95 + 0.3 * status - 0.5 * abroad)

    def when(seen: Bools, flag: Bools, yes: str, no: str) -> NDArray[np.str_]:
        return np.where(seen, np.where(flag, yes, no), "-")

    words = {
        "untersucht": yes_no(examined),
        "sprachbefund": when(examined, speech, "auffaellig", "unauffaellig"),
        "gewicht": when(examined, heavy, "uebergewicht", "kein"),
        "heft": when(examined, booklet, "ja", "nein"),
        "frueherkennung": when(examined & booklet, complete, "vollstaendig", "unvollstaendig"),
        "zurueckgestellt": yes_no(deferred(r)[due]),
    }
    write_cases(writer, "schuleingang", f"{year}-08-01", r.address[due], words, code="sprachbefund")
    writer.truth(
        year,
        {
            "schulpflichtig": len(due),
            "untersucht": int(examined.sum()),
            "sprache_auffaellig": int((examined & speech).sum()),
            "uebergewicht": int((examined & heavy).sum()),
            "zurueckgestellt": int(deferred(r)[due].sum()),
        },
    )


def _write_transitions(writer: Writer, snap: Snapshot) -> None:
    """Children who begin class 5 in this school year."""
    r, year = residents(snap), snap.year
    chosen = np.flatnonzero(r.main & (entry_year(r) == year - 4))
    s = score(r)[chosen] + 0.006 * (year - 2020)
    kind = np.where(
        s < _SPECIAL_LIMIT, "foerderzentrum", np.where(s < _GYMNASIUM_LIMIT, "gemeinschaftsschule", "gymnasium")
    )
    total = write_cases(
        writer, "schuluebergaenge", f"{year}-09-15", r.address[chosen], {"schulart": kind}, code="schulart"
    )
    writer.truth(year, {"uebergaenge": total, "uebergaenge_gymnasium": int((kind == "gymnasium").sum())})


def _write_all_day(writer: Writer, snap: Snapshot) -> None:
    """Children of classes 1 to 4 who stay at school or go to a day-care centre in the afternoon."""
    r, year = residents(snap), snap.year
    entered = entry_year(r)
    young = r.main & (entered <= year) & (entered > year - 4)
    open_school = float(np.interp(year, [2015, 2020, 2025], [0.47, 0.55, 0.66])) - 0.01 * r.status
    centre = float(np.interp(year, [2015, 2025], [0.10, 0.05])) + 0.008 * r.status
    chance = r.luck(418)
    at_school = young & (chance < open_school)
    chosen = np.flatnonzero(young & (chance < open_school + np.clip(centre, 0, 1)))
    words = {"angebot": np.where(at_school[chosen], "ogs", "hort")}
    total = write_cases(writer, "ganztag_grundschule", f"{year}-10-01", r.address[chosen], words, code="angebot")
    writer.truth(year, {"ganztag_grundschule": total})


def school_year(first: int) -> str:
    """``2024/25`` for the school year that begins in 2024."""
    return f"{first}/{(first + 1) % 100:02d}"


def write_schools(writer: Writer, snap: Snapshot) -> None:
    """The school files of a year."""
    _write_examinations(writer, snap)
    _write_transitions(writer, snap)
    _write_all_day(writer, snap)


def leavers(snap: Snapshot) -> NDArray[np.int64]:
    """Persons who left school in the summer of the year, by certificate and Stadtteil (0: not located): (5, 6)."""
    r = residents(snap)
    gone = r.main & (leaving_year(r) == snap.year)
    at = certificate(r)[gone] * 6 + snap.register.stadtteil[gone]
    return np.bincount(at, minlength=30).reshape(5, 6)


def _leavers_rows(year: int, counts: NDArray[np.int64]) -> list[list[str]]:
    """Rows of one school year: Stadtteile, those not located, the city; small numbers are withheld."""

    def shown(count: int) -> str:
        return WITHHELD if 0 < count < _WITHHELD_BELOW else "-" if count == 0 else str(count)

    names = {p.number: p.name for p in plan.STADTTEILE} | {0: _UNLOCATED}
    rows = []
    for at, name in names.items():
        rows += [[school_year(year - 1), name, c, shown(int(n))] for c, n in zip(LEAVING, counts[:, at], strict=True)]
    rows += [[school_year(year - 1), _TOTAL, c, str(int(n))] for c, n in zip(LEAVING, counts.sum(axis=1), strict=True)]
    return rows


def _write_leavers(writer: Writer, snaps: Sequence[Snapshot]) -> None:
    """One long table for all school years, with one row repeated."""
    rows: list[list[str]] = []
    for snap in snaps:
        counts = leavers(snap)
        rows += _leavers_rows(snap.year, counts)
        figures = {
            f"schulentlassene_{c.lower().replace(' ', '_')}": int(n)
            for c, n in zip(LEAVING, counts.sum(axis=1), strict=True)
        }
        writer.truth(snap.year, figures | {"schulentlassene": int(counts.sum())})
    again = 2
    rows.insert(again + 1, rows[again])
    name = "schulentlassene_reihe_synthetisch.csv"
    write_long_csv(writer.folder / name, ("Schuljahr", "Stadtteil", "Abschluss", "Anzahl"), rows)
    planted = [Planted(again + 3, "Stadtteil", rows[again][1], "Zeile doppelt")]
    writer.add(
        name, "area_table", len(rows), source="schulentlassene", form="reihe", encoding="utf-8",
        rejected_rows=1, planted=planted, note="Eine Zeile kommt zweimal vor.",
    )  # fmt: skip


def pupils(snap: Snapshot) -> tuple[int, int]:
    """Pupils of classes 1 to 10 in the school year that begins in the year, and those with special needs."""
    r, year = residents(snap), snap.year
    entered = entry_year(r)
    at_school = r.main & (entered <= year) & (entered > year - 10) & (leaving_year(r) > year)
    special = score(r) + 0.9 * (r.luck(419) - 0.5) < -1.88 + 0.012 * (year - 2015)
    return int(at_school.sum()), int((at_school & special).sum())


def _write_special_needs(writer: Writer, snaps: Sequence[Snapshot]) -> None:
    rows = []
    for snap in snaps:
        every, special = pupils(snap)
        rows.append([school_year(snap.year), "Stadt", str(every), str(special)])
        writer.truth(snap.year, {"schueler_1_10": every, "schueler_foerder": special})
    name = "foerderbedarf_reihe_synthetisch.csv"
    header = ("Schuljahr", "Gebiet", "Schüler Klassen 1 bis 10", "davon mit Förderbedarf")
    write_long_csv(writer.folder / name, header, rows)
    writer.add(name, "area_table", len(rows), source="foerderbedarf", form="reihe", encoding="utf-8")


def write_school_series(writer: Writer, snaps: Sequence[Snapshot]) -> None:
    """The school files that hold all years."""
    _write_leavers(writer, snaps)
    _write_special_needs(writer, snaps)
