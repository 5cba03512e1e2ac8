"""From a delivered file to checked units in EPSG:25832: reading, CRS, repair, keys, coverage."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from etl.districts import coverage, crs, read, repair
from etl.districts.areas import Areas
from etl.districts.findings import Findings, note, warning
from etl.districts.wording import number

SMALL = 1.0
"""Metres of accuracy from which a transformation is worth a note."""


@dataclass(frozen=True)
class Options:
    """How to read a boundary file, as the user said it."""

    key: str
    name: str | None = None
    parent: str | None = None
    layer: str | None = None
    charset: str | None = None
    epsg: int | None = None
    mend: bool = False
    min_sliver: float = coverage.MIN_SLIVER
    gap_width: float = coverage.GAP_WIDTH

    def as_json(self) -> dict[str, Any]:
        """For the load journal: the same file with other options is another load."""
        return asdict(self)


@dataclass(frozen=True)
class Source:
    """Where geometry comes from; ``accuracy_m`` is that of the coordinate operation, in metres."""

    file: str
    sha256: str
    layer: str
    driver: str
    encoding: str
    crs: str
    operation: str
    accuracy_m: float

    def operation_text(self) -> str:
        """The operation and its accuracy in one German phrase."""
        if self.operation == crs.IDENTITY:
            return self.operation
        exact = (
            "innerhalb desselben Bezugssystems" if self.accuracy_m == 0 else f"auf {number(self.accuracy_m, 1)} m genau"
        )
        return f"{self.operation} ({exact})"


@dataclass(frozen=True)
class Prepared:
    """Checked units, what was found, and the source."""

    areas: Areas
    findings: Findings
    source: Source


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of all files of a Shapefile or file geodatabase, hexadecimal."""
    if path.is_dir():
        members = sorted(p for p in path.rglob("*") if p.is_file())
    elif path.suffix.lower() == ".shp":
        parts = {".shp", ".shx", ".dbf", ".prj", ".cpg"}
        members = sorted(p for p in path.parent.glob(f"{path.stem}.*") if p.suffix.lower() in parts)
    else:
        members = [path]
    digest = hashlib.sha256()
    for member in members:
        with member.open("rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def prepare(path: Path, options: Options, extent: crs.Bounds | None = None) -> Prepared:
    """Read and check one level. ``extent`` is the city's plausible extent in EPSG:25832.

    Raises ``InputError`` where reading on makes no sense (unreadable, wrong column, wrong place); everything else is in
    the findings. With ``options.mend`` slivers within the level are mended.
    """
    findings = Findings()
    features = read.read_features(path, layer=options.layer, charset=options.charset)
    areas = read.to_areas(features, key=options.key, name=options.name, parent=options.parent, findings=findings)
    found = crs.found(features.crs_wkt, features.file, options.epsg)
    geoms, operation = crs.to_utm(areas.geoms, found, features.file, extent)
    source = Source(
        file=path.name,
        sha256=file_hash(path),
        layer=features.layer,
        driver=features.driver,
        encoding=features.encoding,
        crs=str(found),
        operation=operation.name,
        accuracy_m=operation.accuracy_m,
    )
    _report_crs(features.crs_wkt, found, source, findings)
    areas, _ = repair.repair(areas.with_geoms(geoms), findings, accepted=options.mend)
    coverage.check_keys(areas, findings)
    if not findings.errors:
        coverage.check_coverage(areas, findings, min_sliver=options.min_sliver, mended=options.mend)
    if options.mend and not findings.errors:
        areas = coverage.mend_coverage(areas, findings, gap_width=options.gap_width)
    return Prepared(areas, findings, source)


def _report_crs(wkt: str | None, found: crs.Crs, source: Source, findings: Findings) -> None:
    if found.forced:
        text = f"auf ausdrückliche Anweisung wird {found} angenommen"
        if wkt is None:
            findings.add(note("crs_given", f"ACHTUNG: die Datei nennt kein Koordinatenbezugssystem; {text}"))
        else:
            declared = crs.found(wkt, source.file)
            if declared.epsg != found.epsg:
                findings.add(warning("crs_overridden", f"ACHTUNG: die Datei nennt {declared}; {text}"))
    if source.accuracy_m >= SMALL:
        findings.add(note("crs_accuracy", f"Umrechnung nach EPSG:25832: {source.operation_text()}"))
