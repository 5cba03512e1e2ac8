"""Files of the youth welfare office, and the city's youth centres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from etl.sample import plan
from etl.sample.cases import Residents, residents, write_cases
from etl.sample.city import City, generator
from etl.sample.department_tables import WITHHELD, Column, DepartmentTable, write_department_csv
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.people import Sex
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

# Kind of help as written: cases per 1,000 of the age group, ages from and to below, how the weight of an age runs
# (ages, weights), how long a case lasts (years).
_HELP: tuple[tuple[str, float, int, int, tuple[tuple[float, ...], tuple[float, ...]], float], ...] = (
    ("27", 1.3, 0, 21, ((0, 6, 14, 20), (0.6, 1.2, 1.2, 0.2)), 1.5),
    ("28", 36.0, 0, 21, ((0, 4, 9, 14, 20), (0.4, 1.0, 1.6, 1.2, 0.3)), 0.8),
    ("29", 0.9, 0, 21, ((0, 6, 10, 15, 20), (0.0, 0.4, 2.0, 1.6, 0.1)), 1.2),
    ("30", 5.4, 0, 21, ((0, 6, 12, 17, 20), (0.1, 0.6, 1.6, 2.2, 1.2)), 1.3),
    ("32", 2.2, 0, 21, ((0, 5, 8, 12, 15), (0.0, 0.8, 3.2, 1.6, 0.0)), 1.8),
    ("33", 4.2, 0, 21, ((0, 5, 12, 18, 20), (0.8, 1.1, 1.3, 0.9, 0.2)), 5.0),
    ("34", 5.2, 0, 21, ((0, 6, 12, 16, 18, 20), (0.1, 0.5, 1.2, 3.0, 1.6, 0.5)), 2.0),
    ("35", 0.5, 0, 21, ((0, 13, 17, 20), (0.0, 0.4, 3.0, 1.5)), 1.0),
    ("35a", 12.5, 6, 18, ((6, 8, 11, 15, 17), (0.5, 1.3, 1.5, 0.9, 0.6)), 2.5),
    ("41", 2.0, 0, 21, ((17, 18, 19, 20), (0.0, 1.0, 0.8, 0.5)), 1.2),
    ("42", 3.2, 0, 18, ((0, 3, 10, 15, 17), (1.4, 0.8, 0.7, 1.8, 1.6)), 0.3),
    ("8a", 13.0, 0, 18, ((0, 3, 10, 17), (1.7, 1.3, 0.9, 0.6)), 0.4),
)
EDUCATION_HELP = ("27", "29", "30", "31", "32", "33", "34", "35", "41")
"""Help towards upbringing without counselling, as written in the file."""
_FAMILY_HELP, _FAMILIES_PER_1000 = "31", 17.0
_UNACCOMPANIED, _SUPPORT = "42 UMA", "Beistandschaft"
_TREND = {"28": (1.0, 1.05), "33": (1.05, 0.95), "35a": (0.75, 1.35), "8a": (0.75, 1.3)}
"""Factors on the level in 2015 and 2025; 0.88 and 1.12 for the rest."""
_COURSE_UMA = ([2015, 2016, 2017, 2020, 2021, 2023, 2025], [120.0, 80.0, 30.0, 12.0, 25.0, 70.0, 40.0])
"""Unaccompanied minors taken into care per 1,000 foreign nationals aged 14 to 17."""
_COURT_WITHHELD_BELOW = 5


def _risk(snap: Snapshot, r: Residents) -> Floats:
    """How much likelier than others a young person needs help."""
    poor = np.where((snap.situation.bg >= 0) | (snap.situation.sgb2 > 0), 1.9, 1.0)
    alone = np.where(snap.situation.lone_parent, 2.1, 1.0)
    return np.exp(-0.33 * r.status) * poor * alone


def _level(weights: Floats, base: Bools, per_1000: float) -> Floats:
    """Chances in proportion to the weights that average to the level over the base."""
    mean = float(weights[base].mean()) if base.any() else 1.0
    return np.where(base, weights * (per_1000 / 1000 / max(mean, 1e-9)), 0.0)


def _families_with_help(snap: Snapshot, r: Residents, risk: Floats, trend: float) -> Ints:
    """The youngest child of every household whose family is helped at home."""
    f = snap.families
    minors = np.flatnonzero(r.main & (r.age < 18) & (f.of >= 0))
    order = minors[np.lexsort((-r.people.born[minors], f.of[minors]))]
    _, first = np.unique(f.of[order], return_index=True)
    youngest = np.zeros(len(risk), dtype=bool)
    youngest[order[first]] = True
    chance = _level(risk * np.interp(r.age, [0, 8, 17], [1.3, 1.0, 0.4]), youngest, _FAMILIES_PER_1000 * trend)
    return np.flatnonzero(youngest & r.lasting(371, chance, 1.6))


def helped(snap: Snapshot) -> dict[str, Ints]:
    """Indices of the helped by kind of help as written; §31 has one child for each family."""
    r = residents(snap)
    risk = _risk(snap, r)
    along = (snap.year - 2015) / 10
    found: dict[str, Ints] = {}
    for i, (kind, level, start, stop, (ages, weights), years) in enumerate(_HELP):
        first, last = _TREND.get(kind, (0.88, 1.12))
        base = r.main & (r.age >= start) & (r.age < stop)
        curve = np.interp(r.age, ages, weights)
        chance = _level(curve * risk, base, level * (first + (last - first) * along))
        found[kind] = np.flatnonzero(base & r.lasting(372 + i, chance, years))
    found[_FAMILY_HELP] = _families_with_help(snap, r, risk, 0.88 + 0.24 * along)
    minors = r.main & (r.age < 18)
    alone = minors & snap.situation.lone_parent
    found[_SUPPORT] = np.flatnonzero(alone & r.lasting(391, np.full(len(risk), 0.16), 4))
    without = r.main & r.foreign & (r.age >= 14) & (r.age < 18)
    level = float(np.interp(snap.year, *_COURSE_UMA)) / 1000
    found[_UNACCOMPANIED] = np.flatnonzero(without & r.lasting(392, np.full(len(risk), level), 0.5))
    return found


def _write_help(writer: Writer, snap: Snapshot) -> None:
    r, found = residents(snap), helped(snap)
    chosen = np.concatenate(list(found.values()))
    kind = np.repeat(list(found), [len(v) for v in found.values()])
    words = {"hilfeart": kind, "alter": r.age[chosen]}
    write_cases(writer, "jugendhilfe", f"{snap.year}-12-31", r.address[chosen], words, code="hilfeart")
    figures = {f"jugendhilfe_{k.lower().replace(' ', '_')}": len(v) for k, v in found.items()}
    writer.truth(snap.year, figures | {"hze": sum(len(found[k]) for k in EDUCATION_HELP)})


def _write_court(writer: Writer, snap: Snapshot) -> None:
    """Juvenile court assistance by Stadtteil: title lines, withheld cells, footnotes."""
    r, year = residents(snap), snap.year
    course = float(np.interp(year, [2015, 2019, 2020, 2021, 2023, 2025], [26.0, 23.0, 19.0, 18.0, 23.0, 22.0]))
    base = r.main & (r.age >= 14) & (r.age < 21)
    weights = np.exp(-0.4 * r.status) * np.where(r.people.sex == Sex.MALE, 3.0, 1.0)
    weights *= np.interp(r.age, [14, 16, 18, 20], [0.6, 1.1, 1.3, 1.0])
    hit = base & r.lasting(393, _level(weights, base, course), 0.6)
    counts = np.bincount(snap.register.stadtteil[hit], minlength=6)
    # the office left the cell empty at first and has written a dot since
    sign = "" if year < 2020 else WITHHELD

    def shown(count: int) -> int | str:
        return sign if 0 < count < _COURT_WITHHELD_BELOW else count

    rows = [(p.name, [shown(int(counts[p.number]))]) for p in plan.STADTTEILE]
    rows += [("ohne Zuordnung", [shown(int(counts[0]))]), ("Stadt insgesamt", [int(counts.sum())])]
    meaning = "1) leeres Feld" if not sign else "1) Punkt"
    table = DepartmentTable(
        title=(f"Jugendgerichtshilfe im Jahr {year} (synthetisch)", "Kreis Segeberg, Jugendamt"),
        columns=(Column("Stadtteil"), Column("Personen 14 bis unter 21")),
        rows=rows,
        footnotes=(
            f"{meaning}: Angabe unterbleibt (weniger als {_COURT_WITHHELD_BELOW} Personen)",
            "Synthetische Daten: keine Statistik des Kreises",
        ),
    )
    name = f"jugendgerichtshilfe_tabelle_{year}_synthetisch.csv"
    write_department_csv(writer.folder / name, table)
    writer.add(
        name, "area_table", len(rows), source="jugendgerichtshilfe", form="tabelle", reference_date=f"{year}-12-31",
        encoding="cp1252", declared_encoding="cp1252", total=int(counts.sum()), unlocated=int(counts[0]),
    )  # fmt: skip
    writer.truth(year, {"jgh_personen": int(counts.sum())})


def _write_advance(writer: Writer, snap: Snapshot) -> None:
    r = residents(snap)
    chosen = np.flatnonzero(r.main & snap.situation.uvg)
    total = write_cases(writer, "uvg", f"{snap.year}-12-31", r.address[chosen], {"alter": r.age[chosen]})
    writer.truth(snap.year, {"uvg": total})


_CENTRES, _MEETING_PLACES = 6, 8


def youth_centres(city: City) -> tuple[Ints, Ints, Ints]:
    """Addresses of the city's youth centres and, after them, of the smaller meeting places; places; opening year."""
    rng = generator(city.seed, 394)
    a = city.addresses
    chosen: list[int] = []
    count = _CENTRES + _MEETING_PLACES
    share = np.array([p.people_2025 for p in plan.STADTTEILE], dtype=np.float64)
    where = city.blocks.stadtteil[a.block]
    parts = np.concatenate([np.arange(1, 6), rng.choice(np.arange(1, 6), count - 5, p=share / share.sum())])
    for part in parts:
        here = np.flatnonzero((where == part) & ~a.missing & (a.opened == 0))
        chosen.append(int(rng.choice(here)))
    places = np.where(np.arange(count) < _CENTRES, rng.integers(16, 31, count) * 5, rng.integers(4, 11, count) * 5)
    opened = np.where(np.arange(count) % 5 == 4, rng.integers(2017, 2024, count), 0)
    return np.array(chosen), np.maximum(np.rint(places * city.scale), 1).astype(np.int64), opened


def _write_centres(writer: Writer, snap: Snapshot) -> None:
    at, places, opened = youth_centres(snap.city)
    number = np.array([f"J{i + 1:03d}" for i in range(len(at))])
    kind = np.where(np.arange(len(at)) < _CENTRES, "jugendhaus", "treff")
    open_now = opened <= snap.year
    words = {"einrichtung_nr": number[open_now], "einrichtungsart": kind[open_now]}
    total = write_cases(
        writer, "jugendeinrichtungen", f"{snap.year}-12-31", at[open_now], words,
        count="plaetze", amount=places[open_now], mistyped=False,
    )  # fmt: skip
    writer.truth(snap.year, {"jugend_plaetze": total})


def write_youth(writer: Writer, snap: Snapshot) -> None:
    """The youth welfare files of a year."""
    for write in _FILES:
        write(writer, snap)


_FILES: tuple[Callable[[Writer, Snapshot], None], ...] = (_write_help, _write_court, _write_advance, _write_centres)
