"""The atlas as a folder that any web server can hold: pages, Leaflet, and data as JSON loaded when needed."""

from __future__ import annotations

import shutil
from pathlib import Path

import jinja2
import polars as pl

from etl.catalogue import Catalogue
from etl.catalogue.chapters import plan_of
from etl.publish.age_groups import age_label
from etl.publish.atlas import tables
from etl.publish.atlas.describe import describe, read_units
from etl.publish.atlas.encode import write_json
from etl.publish.atlas.leaflet import copy_leaflet
from etl.publish.atlas.outlines import base_lines, outlines, read_mapped
from etl.publish.profiles import profiles
from etl.publish.source import Source

WEB = Path(__file__).parent / "web"
PAGE = "index.html.j2"
FIRST = ("card.js", "cells.js", "controls.js", "data.js", "elements.js", "explain.js", "list.js", "map.js",
         "patterns.js", "signs.js", "state.js", "words.js")  # fmt: skip
"""Modules of the first view, fetched at once; the others follow when they are needed."""


def build(source: Source, catalogue: Catalogue, folder: Path) -> None:
    """Fill ``folder``; the same release, the same bytes. Raises SozialberichtError where Leaflet is not installed."""
    data = folder / "daten"
    units = read_units(source, catalogue)
    mapped = read_mapped(source, [level.code for level in catalogue.city.levels[1:]])
    ages = plan_of(catalogue).age_structure
    shown = tables.read_shown(source, units, ages.codes if ages else ())
    about = describe(source, catalogue, units, shown.codes, mapped)
    groups = shown.ages["gruppe"].unique().sort()
    about["alter"] = {"alle": ages.people if ages else None, "gruppen": {g: age_label(g) for g in groups}}
    told = _sentences(source, catalogue)
    about["saetze"] = bool(told)
    write_json(data / "profile.json", told)
    write_json(data / "atlas.json", about)
    write_json(data / "umrisse.json", outlines(mapped))
    write_json(data / "grundkarte.json", base_lines(source, mapped))
    _write_values(catalogue, shown, data)
    _write_results(source, units, data)
    copy_leaflet(folder / "leaflet")
    _write_pages(source, catalogue, folder, about)


def _sentences(source: Source, catalogue: Catalogue) -> dict[str, dict[str, dict[str, list[str]]]]:
    """What the profiles say in words, by level and unit: the same sentences as in the report."""
    told: dict[str, dict[str, dict[str, list[str]]]] = {}
    for one in profiles(source, catalogue):
        told.setdefault(one.level, {})[one.key] = {
            "lage": list(one.situation),
            "staerken": list(one.strengths),
            "belastungen": list(one.strains),
            "auffaellig": list(one.remarkable),
            "einrichtungen": [f"{f.name}, {f.address}" if f.address else f.name for f in one.facilities],
            "hinweise": list(one.notes),
        }
    return told


def _write_values(catalogue: Catalogue, shown: tables.Shown, data: Path) -> None:
    for theme in catalogue.themes:
        own = shown.totals.filter(pl.col("kennzahl").is_in([i.code for i in theme.indicators]))
        if not own.is_empty():
            write_json(data / f"thema_{theme.code}.json", tables.value_table(own))
    write_json(data / "neueste.json", tables.value_table(tables.newest_rows(shown.totals)))
    write_json(data / "altersaufbau.json", tables.value_table(shown.ages))


def _write_results(source: Source, units: pl.DataFrame, data: Path) -> None:
    found = {
        "index": tables.index_table(source, units),
        "typ": tables.type_table(source, units),
        "trend": tables.trend_table(source, units),
    }
    write_json(data / "ergebnisse.json", {name: table for name, table in found.items() if table is not None})


def _write_pages(source: Source, catalogue: Catalogue, folder: Path, about: dict[str, object]) -> None:
    for page in sorted(WEB.iterdir()):
        if page.suffix in (".js", ".css", ".svg"):
            shutil.copyfile(page, folder / page.name)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(WEB), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    page_text = environment.get_template(PAGE).render(
        city=catalogue.city, edition=source.edition, about=about, modules=FIRST,
        first=next((t.code for t in catalogue.themes if (folder / "daten" / f"thema_{t.code}.json").is_file()), ""),
    )  # fmt: skip
    (folder / "index.html").write_text(page_text, encoding="utf-8")
