"""``blocks build``: makes a set of building blocks from what the database holds, or from a grid of cells."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import crs, store, versions
from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.blockbuild.faces import Cleaning, Limits, around, clusters, enclosed
from etl.districts.blocks import LEVEL, above_districts
from etl.districts.coverage import check_coverage
from etl.districts.findings import Findings
from etl.districts.grid import GridOptions, cells
from etl.districts.nesting import check_nesting
from etl.districts.prepare import Source
from etl.districts.report import Report
from etl.districts.wording import count, number
from etl.errors import SozialberichtError

METHODS = {"lines": "enclosed", "grid": "grid", "clusters": "cluster"}


@dataclass(frozen=True)
class BuildOptions:
    """Method (lines, grid, clusters), label of the set, and what the method needs (metres, square metres)."""

    method: str
    label: str
    spacing: float = 150.0
    limits: Limits = field(default_factory=Limits)
    grid_file: Path | None = None
    grid: GridOptions | None = None


def build_blocks(connection: Connection, city: City, options: BuildOptions) -> Report:
    """Form building blocks that tile each Stadtteil of the current version exactly, and locate all addresses in them.

    The set becomes the current one. Raises ``SozialberichtError`` where Stadtteile, lines or addresses are missing, or
    where the blocks would not tile them.
    """
    if options.method not in METHODS:
        raise SozialberichtError(f"Die Methode „{options.method}“ gibt es nicht; vorhanden: {', '.join(METHODS)}.")
    versions.lock(connection)
    version, level = versions.current(connection), above_districts(city)
    parents = store.read_units(connection, version.id, level.code) if version and level else None
    if level is None or parents is None or not len(parents):
        raise SozialberichtError("Es fehlen die Stadtteile; bitte zuerst boundaries load … --level stadtteil.")
    areas, cleaning = _formed(connection, city, options, parents)
    findings = Findings()
    check_coverage(areas, findings)
    check_nesting(areas, parents, findings, min_sliver=1.0)
    said = asdict(options.limits) | {"method": options.method, "label": options.label, "spacing": options.spacing}
    digest = hashlib.sha256(b"".join(shapely.to_wkb(areas.geoms))).hexdigest()
    source = Source(f"Blöcke aus {options.method}", digest, "", "gebildet", "utf-8", "EPSG:25832", "keine", 0.0)
    report = Report(source, "Block", options.label, areas, findings)
    if refusal := report.refusal():
        raise refusal
    synthetic = version is not None and version.synthetic
    store.write_blocks(connection, options.label, areas, method=METHODS[options.method], synthetic=synthetic)
    located, lost = store.locate_addresses(connection)
    report.result = (
        f"{count(len(areas), 'Block', 'Blöcke')} als „{options.label}“ gebildet. {number(located)} Adressen liegen in"
        f" einem Block, {number(lost)} in keinem. Bereinigt: lose Enden {cleaning.dangles}, Sackgassen {cleaning.cuts},"
        f" schmale Flächen {cleaning.slivers}, Inseln und Kreisel {cleaning.islands}, abgeschnittene Stücke"
        f" {cleaning.fragments}; zum Nachbarn gegeben {cleaning.absorbed}."
    )
    summary = report.summary() | {"cleaning": asdict(cleaning)}
    store.record_load(connection, source, store.Journal(LEVEL, None, said, summary, synthetic))
    return report


def _formed(connection: Connection, city: City, options: BuildOptions, parents: Areas) -> tuple[Areas, Cleaning]:
    if options.method == "lines":
        lines = _geometries(
            connection, "SELECT ST_AsBinary(geom) FROM geo.basemap WHERE ST_Dimension(geom) = 1 ORDER BY id"
        )
        if not len(lines):
            raise SozialberichtError("Es sind keine Linien geladen; bitte zuerst boundaries basemap … --kind strasse.")
        return enclosed(parents, lines, _addresses(connection), options.limits)
    if options.method == "grid":
        if options.grid_file is None or options.grid is None:
            raise SozialberichtError("Für --method grid sind --grid, --x, --y und --size nötig.")
        _, squares = cells(options.grid_file, options.grid)
        middle, _ = crs.to_utm(
            shapely.centroid(squares), crs.from_epsg(options.grid.epsg), options.grid_file.name, city.extent
        )
        return around(parents, np.column_stack([shapely.get_x(middle), shapely.get_y(middle)]))
    points = _addresses(connection)
    if not len(points):
        raise SozialberichtError("Es sind keine Adressen geladen; bitte zuerst addresses load.")
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return around(parents, clusters(xy, options.spacing))


def _addresses(connection: Connection) -> Geometries:
    return _geometries(connection, "SELECT ST_AsBinary(geom) FROM geo.address ORDER BY id")


def _geometries(connection: Connection, query: str) -> Geometries:
    return geometry_array([shapely.from_wkb(bytes(raw)) for raw in connection.scalars(text(query))])
