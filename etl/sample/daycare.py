"""Day care: children in care at their residence on 1 March, places at the facilities on 1 August."""

from __future__ import annotations

import numpy as np

from etl.sample import plan
from etl.sample.cases import residents, write_cases
from etl.sample.city import City, generator
from etl.sample.facilities import facilities
from etl.sample.geometry import Bools, Ints
from etl.sample.nationalities import GERMAN
from etl.sample.people import People
from etl.sample.schools import entry_year
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

_AGES = np.arange(7)
_CARED_FOR_2016 = np.array([0.02, 0.36, 0.68, 0.86, 0.945, 0.96, 0.96])
_CARED_FOR_2026 = np.array([0.03, 0.47, 0.79, 0.90, 0.960, 0.97, 0.97])
"""Share of the children in care by completed years of age."""
_LONG_DAY = (0.44, 0.60)
"""Share cared for more than 35 hours a week in 2016 and in 2026."""


def age_on(born: Ints, day: str) -> Ints:
    """Completed years on an ISO date."""
    birth = born.astype("datetime64[D]")
    at = np.datetime64(day, "D")
    months = (at.astype("datetime64[M]") - birth.astype("datetime64[M]")).astype(np.int64)
    before = (birth - birth.astype("datetime64[M]")) > (at - at.astype("datetime64[M]"))
    years: Ints = (months - before) // 12
    return years


def foreign_mother(people: People) -> Bools:
    """True for those whose mother lives in the city and is a foreign national."""
    order = np.argsort(people.pid)
    place = np.clip(np.searchsorted(people.pid[order], people.mother), 0, len(order) - 1)
    found = people.pid[order][place] == people.mother
    result: Bools = found & (people.nationality[order[place]] != GERMAN)
    return result


def _write_children(writer: Writer, snap: Snapshot) -> None:
    """Children who lived at the address at the turn of the year and are in care on the following 1 March."""
    r, year = residents(snap), snap.year + 1
    day = f"{year}-03-01"
    age = age_on(r.people.born, day)
    along = (year - 2016) / 10
    small = r.main & (age < 7) & (entry_year(r) >= year)
    chance = np.interp(age, _AGES, _CARED_FOR_2016 + along * (_CARED_FOR_2026 - _CARED_FOR_2016))
    # far from every child's chance of one the social field counts, near it hardly
    lift = np.clip(1 + 0.16 * r.status * (1 - chance) / 0.6, 0.3, 1.7)
    chosen = np.flatnonzero(small & (r.luck(401) < np.clip(chance * lift, 0.0, 0.99)))
    abroad = r.foreign | foreign_mother(r.people)
    language = np.where(r.luck(402) < np.where(abroad, 0.80, 0.07), "nicht_deutsch", "deutsch")[chosen]
    long = r.luck(403) < np.clip(_LONG_DAY[0] + along * (_LONG_DAY[1] - _LONG_DAY[0]) + 0.03 * r.status, 0.1, 0.95)
    minder = r.luck(404) < np.where(age < 3, 0.24, 0.012)
    words = {
        "alter": age[chosen],
        "stunden": np.where(long, "ueber 35", "bis 35")[chosen],
        "familiensprache": language,
        "art": np.where(minder, "tagespflege", "kita")[chosen],
    }
    total = write_cases(writer, "kita_betreuung", day, r.address[chosen], words, code="stunden")
    age = age[chosen]
    writer.truth(
        snap.year,
        {
            "kita_folgejahr": total,
            "kita_folgejahr_u3": int((age < 3).sum()),
            "kita_folgejahr_3_6": int(((age >= 3) & (age < 6)).sum()),
        },
    )


def places(city: City, year: int) -> tuple[Ints, list[str], Ints, Ints]:
    """Address, number, places under three and from three on of the day-care centres of 1 August of ``year``.

    In the last year they are those of the list of facilities (at scale 1; fewer in proportion at other scales).
    """
    table = facilities(city, "kita")
    key = ["strassenschluessel", "hausnummer", "zusatz"]
    at = table.join(city.address_table.with_row_index("@"), on=key, how="left", maintain_order="left")["@"].to_numpy()
    whole = table["plaetze"].str.to_integer().to_numpy()
    rng = generator(city.seed, 405)
    share = rng.uniform(0.18, 0.4, len(at))
    opened = np.where(rng.random(len(at)) < 0.1, rng.integers(2016, plan.LAST_YEAR + 1, len(at)), 0)
    growth = np.where(opened > 0, 1.0, np.interp(year, [2015, plan.LAST_YEAR], [0.94, 1.0]))
    under = np.maximum(np.rint(whole * share * growth * city.scale), 1).astype(np.int64)
    over = np.maximum(np.rint(whole * growth * city.scale) - under, 1).astype(np.int64)
    there = opened <= year
    return at[there], [n for n, t in zip(table["einrichtung_nr"], there, strict=True) if t], under[there], over[there]


def _write_places(writer: Writer, snap: Snapshot) -> None:
    at, number, under, over = places(snap.city, snap.year)
    words = {
        "einrichtung_nr": np.array([*number, *number]),
        "altersbereich": np.repeat(["u3", "ue3"], len(at)),
    }
    write_cases(
        writer, "kita_plaetze", f"{snap.year}-08-01", np.concatenate([at, at]), words,
        count="plaetze", amount=np.concatenate([under, over]), code="altersbereich", mistyped=False,
    )  # fmt: skip
    writer.truth(snap.year, {"kita_plaetze_u3": int(under.sum()), "kita_plaetze_ue3": int(over.sum())})


def write_daycare(writer: Writer, snap: Snapshot) -> None:
    """Places of the year, and the children in care on 1 March of the following year."""
    _write_places(writer, snap)
    _write_children(writer, snap)
