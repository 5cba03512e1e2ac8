"""Housing files: the stock of dwellings, building permits and completions, subsidised housing, homes at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.sample import plan
from etl.sample.blocks import Housing
from etl.sample.cases import residents, write_cases
from etl.sample.city import City, generator
from etl.sample.department_tables import Column, DepartmentTable, write_department_xlsx
from etl.sample.dwellings import Dwellings
from etl.sample.geometry import Floats, Ints
from etl.sample.luck import luck
from etl.sample.people import Role
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

KINDS = np.array(["efh", "zfh", "mfh", "nwg"])
"""Houses with one, with two, with more dwellings, and dwellings in buildings that are not for living in."""
_AREA = np.array([0.0, 122.0, 150.0, 108.0, 68.0, 62.0])
"""Mean floor space of a dwelling by kind of housing (see Housing), m²."""
_NON_RESIDENTIAL = 0.011
_WRONG_TOTAL_YEAR = 2021
_FOOTNOTE_YEAR = 2023
_DAY_BUILT, _DAY_END = "12-31", "31.12."


def kinds(city: City) -> Ints:
    """Kind of building per address as an index into ``KINDS``."""
    n = city.addresses.dwellings
    kind = np.where(n <= 1, 0, np.where(n == 2, 1, 2))
    odd = luck(np.arange(len(n)), city.seed, 301) < _NON_RESIDENTIAL
    return np.where(odd & (n <= 4), 3, kind)


def floor_space(city: City, homes: Dwellings) -> Ints:
    """Floor space of every dwelling in whole square metres.

    Houses differ one by one; the dwellings of a block of flats have one of three sizes each.
    """
    rng = generator(city.seed, 302)
    mean = np.bincount(homes.housing, homes.room, minlength=6) / np.maximum(np.bincount(homes.housing, minlength=6), 1)
    larger: Floats = (homes.room - mean[homes.housing]) / 0.5
    building = np.exp(0.12 * rng.normal(size=len(city.addresses)))
    base = _AREA[homes.housing] * building[homes.address]
    shared = city.addresses.dwellings[homes.address] >= 3
    steps = np.array([0.72, 1.0, 1.32])[np.digitize(larger, [-0.55, 0.65])]
    size = base * np.where(shared, steps, np.exp(0.17 * larger))
    whole: Ints = np.clip(np.rint(size), 18, 390).astype(np.int64)
    return whole


def _write_stock(writer: Writer, snap: Snapshot) -> None:
    city, homes = snap.city, snap.homes
    standing = np.flatnonzero(homes.opened <= snap.year)
    at = homes.address[standing]
    words = {"gebaeudeart": KINDS[kinds(city)[at]], "wohnflaeche_je_wohnung": floor_space(city, homes)[standing]}
    day = f"{snap.year}-{_DAY_BUILT}"
    write_cases(writer, "gebaeude", day, at, words, count="wohnungen", code="gebaeudeart")
    small = np.isin(words["gebaeudeart"], KINDS[:2])
    writer.truth(
        snap.year,
        {
            "wohnungen": len(standing),
            "wohnungen_efh_zfh": int(small.sum()),
            "wohnflaeche": int(words["wohnflaeche_je_wohnung"].sum()),
        },
    )


def _permits(city: City, year: int) -> Ints:
    """Number of dwellings permitted per address in ``year``: what opens one or two years later, and infill.

    Infill stands for permits that nobody has used yet; it makes up for the years after the simulation's end.
    """
    a = city.addresses
    index = np.arange(len(a))
    ahead = np.where(luck(index, city.seed, 303) < 0.6, 1, 2)
    permitted = np.where((a.opened > 0) & (a.opened - ahead == year), a.dwellings, 0)
    unfinished = 250 if year >= plan.LAST_YEAR - 1 else 70
    rng = generator(city.seed, 310_000 + year)
    suited = np.flatnonzero((a.opened == 0) & np.isin(city.blocks.housing[a.block], (1, 3, 4)) & ~a.missing)
    wanted = max(2, round(unfinished / 4 * city.scale))
    chosen = rng.choice(suited, min(wanted, len(suited)), replace=False)
    permitted[chosen] += rng.choice([1, 2, 6, 8], len(chosen), p=[0.45, 0.15, 0.25, 0.15])
    return permitted


def _write_building(writer: Writer, snap: Snapshot) -> None:
    """Permits and completions; completions are exactly the growth of the stock."""
    city, year = snap.city, snap.year
    permitted = _permits(city, year)
    done = np.where(city.addresses.opened == year, city.addresses.dwellings, 0)
    at = np.concatenate([np.flatnonzero(permitted), np.flatnonzero(done)])
    amount = np.concatenate([permitted[permitted > 0], done[done > 0]])
    event = np.repeat(["genehmigung", "fertigstellung"], [(permitted > 0).sum(), (done > 0).sum()])
    kind = np.where(kinds(city)[at] == 3, 3, np.where(amount == 1, 0, np.where(amount == 2, 1, 2)))
    words = {"vorgang": event, "gebaeudeart": KINDS[kind]}
    write_cases(
        writer, "bautaetigkeit", f"{year}-{_DAY_BUILT}", at, words, count="wohnungen", amount=amount, code="vorgang"
    )
    writer.truth(year, {"genehmigungen": int(permitted.sum()), "fertigstellungen": int(done.sum())})


def _bindings(city: City) -> tuple[Ints, Ints, Ints]:
    """Subsidised dwellings per address, and the first and last year of the obligation.

    Old estates were subsidised in one go and their obligations run out one after the other; of every new block of
    flats about a third is subsidised for 35 years.
    """
    a = city.addresses
    index = np.arange(len(a))
    housing, status = city.blocks.housing[a.block], city.blocks.status[a.block]
    flats = (a.dwellings >= 4) & np.isin(housing, (Housing.APARTMENTS, Housing.ESTATE))
    chance = np.clip(0.075 * np.exp(-0.45 * status), 0, 0.6)
    old = flats & (a.opened == 0) & (luck(index, city.seed, 304) < chance)
    new = flats & (a.opened > 0) & (luck(index, city.seed, 304) < 0.4)
    share = np.where(new, 0.6, np.interp(luck(index, city.seed, 305), [0, 1], [0.5, 1.0]))
    number = np.where(old | new, np.maximum(np.rint(a.dwellings * share), 1), 0).astype(np.int64)
    last = np.where(new, a.opened + 35, 2013 + np.floor(34 * luck(index, city.seed, 306) ** 0.8).astype(np.int64))
    return number, a.opened, last


def _write_subsidised(writer: Writer, snap: Snapshot) -> None:
    number, first, last = _bindings(snap.city)
    held = (number > 0) & (first <= snap.year) & (last > snap.year)
    at = np.flatnonzero(held)
    mid_year = luck(at, snap.city.seed, 307) < 0.3
    end = np.char.add(np.where(mid_year, "30.06.", _DAY_END), last[at].astype(str))
    total = write_cases(
        writer, "sozialwohnungen", f"{snap.year}-12-31", at, {"bindungsende": end}, count="wohnungen", amount=number[at]
    )
    soon = last[at] <= snap.year + 10
    writer.truth(snap.year, {"sozialwohnungen": total, "bindung_endet_10": int(number[at][soon].sum())})


@dataclass(frozen=True)
class _AtRisk:
    eviction: NDArray[np.bool_]
    arrears: NDArray[np.bool_]
    other: NDArray[np.bool_]


def _at_risk(snap: Snapshot) -> tuple[_AtRisk, Ints]:
    """Households that may lose their home during the year, and their Stadtteil (0: not located)."""
    r = residents(snap)
    head = r.main & (r.people.role == Role.HEAD)
    course = float(np.interp(snap.year, [2015, 2019, 2020, 2021, 2023, 2025], [1.0, 1.08, 0.85, 0.8, 1.05, 1.2]))
    chance = 0.0052 * course * np.exp(-0.62 * r.status)
    rng = generator(snap.city.seed, 320_000 + snap.year)
    hit = head & (rng.random(len(chance)) < np.clip(chance, 0, 0.2))
    sort = rng.random(len(chance))
    return _AtRisk(hit & (sort < 0.3), hit & (sort >= 0.3) & (sort < 0.83), hit & (sort >= 0.83)), (
        snap.register.stadtteil
    )


def _write_at_risk(writer: Writer, snap: Snapshot) -> None:
    """The department's workbook: title rows, two header rows with merged cells, total row, footnotes."""
    risk, where = _at_risk(snap)
    year = snap.year

    def by_part(flag: NDArray[np.bool_]) -> list[int]:
        return [int(n) for n in np.bincount(where[flag], minlength=6)]

    evictions, arrears, every = by_part(risk.eviction), by_part(risk.arrears), by_part(
        risk.eviction | risk.arrears | risk.other
    )  # fmt: skip
    names = {p.number: p.name for p in plan.STADTTEILE}
    if year == _FOOTNOTE_YEAR:
        names[5] += " 1)"
    rows: list[tuple[str, list[int]]] = [
        (names[i] + (" " if i % 2 else ""), [evictions[i], arrears[i], every[i]]) for i in names
    ]
    rows.append(("ohne Zuordnung", [evictions[0], arrears[0], every[0]]))
    total = [sum(evictions), sum(arrears), sum(every)]
    note = None
    if year == _WRONG_TOTAL_YEAR:
        total[1] += 3
        note = "Die Summenzeile der Mietschulden ist um 3 zu hoch."
    table = DepartmentTable(
        title=(
            f"Wohnungsnotfälle nach Stadtteilen im Jahr {year} (synthetisch)",
            f"Stadt {plan.CITY_NAME}, Sozialamt, Fachstelle für Wohnungssicherung",
        ),
        columns=(
            Column("Stadtteil"),
            Column("Räumungsklagen", "Wohnungsnotfälle"),
            Column("Mietschulden", "Wohnungsnotfälle"),
            Column("insgesamt", "Wohnungsnotfälle"),
        ),
        rows=(*rows, ("Stadt insgesamt", total)),
        footnotes=(
            "1) einschließlich der städtischen Unterkünfte",
            "insgesamt: Räumungsklagen, Mietschulden und übrige Gründe",
            "Synthetische Daten: keine Statistik der Stadt",
        ),
    )
    name = f"wohnungsnotfaelle_tabelle_{year}_synthetisch.xlsx"
    write_department_xlsx(writer.folder / name, "Wohnungsnotfälle", table)
    writer.add(
        name, "area_table", len(rows) + 1, source="wohnungsnotfaelle", form="tabelle", reference_date=f"{year}-12-31",
        note=note, total=sum(every), unlocated=every[0],
    )  # fmt: skip
    writer.truth(
        year, {"raeumungsklagen": sum(evictions), "mietschulden": sum(arrears), "wohnungsnotfaelle": sum(every)}
    )


def write_housing(writer: Writer, snap: Snapshot) -> None:
    """The housing files of a year."""
    _write_stock(writer, snap)
    _write_building(writer, snap)
    _write_subsidised(writer, snap)
    _write_at_risk(writer, snap)
