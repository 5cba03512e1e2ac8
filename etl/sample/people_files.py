"""The registration office's further files of a year: traits of the residents, events, households."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.sample.city import City, generator
from etl.sample.dirt import AGE_FAULTS, count_faults, soil
from etl.sample.families import KINDS, LONE_PARENT
from etl.sample.geometry import Bools, Ints
from etl.sample.labour import hidden_status
from etl.sample.luck import luck
from etl.sample.movements import OUTSIDE, Event, Events
from etl.sample.people import NOWHERE, first_day
from etl.sample.register import SEX, Extract, address_columns, day_text, nationality_keys, words
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

TRAITS, MOVEMENTS, HOUSEHOLDS = "einwohner_merkmale", "einwohner_bewegung", "haushalte"
LONG_STAY = 10
"""Years at the same address from which on a stay is long."""


def _counted(city: City, year: int, address: Ints, columns: dict[str, pl.Series]) -> pl.DataFrame:
    """Rows counted by address index and columns, as a delivered table of text."""
    counts = pl.DataFrame({"@": address, **columns}).group_by("@", *columns).len("anzahl").sort("@", *columns)
    place = address_columns(city, counts["@"].to_numpy())
    del place["strassenname"]
    return pl.DataFrame(
        {
            "stichtag": pl.repeat(f"31.12.{year}", len(counts), eager=True),
            **place,
            **{name: counts[name].cast(pl.String) for name in columns},
            "anzahl": counts["anzahl"].cast(pl.String),
        }
    )


def migration_background(city: City, data: Extract) -> Bools:
    """Own or a parent's foreign nationality now or earlier, or (by luck of the mother) another background."""
    p = data.people
    family = np.where(p.mother >= 0, p.mother, p.pid)
    age = p.age_on(data.year)
    chance = np.interp(age, [0, 15, 35, 65, 90], [0.27, 0.24, 0.16, 0.10, 0.06]) * np.exp(
        -0.35 * hidden_status(city, data)
    )
    found: Bools = p.roots | (luck(family, city.seed, 61) < np.clip(chance, 0, 0.8))
    return found


def long_stay(data: Extract) -> Bools:
    """At the same address for ten completed years or more on 31 December."""
    stayed: Bools = data.people.moved_in < first_day(data.year - LONG_STAY + 1)
    return stayed


def traits(writer: Writer, now: Snapshot) -> None:
    """``einwohner_merkmale``: age, migration background and length of stay."""
    city, data, year = now.city, now.register, now.year
    main = data.people.main_residence
    background, long = migration_background(city, data)[main], long_stay(data)[main]
    age = data.people.age_on(year)[main]
    rows = _counted(
        city,
        year,
        data.address[main],
        {
            "alter": pl.Series(age),
            "migrationshintergrund": words(("nein", "ja"), background),
            "wohndauer": words(("unter 10", "ab 10"), long),
        },
    )
    faults = [*AGE_FAULTS, ("migrationshintergrund", "vielleicht", "unbekannter Schlüssel"), *count_faults(year)]
    rows, planted = soil(generator(city.seed, 300_000 + year), rows, faults)
    writer.records(
        TRAITS, "gezaehlt", f"{year}-12-31", rows, planted,
        count="anzahl", unlocated=int((~data.located[main]).sum()),
    )  # fmt: skip
    writer.truth(
        year,
        {
            "ew_mh": int(background.sum()),
            "ew_mh_u18": int((background & (age < 18)).sum()),
            "ew_wohndauer_10": int((long & (age >= LONG_STAY)).sum()),
        },
    )


# -- events ------------------------------------------------------------------------------------------------------------

