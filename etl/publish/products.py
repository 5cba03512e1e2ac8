"""What is made of a release: products, each built into the release's folder as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Engine

from etl import settings
from etl.catalogue import Catalogue
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
    """A kind of output: the folder it gets, its German title, what fills the folder, and the file to open first.

    ``turn``: the one that takes longest is begun first. ``from_project``: it reads the city's QGIS project, which is
    made before.
    """

    folder: str
    title: str
    build: Build
    start: str
    turn: int
    from_project: bool = False


PRODUCTS = (
    Product("exporte", "Exporte und Metadaten", build_exports, "LIESMICH.txt", turn=3),
    Product("bericht", "Sozialbericht", build_report, "bericht.html", turn=1),
    Product("atlas", "Web-Atlas", build_atlas, "index.html", turn=4),
    Product("steckbriefe", "Steckbriefe", build_profile_sheets, "steckbriefe.pdf", turn=2, from_project=True),
    Product("qgis", "QGIS-Projekt", build_qgis, PROJECT_FILE, turn=5, from_project=True),
)


def wanted(catalogue: Catalogue) -> list[Product]:
    """The products that the city wants, all where it does not say."""
    return [p for p in PRODUCTS if catalogue.city.products is None or p.folder in catalogue.city.products]


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
    """Build the products that the city wants of the newest draft, as ``vorschau``, and list them; returns the folder.

    Others that an earlier build left there are removed.
    They depend on nothing but the views: each is built in a process of its own, as many at once as there are cores.
    """
    database = str(engine.url.database)
    folder = files.folder_of(database, label)
    products = sorted(wanted(catalogue), key=lambda p: p.turn)
    folder.mkdir(parents=True, exist_ok=True)
    for left in PRODUCTS:
        if left not in products and (folder / left.folder).is_dir():
            shutil.rmtree(folder / left.folder)
    if any(product.from_project for product in products):
        current_project(Source(steps.as_role(engine, service.PREVIEW), "kandidat"), catalogue)
    if len(products) == 1:
        _build_one(products[0].folder, database, catalogue, folder)
    elif products:
        switches = (settings.ui.quiet, settings.ui.json)
        with ProcessPoolExecutor(
            os.cpu_count(), mp_context=get_context("spawn"), initializer=_begin, initargs=switches
        ) as pool:
            running = [pool.submit(_build_one, p.folder, database, catalogue, folder) for p in products]
            try:
                for started in running:
                    started.result()
            except BrokenProcessPool as problem:
                raise SozialberichtError(
                    "Das Bauen der Produkte wurde von außen abgebrochen, meist weil der Arbeitsspeicher nicht reicht. "
                    "Abhilfe: Speicher schaffen und den Befehl wiederholen; veröffentlicht wurde nichts."
                ) from problem
    files.write_manifest(folder)
    return folder


def put_into_database(engine: Engine, catalogue: Catalogue) -> None:
    """Let those who open no files find the published project and its styles in the database, where QGIS looks."""
    if any(product.build is build_qgis for product in wanted(catalogue)):
        store(engine, Source(steps.as_role(engine, service.READER), "sozialbericht"), catalogue)


def _begin(quiet: bool, json: bool) -> None:
    settings.ui.quiet, settings.ui.json = quiet, json


def _build_one(name: str, database: str, catalogue: Catalogue, folder: Path) -> None:
    """One product, in a process of its own with a connection of its own."""
    product = next(p for p in PRODUCTS if p.folder == name)
    opened = engines.open_engine(service.url(database, service.PREVIEW), role=service.PREVIEW)
    begun = time.perf_counter()
    try:
        build_product(product, Source(opened, "kandidat"), catalogue, folder)
    except SozialberichtError as error:
        # its parts may not go from one process to the other
        raise SozialberichtError(str(error)) from None
    finally:
        opened.dispose()
    say(f"    {product.title}: {time.perf_counter() - begun:.0f} s")
