"""Invented schools and day-care centres at addresses of the city."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.sample import plan
from etl.sample.city import City, generator
from etl.sample.geometry import Floats

_KINDS = {
    "kita": (("Kita", 42, "Kita {street}", (45, 130)),),
    "schule": (
        ("Grundschule", 12, "Grundschule {street}", (180, 380)),
        ("Gemeinschaftsschule", 4, "Gemeinschaftsschule {street}", (500, 900)),
        ("Gymnasium", 4, "Gymnasium {street}", (600, 1_000)),
        ("Förderzentrum", 2, "Förderzentrum {street}", (60, 140)),
    ),
}
"""By kind of file: sort of facility, number of them, name, places from and to."""
_CARRIERS = ("Stadt", "kirchlich", "freier Träger", "Elternverein")


def facilities(city: City, kind: str) -> pl.DataFrame:
    """Facilities of the kind „kita“ or „schule“: one row each with address, EPSG:25832 coordinates (m) and places.

    They are spread over the populated city, at most one of a sort in a street.
    """
    rng = generator(city.seed, 8 + list(_KINDS).index(kind))
    a, s = city.addresses, city.streets
    weight: Floats = np.where(a.missing, 0.0, a.dwellings)
    rows: list[dict[str, str]] = []
    for sort, count, title, (least, most) in _KINDS[kind]:
        drawn = rng.permutation(np.flatnonzero(rng.random(len(a)) < 60 * count * weight / weight.sum()))
        _, first = np.unique(a.street[drawn], return_index=True)
        chosen = drawn[np.sort(first)[:count]]
        for i in np.sort(chosen):
            street = str(s.name[a.street[i]])
            carrier = _CARRIERS[int(rng.integers(len(_CARRIERS)))] if kind == "kita" else _CARRIERS[0]
            rows.append(
                {
                    "einrichtung_nr": f"{kind[0].upper()}{len(rows) + 1:03d}",
                    "art": sort,
                    "name": title.format(street=street),
                    "traeger": carrier,
                    "strassenschluessel": str(s.key[a.street[i]]),
                    "strassenname": street,
                    "hausnummer": str(a.number[i]),
                    "zusatz": str(a.suffix[i]),
                    "plz": str(a.postcode[i]),
                    "ort": plan.CITY_NAME,
                    "ost": f"{a.xy[i, 0]:.2f}".replace(".", ","),
                    "nord": f"{a.xy[i, 1]:.2f}".replace(".", ","),
                    "plaetze": str(int(rng.integers(least, most) // 5 * 5)),
                }
            )
    return pl.DataFrame(rows)
