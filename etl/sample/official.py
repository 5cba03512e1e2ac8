"""Official statistics of the sample: invented figures for the comparison areas, in all three GENESIS layouts.

The order of magnitude is that of the real areas, nothing else; every file says that it is synthetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etl.sample.city import generator
from etl.sample.genesis_files import Table, Value, classic_by_attribute, classic_by_date, flat_new, flat_old
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

NOTE = "Synthetische Daten: alle Werte sind erfunden"
CITY = "01060063"


@dataclass(frozen=True)
class Area:
    """An area of the tables: key as the database writes it, name, and rough size and composition."""

    key: str
    name: str
    people: int
    old: float
    """Share of those from 65 years on."""
    foreign: float
    unemployed: float
    """Share of those from 15 to under 65 years."""


AREAS = (
    Area("01", "Schleswig-Holstein", 2_950_000, 0.237, 0.105, 0.047),
    Area("01001", "Flensburg, kreisfreie Stadt", 92_500, 0.195, 0.155, 0.079),
    Area("01004", "Neumünster, kreisfreie Stadt", 80_000, 0.222, 0.160, 0.085),
    Area("01060", "Segeberg, Landkreis", 283_000, 0.228, 0.098, 0.038),
    Area(CITY, "Norderstedt, Stadt", 80_500, 0.232, 0.118, 0.041),
    # a further municipality of the district, which no comparison asks for
    Area("01060005", "Bad Segeberg, Stadt", 17_600, 0.247, 0.112, 0.058),
)
AGES = {
    "ALT000B03": ("unter 3 Jahre", 3), "ALT003B06": ("3 bis unter 6 Jahre", 3),
    "ALT006B10": ("6 bis unter 10 Jahre", 4),
    "ALT010B15": ("10 bis unter 15 Jahre", 5), "ALT015B18": ("15 bis unter 18 Jahre", 3),
    "ALT018B20": ("18 bis unter 20 Jahre", 2), "ALT020B25": ("20 bis unter 25 Jahre", 5),
    "ALT025B30": ("25 bis unter 30 Jahre", 5), "ALT030B35": ("30 bis unter 35 Jahre", 5),
    "ALT035B40": ("35 bis unter 40 Jahre", 5), "ALT040B45": ("40 bis unter 45 Jahre", 5),
    "ALT045B50": ("45 bis unter 50 Jahre", 5), "ALT050B55": ("50 bis unter 55 Jahre", 5),
    "ALT055B60": ("55 bis unter 60 Jahre", 5), "ALT060B65": ("60 bis unter 65 Jahre", 5),
    "ALT065B75": ("65 bis unter 75 Jahre", 10), "ALT075UM": ("75 Jahre und mehr", 20),
}  # fmt: skip
"""Age groups of the variable ALTX20: code → label and years."""
SEXES = {"GESM": "männlich", "GESW": "weiblich"}
NATIONS = {"NATD": "Deutsche", "NATA": "Ausländer"}
GROUPS = {"AUSL": ("Ausländer", 0.32), "U25": ("15 bis unter 25 Jahre", 0.095),
          "AB55": ("55 bis unter 65 Jahre", 0.23), "LANG": ("langzeitarbeitslos", 0.34)}  # fmt: skip
"""Groups of the unemployed: label and share; they overlap."""
_WIDE = {"ALTX20": ("Altersgruppen (17)", {code: label for code, (label, _) in AGES.items()})}
_SEX = {"GES": ("Geschlecht", SEXES)}

POPULATION = Table(
    "12411-02-03-5", "12411", "Fortschreibung des Bevölkerungsstandes", "BEVSTD", "Bevölkerungsstand",
    "Bevölkerung nach Geschlecht und Altersgruppen (17) - Stichtag 31.12.", "STAG", "Stichtag", _WIDE | _SEX, NOTE,
)  # fmt: skip
NATIONALITY = Table(
    "12411-11-01-5", "12411", "Fortschreibung des Bevölkerungsstandes", "BEVSTD", "Bevölkerungsstand",
    "Bevölkerung nach Geschlecht und Nationalität - Stichtag 31.12.", "STAG", "Stichtag",
    {"NAT": ("Nationalität", NATIONS)}, NOTE,
)  # fmt: skip
UNEMPLOYED = Table(
    "13211-02-05-5", "13211", "Arbeitsmarktstatistik der Bundesagentur für Arbeit", "ERWP06", "Arbeitslose",
    "Arbeitslose nach ausgewählten Personengruppen - Jahresdurchschnitt", "JAHR", "Jahr",
    {"PERSG": ("Personengruppen", {code: label for code, (label, _) in GROUPS.items()})}, NOTE,
)  # fmt: skip
EMPLOYED = Table(
    "13111-02-02-5", "13111", "Beschäftigtenstatistik der Bundesagentur für Arbeit", "ERW033",
    "Sozialversicherungspflichtig Beschäftigte am Wohnort",
    "Sozialversicherungspflichtig Beschäftigte am Wohnort nach Geschlecht - Stichtag 30.06.", "STAG", "Stichtag",
    _SEX, NOTE,
)  # fmt: skip


def _ages(area: Area, year: int, total: int) -> dict[str, int]:
    """Persons by age group, adding up to ``total``: even within life, the old share drifting upward."""
    old = area.old + 0.0012 * (year - 2020)
    share = np.array([years for _, years in AGES.values()], dtype=np.float64)
    share[:-2] *= (1 - old) / share[:-2].sum()
    share[-2:] = old * np.array([0.48, 0.52])
    count = np.floor(share * total).astype(np.int64)
    count[6] += total - int(count.sum())
    return dict(zip(AGES, count.tolist(), strict=True))


@dataclass(frozen=True)
class Figures:
    """All invented figures of one area and year."""

    area: Area
    year: int
    by_age_and_sex: dict[tuple[str, str], int]
    foreign: int
    unemployed: dict[str, int]
    employed: dict[str, int]

    @property
    def people(self) -> int:
        """All inhabitants."""
        return sum(self.by_age_and_sex.values())


def figures(seed: int, scale: float, years: Sequence[int]) -> list[Figures]:
    """Figures of all areas and years; the city's own follow the scale of the sample."""
    out = []
    for number, area in enumerate(AREAS):
        rng = generator(seed, 900 + number)
        size = area.people * (scale if area.key == CITY else 1.0)
        for year in years:
            total = round(size * (1 + 0.004 * (year - 2022)) * (1 + 0.001 * rng.standard_normal()))
            cells: dict[tuple[str, str], int] = {}
            for age, count in _ages(area, year, total).items():
                women = round(count * (0.57 if age == "ALT075UM" else 0.49))
                cells |= {(age, "GESM"): count - women, (age, "GESW"): women}
            working = sum(n for (age, _), n in cells.items() if "ALT015B18" <= age <= "ALT060B65")
            alo = round(working * area.unemployed * (1 + 0.03 * rng.standard_normal()))
            svb = round(working * 0.63)
            out.append(
                Figures(
                    area, year, cells, round(total * (area.foreign + 0.006 * (year - 2022))),
                    {"": alo, **{code: round(alo * share) for code, (_, share) in GROUPS.items()}},
                    {"": svb, "GESM": svb - round(svb * 0.472), "GESW": round(svb * 0.472)},
                )
            )  # fmt: skip
    return out


