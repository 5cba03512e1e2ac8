"""The grid of the Zensus 2022 for the sample: four tables of 100-m cells in one archive, as they are published.

Dwellings, vacancy, owners and rents follow from the simulated dwellings of 2022; every cell is then changed a little,
as the census does, and cells with few dwellings withhold their shares.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import numpy as np
import pyproj
from numpy.typing import NDArray

from etl.sample.city import generator
from etl.sample.geometry import Floats, Ints
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

SOURCE = "zensus2022_gitter"
DAY = "2022-05-15"
YEAR = 2022
SIZE = 100
NAME = f"{SOURCE}_synthetisch.zip"
NOTE = "Synthetische Daten im Aufbau der Gittertabellen des Zensus 2022"
_RENT = np.array([8.6, 9.1, 10.2, 8.9, 8.7, 7.6])
"""Mean rent by kind of housing (see Housing), euros a square metre."""
_FEW = 4
_UNSURE = 9
_WITHHELD = "–"


def grid_key(x: int, y: int) -> str:
    """Identity of a cell by its midpoint: lower left corner in metres."""
    return f"CRS3035RES{SIZE}mN{y - SIZE // 2}E{x - SIZE // 2}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], encoding: str) -> bytes:
    sink = io.StringIO()
    for row in (heads, *rows):
        sink.write(";".join(row) + "\r\n")
    return sink.getvalue().encode(encoding)


def _german(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def _cells(snap: Snapshot, standing: Ints) -> tuple[Ints, Ints, Ints]:
    """Index of the cell of every standing dwelling, and the cells' midpoints (EPSG:3035)."""
    to_grid = pyproj.Transformer.from_crs(25832, 3035, always_xy=True)
    xy = snap.city.addresses.xy[snap.homes.address[standing]]
    x, y = to_grid.transform(xy[:, 0], xy[:, 1])
    corner = np.column_stack([np.asarray(x) // SIZE, np.asarray(y) // SIZE]).astype(np.int64)
    places, cell = np.unique(corner, axis=0, return_inverse=True)
    return cell.ravel().astype(np.int64), places[:, 0] * SIZE + SIZE // 2, places[:, 1] * SIZE + SIZE // 2


def _occupied(snap: Snapshot, standing: Ints) -> NDArray[np.bool_]:
    """Whether somebody lives in a dwelling; about one in fifty stands empty."""
    return generator(snap.city.seed, 951).random(len(standing)) >= 0.02


def write_grid(writer: Writer, snapshots: Sequence[Snapshot]) -> None:
    """Write the archive of four grid tables for 15 May 2022, if the sample has that year."""
    snap = next((s for s in snapshots if s.year == YEAR), None)
    if snap is None:
        return
    rng = generator(writer.city.seed, 950)
    homes = snap.homes
    standing = np.flatnonzero(homes.opened <= YEAR)
    cell, x, y = _cells(snap, standing)
    occupied = _occupied(snap, standing)
    rented = homes.rented[standing] > 0

    def per_cell(of: NDArray[np.bool_]) -> Floats:
        counted: Floats = np.bincount(cell, of.astype(np.float64), minlength=len(x)).astype(np.float64)
        return counted

    dwellings, lived, owned = per_cell(np.ones(len(cell), bool)), per_cell(occupied), per_cell(occupied & ~rented)
    let = per_cell(occupied & rented)
    changed = np.maximum(0, dwellings + rng.integers(-1, 2, len(x)))
    status = np.bincount(cell, homes.status[standing], minlength=len(x)) / np.maximum(dwellings, 1)
    kind = np.bincount(cell, _RENT[homes.housing[standing]], minlength=len(x)) / np.maximum(dwellings, 1)
    rent = np.clip(kind * (1 + 0.03 * status) + rng.normal(0, 0.4, len(x)), 4.5, 16)
    keys = [(grid_key(int(a), int(b)), str(a), str(b)) for a, b in zip(x, y, strict=True)]
    few, unsure = dwellings < _FEW, dwellings < _UNSURE

    def share(part: Floats, whole: Floats) -> list[tuple[str, str]]:
        value = 100 * part / np.maximum(whole, 1)
        return [
            (_WITHHELD, "") if few[i] else (_german(float(value[i])), "KLAMMERN" if unsure[i] else "")
            for i in range(len(x))
        ]

    wide, wide_cell = np.unique(np.column_stack([x // 1000, y // 1000]), axis=0, return_inverse=True)

    def wide_share(part: Floats, whole: Floats, name: str) -> bytes:
        """The same share by 1-km cell, where next to nothing is withheld."""
        held = np.bincount(wide_cell.ravel(), part), np.bincount(wide_cell.ravel(), whole)
        rows = [
            (f"CRS3035RES1000mN{b * 1000}E{a * 1000}", str(a * 1000 + 500), str(b * 1000 + 500),
             _german(float(100 * p / w)) if w >= _FEW else _WITHHELD, "")
            for (a, b), p, w in zip(wide.tolist(), *held, strict=True)
        ]  # fmt: skip
        return _table(("GITTER_ID_1km", "x_mp_1km", "y_mp_1km", name, mark), rows, "utf-8")

    heads = ("GITTER_ID_100m", "x_mp_100m", "y_mp_100m")
    capitals = ("GITTER_ID_100M", "x_mp_100M", "y_mp_100M")
    mark = "werterlaeuternde_Zeichen"
    shares = {"Leerstandsquote": share(dwellings - lived, dwellings), "Eigentuemerquote": share(owned, lived)}
    tables = {
        "Wohnungen": _table(
            (*capitals, "Insgesamt_Wohnungen"),
            [(*k, str(int(n))) for k, n in zip(keys, changed, strict=True) if n > 0],
            "utf-8",
        ),
        **{
            name: _table((*heads, name, mark), [(*k, *v) for k, v in zip(keys, values, strict=True)], "utf-8")
            for name, values in shares.items()
        },
        "Durchschn_Nettokaltmiete_Anzahl_der_Wohnungen": _table(
            (*heads, "durchschnMieteQM", "AnzahlWohnungen", mark),
            [
                (*k, _WITHHELD, _WITHHELD, "") if n < _FEW - 1 else (*k, _german(r), str(int(n)), "")
                for k, r, n in zip(keys, rent.tolist(), let, strict=True) if n > 0
            ],
            "cp1252",
        ),
    }  # fmt: skip
    files = {f"{name}_100m": raw for name, raw in tables.items()}
    files["Leerstandsquote_1km"] = wide_share(dwellings - lived, dwellings, "Leerstandsquote")
    files["Eigentuemerquote_1km"] = wide_share(owned, lived, "Eigentuemerquote")
    with zipfile.ZipFile(writer.folder / NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            info = zipfile.ZipInfo(f"Zensus2022_{name}-Gitter_synthetisch.csv", (2022, 5, 15, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, raw)
    writer.add(
        NAME, "area_table", len(x), source=SOURCE, form="gitter_100m", reference_date=DAY,
        total=int(changed.sum()), note=NOTE,
    )  # fmt: skip
    writer.truth(
        YEAR,
        {
            "z_wohnungen": int(dwellings.sum()),
            "z_bewohnt": int(lived.sum()),
            "z_eigentum": int(owned.sum()),
            "z_miete_wohnungen": int(let.sum()),
        },
    )
