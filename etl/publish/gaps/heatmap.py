"""The heat map: themes by year, and every indicator by year, as a self-contained HTML page.

Colours are one ramp of blue for the share and a palette that people with any colour vision can tell apart; every cell
says its state in letters as well, and in full for screen readers, so that colour is never needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from etl.catalogue import Catalogue
from etl.publish.gaps.read import STATES, THERE, Row
from etl.publish.gaps.summary import Summary

SHORT = {
    "geliefert": "ja",
    "geschaetzt": "gesch.",
    "anteil_geheim": "geh.",
    "teilweise": "teils",
    "verspaetet": "fällig",
    "fehlt": "fehlt",
}
"""What stands in a cell."""


@dataclass(frozen=True)
class Cell:
    """A cell of the heat map: its class in the style sheet, what is written, and the whole sentence."""

    css: str
    short: str
    words: str


NOTHING = Cell("leer", "", "nicht erwartet oder noch nicht fällig")
ALL_WITHHELD = "ganz geh."


def _cell(row: Row | None) -> Cell:
    if row is None:
        return NOTHING
    state = row.zustand_kennzahl
    words = [STATES[state]]
    if row.geheim_anteil not in (None, "keine"):
        words.append(f"geheim: {row.geheim_anteil}")
    if row.grund:
        words.append(row.grund)
    if row.geheim_anteil == "alle":
        return Cell("alles-geheim", ALL_WITHHELD, "geliefert, auf dieser Ebene ganz geheim")
    return Cell(state.replace("_", "-"), SHORT[state], "; ".join(words))


def _share(rows: list[Row]) -> Cell:
    """The share of a theme's indicators that is wholly delivered in a year, in five steps of the ramp."""
    if not rows:
        return NOTHING
    there = sum(r.zustand_kennzahl in THERE for r in rows)
    percent = 100 * there / len(rows)
    words = f"{there} von {len(rows)} Kennzahlen vollständig geliefert"
    return Cell(f"stufe{min(4, int(percent // 25))}", f"{percent:.0f}\u00a0%", words)


def heatmap(catalogue: Catalogue, summary: Summary) -> str:
    """The page as HTML text."""
    years = sorted({r.jahr for r in summary.rows if r.jahr is not None})
    by_cell = {(r.kennzahl, r.jahr): r for r in summary.rows}
    titles = {level.code: level.title for level in catalogue.city.levels}
    codes = {r.kennzahl for r in summary.rows}
    themes = []
    for theme in catalogue.themes:
        own = [r for r in summary.rows if r.thema == theme.code]
        indicators = [
            {
                "code": i.code,
                "title": i.title,
                "level": next((titles[r.ebene] for r in own if r.kennzahl == i.code), ""),
                "cells": [_cell(by_cell.get((i.code, y))) for y in years],
            }
            for i in theme.indicators
            if i.code in codes
        ]
        if own:
            shares = [_share([r for r in own if r.jahr == y]) for y in years]
            themes.append({"title": theme.title, "shares": shares, "indicators": indicators})
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("heatmap.html.j2").render(
        city=catalogue.city.name,
        title=catalogue.city.report_title,
        summary=summary,
        years=years,
        themes=themes,
        legend=[
            *(Cell(s.replace("_", "-"), SHORT[s], STATES[s]) for s in SHORT),
            Cell("alles-geheim", ALL_WITHHELD, "geliefert, auf dieser Ebene ganz geheim"),
            Cell("leer", "(leer)", NOTHING.words),
        ],
    )