_AT_TARGET = {Event.BIRTH: "geburt", Event.ARRIVAL: "zuzug", Event.MOVE: "umzug_zu"}
_AT_ORIGIN = {Event.DEATH: "tod", Event.DEPARTURE: "fortzug", Event.MOVE: "umzug_fort"}
_ELSEWHERE = ("02000000", "01060039", "01060019", "01056039", "01053100", "01003000", "00000000")
"""Hamburg, places nearby, Lübeck and abroad, the likelier ones first."""
_DATES = ("ereignisdatum", "geburtsdatum")
FIXED_WIDTHS: dict[str, int] = {
    "satznummer": 8,
    "ereignis": 1,
    "ereignisdatum": 8,
    "geburtsdatum": 8,
    "geschlecht": 1,
    "staatsangehoerigkeit": 3,
    "ziel_strassenschluessel": 5,
    "ziel_hausnummer": 4,
    "ziel_zusatz": 4,
    "herkunft_strassenschluessel": 5,
    "herkunft_hausnummer": 4,
    "herkunft_zusatz": 4,
    "herkunft_ags": 8,
    "ziel_ags": 8,
}
"""Columns and their lengths in the fixed-position file, one after the other; dates yyyymmdd. The layout is assumed."""


def _address_of(now: Snapshot, dwelling: Ints) -> Ints:
    """Address index of dwellings; -1 without a fixed abode."""
    return np.where(dwelling < 0, -1, now.homes.address[dwelling])


def _located(city: City, address: Ints) -> Bools:
    found: Bools = (address >= 0) & ~city.addresses.missing[address]
    return found


def _event_rows(now: Snapshot) -> tuple[pl.DataFrame, int]:
    """The events counted at the address they concern, and how many of them lie at no known address."""
    e, year = now.state.events, now.year
    address, word, who = [], [], []
    for names, dwelling in ((_AT_TARGET, e.target), (_AT_ORIGIN, e.origin)):
        for kind, name in names.items():
            chosen = np.flatnonzero(e.kind == kind)
            address.append(_address_of(now, dwelling[chosen]))
            word += [pl.repeat(name, len(chosen), dtype=pl.String, eager=True)]
            who.append(chosen)
    where, person = np.concatenate(address), e.people.take(np.concatenate(who))
    rows = _counted(
        now.city,
        year,
        where,
        {
            "ereignis": pl.concat(word),
            "alter": pl.Series(person.age_on(year)),
            "geschlecht": words(SEX, person.sex),
            "staatsangehoerigkeit": nationality_keys(person.nationality),
        },
    )
    return rows, int((~_located(now.city, where)).sum())


def _two_addresses(now: Snapshot, e: Events) -> dict[str, pl.Series]:
    place: dict[str, pl.Series] = {}
    for side, dwelling in (("ziel", e.target), ("herkunft", e.origin)):
        found = address_columns(now.city, _address_of(now, dwelling))
        outside = pl.Series(dwelling == OUTSIDE)
        for part in ("strassenschluessel", "hausnummer", "zusatz"):
            place[f"{side}_{part}"] = found[part].set(outside, "")
    return place


def event_rows(now: Snapshot) -> pl.DataFrame:
    """One row per event with both addresses; every column is text."""
    e = now.state.events
    draw = luck(e.people.pid, now.city.seed, 62)
    elsewhere = words(_ELSEWHERE, np.floor(draw**2 * len(_ELSEWHERE)).astype(np.int64))
    return pl.DataFrame(
        {
            "satznummer": pl.int_range(1, len(e) + 1, eager=True).cast(pl.String),
            "ereignis": pl.Series(e.kind).cast(pl.String),
            "ereignisdatum": day_text(e.day),
            "geburtsdatum": day_text(e.people.born),
            "geschlecht": words(SEX, e.people.sex),
            "staatsangehoerigkeit": nationality_keys(e.people.nationality),
            **_two_addresses(now, e),
            "herkunft_ags": elsewhere.set(pl.Series(e.kind != Event.ARRIVAL), ""),
            "ziel_ags": elsewhere.set(pl.Series(e.kind != Event.DEPARTURE), ""),
        }
    )


def _write_fixed(writer: Writer, year: int, rows: pl.DataFrame, total: int, unlocated: int) -> None:
    """The same events at fixed positions, without a header: numbers to the right, texts to the left."""
    turned = (pl.col(n).str.slice(6) + pl.col(n).str.slice(3, 2) + pl.col(n).str.slice(0, 2) for n in _DATES)
    rows = rows.with_columns(turned)
    padded = [
        rows[name].str.pad_start(width) if name == "satznummer" else rows[name].str.pad_end(width)
        for name, width in FIXED_WIDTHS.items()
    ]
    lines = pl.DataFrame(padded).select(pl.concat_str(pl.all())).to_series()
    name = f"{MOVEMENTS}_ereignisse_fest_{year}_synthetisch.txt"
    (writer.folder / name).write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    writer.add(
        name, "records", len(rows), source=MOVEMENTS, form="ereignisse_fest", reference_date=f"{year}-12-31",
        encoding="cp1252", declared_encoding="cp1252", deliver=False, total=total, unlocated=unlocated,
    )  # fmt: skip


