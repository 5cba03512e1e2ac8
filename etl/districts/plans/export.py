"""An adopted version as files: GeoPackage at three scales, assignment table, provenance. No count of persons in any."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fiona
import shapely
import yaml
from fiona.model import Feature, Geometry
from sqlalchemy import Connection, text

from etl import __version__
from etl.catalogue import City
from etl.districts import versions
from etl.districts.load import level_of
from etl.districts.versions import FROZEN, Version
from etl.errors import SozialberichtError

GEOPACKAGE = "bezirke.gpkg"
ASSIGNMENT = "zuordnung.csv"
PROVENANCE = "herkunft.yaml"
ASSIGNMENT_HEADER = ("block", "bezirk", "name")
PUBLIC_FIGURES = (
    "bezirke", "abweichung_prozent", "variationskoeffizient", "ausserhalb_prozent", "heterogenitaet", "kompaktheit",
    "kompaktheit_min", "schnittlaenge_km", "barriere_prozent", "zielwert", "schranke", "luecke_prozent",
)  # fmt: skip
"""Figures of the quality sheet that hold no number of persons."""


_FACTS = """
SELECT v.label, v.title, v.synthetic, lower(v.valid) AS von, v.adopted_at::date AS beschlossen_am, v.adopted_by,
       v.band_reason, v.parameters, b.label AS near, p.quality, p.name AS plan,
       (SELECT string_agg(DISTINCT s.label, ', ') FROM geo.block_assignment a JOIN geo.block k ON k.id = a.block_id
        JOIN geo.block_set s ON s.id = k.block_set_id WHERE a.version_id = v.id) AS block_set,
       (SELECT count(*) FROM geo.assignment_change c WHERE c.version_id = v.id AND c.kind = 'zuordnung') AS moved