def _population(found: Sequence[Figures], last: int) -> list[Value]:
    values = []
    for f in found:
        day, mark = f"{f.year}-12-31", "p" if f.year == last else "e"
        for age in ("", *AGES):
            for sex in ("", *SEXES):
                count = sum(n for (a, s), n in f.by_age_and_sex.items() if age in ("", a) and sex in ("", s))
                chosen = {"ALTX20": age, "GES": sex}
                # the small town's oldest are withheld, as such tables do
                secret = f.area.key == "01060005" and age == "ALT075UM" and sex == "GESM"
                values.append(Value(day, f.area.key, f.area.name, chosen, "." if secret else str(count), mark))
    return values


def _nationality(found: Sequence[Figures], last: int) -> list[Value]:
    values = []
    for f in found:
        mark = "p" if f.year == last else "e"
        parts = {"": f.people, "NATD": f.people - f.foreign, "NATA": f.foreign}
        day = f"31.12.{f.year}"
        values += [Value(day, f.area.key, f.area.name, {"NAT": c}, str(n), mark) for c, n in parts.items()]
    return values


def write_official(writer: Writer, snapshots: Sequence[Snapshot]) -> None:
    """Write the four tables of the comparison areas for the years of the snapshots; each file holds the whole series.

    The population comes in all three layouts, of which the first is delivered.
    """
    years = [s.year for s in snapshots]
    last = max(years)
    found = figures(writer.city.seed, writer.city.scale, years)
    population, nations = _population(found, last), _nationality(found, last)
    alo = [
        Value(str(f.year), f.area.key, f.area.name, {"PERSG": c}, str(n))
        for f in found for c, n in f.unemployed.items()
    ]  # fmt: skip
    svb = [
        Value(f"30.06.{f.year}", f.area.key, f.area.name, {"GES": c}, f"{n}r" if f.year == last - 1 else str(n))
        for f in found for c, n in f.employed.items()
    ]  # fmt: skip
    table = classic_by_attribute(POPULATION, population, "GES")
    for source, stem, day, text, encoding, deliver in (
        ("bevoelkerung", "", f"{last}-12-31", flat_new(POPULATION, population), "utf-8", True),
        ("bevoelkerung", "_flat_alt", f"{last}-12-31", flat_old(POPULATION, population), "utf-8", False),
        ("bevoelkerung", "_tabelle", f"{last}-12-31", table, "cp1252", False),
        ("nationalitaet", "", f"{last}-12-31", flat_old(NATIONALITY, nations), "utf-8", True),
        ("arbeitsmarkt", "", f"{last}-12-31", classic_by_attribute(UNEMPLOYED, alo, "PERSG"), "cp1252", True),
        ("beschaeftigte", "", f"{last}-06-30", classic_by_date(EMPLOYED, svb), "cp1252", True),
    ):  # fmt: skip
        name = f"regionalstatistik_{source}{stem}_synthetisch.csv"
        (writer.folder / name).write_bytes(text.encode(encoding))
        writer.add(
            name, "area_table", source=f"regionalstatistik_{source}", form="genesis", reference_date=day,
            encoding=encoding, deliver=deliver, note=NOTE,
        )  # fmt: skip
    own = [f for f in found if f.area.key == CITY]
    for f in own:
        writer.truth(f.year, {"amt_ew": f.people, "amt_ew_ausl": f.foreign, "amt_alo": f.unemployed[""],
                              "amt_svb": f.employed[""]})  # fmt: skip