def movements(writer: Writer, now: Snapshot) -> None:
    """``einwohner_bewegung``: counted rows, a row per event, and in the last year that at fixed positions too."""
    city, year = now.city, now.year
    day = f"{year}-12-31"
    rows, unlocated = _event_rows(now)
    faults = [("ereignis", "heirat", "unbekannter Schlüssel"), *AGE_FAULTS, *count_faults(year)]
    counted, planted = soil(generator(city.seed, 400_000 + year), rows, faults)
    writer.records(MOVEMENTS, "gezaehlt", day, counted, planted, count="anzahl", unlocated=unlocated)

    total = int(rows["anzahl"].cast(pl.Int64).sum())
    rows = event_rows(now)
    faults = [
        ("ereignis", "9", "unbekannter Schlüssel"),
        ("geburtsdatum", "31.02.1980", "Datum gibt es nicht"),
        ("geburtsdatum", f"15.01.{year + 1}", "geboren nach dem Stichtag"),
        ("geschlecht", "q", "unbekannter Schlüssel"),
    ]
    persons, planted = soil(generator(city.seed, 500_000 + year), rows, faults, repeat="satznummer")
    writer.records(
        MOVEMENTS, "ereignisse", day, persons, planted,
        encoding="cp1252", deliver=False, total=total, unlocated=unlocated,
    )  # fmt: skip
    if year == writer.years[-1]:
        _write_fixed(writer, year, rows, total, unlocated)
    names = {Event.BIRTH: "geburten", Event.DEATH: "sterbefaelle", Event.ARRIVAL: "zuzuege"}
    names |= {Event.DEPARTURE: "fortzuege", Event.MOVE: "umzuege"}
    found = now.state.movements
    figures = {names[kind]: n for kind, n in found.items()}
    figures |= {"umzuege_zu": found[Event.MOVE], "umzuege_fort": found[Event.MOVE]}
    e = now.state.events
    young = e.people.age_on(year) < 6
    figures["ankuenfte_u6"] = int((young & np.isin(e.kind, (Event.ARRIVAL, Event.MOVE))).sum())
    figures["abgaenge_u6"] = int((young & np.isin(e.kind, (Event.DEPARTURE, Event.MOVE))).sum())
    writer.truth(year, figures)


def households(writer: Writer, now: Snapshot) -> None:
    """``haushalte``: households by size, children under 18 and type; a model, as from any household generator."""
    city, f, year = now.city, now.families, now.year
    columns = {"groesse": pl.Series(f.size), "kinder": pl.Series(f.minors), "typ": words(KINDS, f.kind)}
    rows = _counted(city, year, f.address, columns)
    faults = [
        ("groesse", "", "Größe fehlt"),
        ("kinder", "-1", "Kinderzahl negativ"),
        ("typ", "wg", "unbekannter Schlüssel"),
        *count_faults(year),
    ]
    rows, planted = soil(generator(city.seed, 600_000 + year), rows, faults)
    writer.records(
        HOUSEHOLDS, "gezaehlt", f"{year}-12-31", rows, planted,
        count="anzahl", unlocated=int((~f.located).sum()),
        note="Haushalte sind ein Modell: wer eine Wohnung teilt; Personen ohne festen Wohnsitz gehören zu keinem.",
    )  # fmt: skip
    figures = {f"hh_{name}": int((f.kind == i).sum()) for i, name in enumerate(KINDS)}
    figures |= {
        "haushalte": len(f),
        "hh_mit_kindern": int((f.minors > 0).sum()),
        "hh_personen": int(f.size.sum()),
        "kinder_alleinerziehend": int(f.minors[f.kind == LONE_PARENT].sum()),
        "ohne_haushalt": int((now.register.people.main_residence & (now.register.people.dwelling == NOWHERE)).sum()),
    }
    writer.truth(year, figures)
