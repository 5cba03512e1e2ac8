"""What is made of a release: products, each built into the release's folder as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Engine

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.console import say
from etl.errors import SozialberichtError
from etl.publish.atlas.build import build as build_atlas
from etl.publish.exports.build import build as build_exports
from etl.publish.qgis_store import PROJECT_FILE, current_project, store
from etl.publish.qgis_store import build as build_qgis
from etl.publish.report.build import build as build_report
from etl.publish.source import Source
from etl.publish.steckbriefe import build_all as build_profile_sheets
from etl.releases import files, steps
from etl.warehouse import engine as engines
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

FROM_PROJECT = (build_profile_sheets, build_qgis)
"""What reads the city's QGIS project, which is made before."""
LONGEST = ("bericht", "steckbriefe", "exporte", "atlas", "qgis")
"""Folders of products, the one that takes longest first."""


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
    """Build all products of the newest draft, as ``vorschau``, and list them; returns the release's folder.

    They depend on nothing but the views: each is built in a process of its own, as many at once as there are cores.
    """
    database = str(engine.url.database)
    folder = files.folder_of(database, label)
    wanted = [p for p in PRODUCTS if catalogue.city.products is None or p.folder in catalogue.city.products]
    if any(product.build in FROM_PROJECT for product in wanted):
        current_project(Source(steps.as_role(engine, service.PREVIEW), "kandidat"), catalogue)
    # the longest first, so that none of them begins when the others are done
    work = [(p.folder, database, catalogue.directory, folder)
            for p in sorted(wanted, key=lambda p: LONGEST.index(p.folder))]  # fmt: skip
    if len(work) == 1:
        _build_one(*work[0])
    else:
        switches = (settings.ui.quiet, settings.ui.json)
        with ProcessPoolExecutor(
            os.cpu_count(), mp_context=get_context("spawn"), initializer=_begin, initargs=switches
        ) as pool:
            for started in [pool.submit(_build_one, *part) for part in work]:
                started.result()
    files.write_manifest(folder)
    return folder


def put_into_database(engine: Engine, catalogue: Catalogue) -> None:
    """Let those who open no files find the published project and its styles in the database, where QGIS looks."""
    if catalogue.city.products is None or "qgis" in catalogue.city.products:
        store(engine, Source(steps.as_role(engine, service.READER), "sozialbericht"), catalogue)


def _begin(quiet: bool, json: bool) -> None:
    settings.ui.quiet, settings.ui.json = quiet, json


def _build_one(name: str, database: str, directory: Path, folder: Path) -> None:
    """One product, in a process of its own: what it needs is read anew."""
    product = next(p for p in PRODUCTS if p.folder == name)
    opened = engines.open_engine(service.url(database, service.PREVIEW), role=service.PREVIEW)
    begun = time.perf_counter()
    try:
        build_product(product, Source(opened, "kandidat"), load_catalogue(directory), folder)
    except SozialberichtError as error:
        # its parts may not go from one process to the other
        raise SozialberichtError(str(error)) from None
    finally:
        opened.dispose()
    say(f"    {product.title}: {time.perf_counter() - begun:.0f} s")