FROM geo.district_version v
LEFT JOIN geo.district_version b ON b.id = v.based_on
LEFT JOIN geo.plan p ON p.version_id = v.id AND p.chosen
WHERE v.id = :v
"""


def folder_name(label: str) -> str:
    """The label as the name of a folder: lower case, no umlauts. Raises ``SozialberichtError`` if none is left."""
    plain = label.lower()
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(letter, written)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name:
        raise SozialberichtError(f"Aus „{label}“ lässt sich kein Ordnername bilden.")
    return name


def export(connection: Connection, city: City, label: str, out: Path) -> Path:
    """Write the adopted version to ``out``/<label>/ and return that folder.

    The same version gives the same bytes. Files appear together: they are written beside and moved into place. Raises
    ``SozialberichtError`` if the version is not adopted.
    """
    version = versions.get(connection, label)
    if version.status not in FROZEN:
        raise SozialberichtError(f"Der Gebietsstand „{label}“ ist nicht beschlossen und wird nicht ausgegeben.")
    target = out / folder_name(label)
    fresh = out / f".{target.name}.neu"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    begins = connection.scalar(text("SELECT lower(valid) FROM geo.district_version WHERE id = :v"), {"v": version.id})
    with fiona.Env(OGR_CURRENT_DATE=f"{begins or date(1900, 1, 1):%Y-%m-%d}T00:00:00.000Z"):
        _geopackage(connection, city, version, fresh / GEOPACKAGE)
    _assignment(connection, version, city.district_level or "", fresh / ASSIGNMENT)
    _provenance(connection, city, version, fresh)
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)
    return target


def _levels(city: City) -> Iterator[str]:
    code: str | None = city.district_level
    while code is not None:
        yield code
        code = level_of(city, code).parent


def _geopackage(connection: Connection, city: City, version: Version, path: Path) -> None:
    """A layer for each level, in full (``bezirk``) and for each tolerance (``bezirk_10m``)."""
    for level in _levels(city):
        rows = connection.execute(
            text("""
                SELECT u.key, u.name, p.key, s.tolerance_m, ST_AsBinary(coalesce(s.geom, u.geom)),
                       ST_X(u.label_point), ST_Y(u.label_point)
                FROM geo.unit u LEFT JOIN geo.unit p ON p.id = u.parent_id
                JOIN LATERAL (SELECT NULL::int AS tolerance_m, NULL::geometry AS geom
                              UNION ALL SELECT x.tolerance_m, x.geom FROM geo.unit_simplified x WHERE x.unit_id = u.id
                             ) s ON true
                WHERE u.version_id = :v AND u.level = :level AND u.geom IS NOT NULL
                ORDER BY s.tolerance_m NULLS FIRST, u.key
            """),
            {"v": version.id, "level": level},
        ).all()
        schema = {
            "geometry": "MultiPolygon",
            "properties": {
                "gebiet": "str", "name": "str", "uebergeordnet": "str", "beschriftung_e": "float",
                "beschriftung_n": "float",
            },
        }  # fmt: skip
        for tolerance in dict.fromkeys(r[3] for r in rows):
            layer = level if tolerance is None else f"{level}_{tolerance}m"
            with fiona.open(path, "w", driver="GPKG", layer=layer, crs="EPSG:25832", schema=schema) as sink:
                for key, name, parent, scale, geom, east, north in rows:
                    if scale == tolerance:
                        sink.write(
                            Feature(
                                geometry=Geometry.from_dict(shapely.geometry.mapping(shapely.from_wkb(bytes(geom)))),
                                properties={
                                    "gebiet": key, "name": name, "uebergeordnet": parent, "beschriftung_e": east,
                                    "beschriftung_n": north,
                                },
                            )
                        )  # fmt: skip


def _assignment(connection: Connection, version: Version, level: str, path: Path) -> None:
    """Block, district, name; without blocks a row a district with an empty block."""
    rows = connection.execute(
        text("""
            SELECT coalesce(b.key, ''), u.key, u.name FROM geo.unit u
            LEFT JOIN geo.block_assignment a ON a.unit_id = u.id
            LEFT JOIN geo.block b ON b.id = a.block_id
            WHERE u.version_id = :v AND u.level = :level ORDER BY b.key, u.key
        """),
        {"v": version.id, "level": level},
    ).all()
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\n")
        writer.writerow(ASSIGNMENT_HEADER)
        writer.writerows(tuple(row) for row in rows)


def _provenance(connection: Connection, city: City, version: Version, folder: Path) -> None:
    row = (
        connection.execute(
            text(_FACTS),
            {"v": version.id},
        )
        .mappings()
        .one()
    )
    loads = connection.execute(
        text("""
            SELECT level, file_name, sha256, source_crs FROM geo.boundary_load
            WHERE version_id = :v ORDER BY id
        """),
        {"v": version.id},
    ).all()
    facts: dict[str, Any] = {
        "stadt": city.name,
        "ags": city.ags,
        "gebietsstand": row["label"],
        "titel": row["title"],
        "synthetisch": row["synthetic"],
        "gueltig_ab": row["von"],
        "beschlossen_am": row["beschlossen_am"],
        "beschlossen_von": row["adopted_by"],
        "koordinatensystem": "EPSG:25832",
        "bloecke": row["block_set"],
        "abweichung_vom_band": row["band_reason"],
        "geplant_nahe": row["near"],
        "planung": row["parameters"] or None,
        "plan": row["plan"],
        "von_hand_verschobene_bloecke": row["moved"],
        "guete_des_plans": {k: v for k, v in (row["quality"] or {}).items() if k in PUBLIC_FIGURES} or None,
        "grundlagen": [
            {"ebene": r[0], "datei": r[1], "sha256": r[2], "koordinatensystem": r[3]} for r in loads
        ] or None,
        "programm": f"sozialbericht {__version__}",
        "dateien": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (GEOPACKAGE, ASSIGNMENT)
        },
    }  # fmt: skip
    kept = {key: value for key, value in facts.items() if value is not None}
    with (folder / PROVENANCE).open("w", encoding="utf-8") as handle:
        yaml.safe_dump(kept, handle, allow_unicode=True, sort_keys=False, width=110)
