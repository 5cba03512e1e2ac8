"""What is made of a release: products, each built into the release's folder as a whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from etl.catalogue import Catalogue
from etl.publish.atlas.build import build as build_atlas
from etl.publish.exports.build import build as build_exports
from etl.publish.qgis_store import PROJECT_FILE
from etl.publish.qgis_store import build as build_qgis
from etl.publish.report.build import build as build_report
from etl.publish.source import Source
from etl.publish.steckbriefe import build_all as build_profile_sheets
from etl.releases import files, steps
from etl.warehouse import service

Build = Callable[[Source, Catalogue, Path], None]


@dataclass(frozen=True)
class Product:
    """A kind of output: the folder it gets, its German title, what fills the folder, and the file to open first."""

    folder: str
    title: str
    build: Build
    start: str = ""


PRODUCTS = (
    Product("exporte", "Exporte und Metadaten", build_exports, "LIESMICH.txt"),
    Product("bericht", "Sozialbericht", build_report, "bericht.html"),
    Product("atlas", "Web-Atlas", build_atlas, "index.html"),
    Product("steckbriefe", "Steckbriefe", build_profile_sheets, "steckbriefe.pdf"),
    Product("qgis", "QGIS-Projekt", build_qgis, PROJECT_FILE),
)


def made(folder: Path) -> list[tuple[str, Path]]:
    """German title and first file (or folder) of each product that a release's folder holds."""
    there = [(p.title, folder / p.folder, p.start) for p in PRODUCTS if (folder / p.folder).is_dir()]
    return [(title, place / start if (place / start).is_file() else place) for title, place, start in there]


def listed(folder: Path) -> str:
    """A line a product, for people: what it is and what to open."""
    found = made(folder)
    width = max((len(title) for title, _ in found), default=0) + 1
    return "\n".join(f"  {title + ':':<{width}} {place}" for title, place in found)


def build_product(product: Product, source: Source, catalogue: Catalogue, into: Path) -> Path:
    """Build a product below ``into``; readers find the earlier one or the new one, never a part. Returns its folder."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / product.folder
    with tempfile.TemporaryDirectory(prefix=f".{product.folder}-", dir=into.parent) as scratch:
        fresh = Path(scratch) / "neu"
        fresh.mkdir()
        product.build(source, catalogue, fresh)
        if target.exists():
            target.rename(Path(scratch) / "alt")
        fresh.rename(target)
    return target


def build_draft(engine: Engine, catalogue: Catalogue, label: str) -> Path:
    """Build all products of the newest draft, as ``vorschau``, and list them; returns the release's folder."""
    source = Source(steps.as_role(engine, service.PREVIEW), "kandidat")
    folder = files.folder_of(str(engine.url.database), label)
    for product in PRODUCTS:
        if catalogue.city.products is None or product.folder in catalogue.city.products:
            build_product(product, source, catalogue, folder)
    files.write_manifest(folder)
    return folder
