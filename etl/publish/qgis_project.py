"""The QGIS project: described from the catalogue, built, checked and rendered by PyQGIS."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from etl import settings
from etl.catalogue import Catalogue, Theme
from etl.errors import SozialberichtError
from etl.publish import qgis_history, qgis_layers, qgis_layouts, qgis_overview
from etl.publish.qgis_layers import Group, Layer
from etl.publish.qgis_process import run_script
from etl.publish.qgis_styles import OUTLINE_LABELLED_STYLE, OUTLINE_STYLE, style_name

SHIPPED = settings.PROJECT / "qgis" / "sozialbericht.qgs"
STYLES = settings.PROJECT / "qgis" / "styles"
CRS_LIST = ("EPSG:25832", "EPSG:4326", "EPSG:3857")
BASEMAP = "grundkarte"
UNITS_THEME = "Räumliche Gliederung"
NOTICE_COLOUR = "#8c1d18"
ATLAS_VARIABLE = "sozialbericht_atlas"
ATLAS_ADDRESS = "http://127.0.0.1:8080/atlas/"
"""Where ``serve`` offers the web atlas; a project variable, so that an office can name its own."""
ATLAS_ACTION = {
    "name": "Profil im Webatlas öffnen",
    "address": f'[% @{ATLAS_VARIABLE} %]index.html#gebiet=[% "gebiet" %]',
}


@dataclass(frozen=True)
class MapTheme:
    """A map theme: layer ids from top to bottom with the style each is drawn in."""

    name: str
    layers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CheckedLayer:
    """What the check found about a layer: rows read, keys seen more than once, and whether QGIS can use it."""

    id: str
    name: str
    valid: bool
    features: int
    duplicate_keys: int
    empty_geometries: int
    fields_without_alias: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Valid, with unique keys and geometry in every row."""
        return self.valid and self.duplicate_keys == 0 and self.empty_geometries == 0


@dataclass(frozen=True)
class Map:
    """A map theme, by its full name or the beginning of it (``BEV04``), to be drawn; ``year`` of a time series."""

    theme: str
    out: Path
    year: int | None = None


@dataclass(frozen=True)
class Timing:
    """Seconds by the clock to open the project, and to draw each map theme."""

    load: float
    maps: tuple[tuple[str, float], ...]


def _orientation(catalogue: Catalogue, above: str = "") -> tuple[tuple[str, str], ...]:
    """Outlines of the levels above the mapped one (all, with names, if none is mapped), and the base map's lines.

    Finer outlines would look like a division of the values; the mapped level's own are part of its polygons.
    """
    codes = [known.code for known in catalogue.city.levels]
    coarser = codes[: codes.index(above)] if above else codes
    style = OUTLINE_STYLE if above else OUTLINE_LABELLED_STYLE
    lines = _lines(catalogue)
    return (*((f"gebiet_{code}", style) for code in coarser), (lines.id, lines.current_style))


def _lines(catalogue: Catalogue) -> Layer:
    return next(g for g in qgis_layers.orientation_groups(catalogue) if g.layers[0].id == BASEMAP).layers[0]


def _theme_maps(catalogue: Catalogue, theme: Theme) -> Iterable[MapTheme]:
    """The bare name is the newest value at the indicator's own level; coarser levels and time series are told apart."""
    own = {style_name(indicator): indicator.lowest_level for indicator in theme.shown}
    plural = {level.code: level.plural for level in catalogue.city.levels}
    for layer in qgis_layers.theme_group(catalogue, theme).layers:
        for style in layer.styles:
            newest = "" if layer.level == own[style.name] else f" – {plural[layer.level]}"
            suffix = " – Zeitreihe" if layer.time else newest
            shown = (*_orientation(catalogue, layer.level), (layer.id, style.name))
            yield MapTheme(f"{style.name}{suffix}", shown)


def map_themes(catalogue: Catalogue) -> list[MapTheme]:
    """One map theme an indicator, each also by coarser level and for the time series, and one of the areas alone."""
    themes = [theme for part in catalogue.themes for theme in _theme_maps(catalogue, part)]
    overview = (layer for layer in qgis_overview.overview_group(catalogue).layers if layer.geometry)
    first = [
        MapTheme(layer.current_style, (*_orientation(catalogue, layer.level), (layer.id, layer.current_style)))
        for layer in overview
    ]
    city = (f"gebiet_{catalogue.city.levels[0].code}", OUTLINE_STYLE)
    history = [
        MapTheme(layer.name, (city, (BASEMAP, _lines(catalogue).current_style), (layer.id, layer.current_style)))
        for layer in qgis_history.history_layers(catalogue)
        if layer.geometry
    ]
    return [*first, *themes, MapTheme(UNITS_THEME, _orientation(catalogue)), *history]


def groups(catalogue: Catalogue) -> list[Group]:
    """The layer tree from top to bottom.

    Outlines, facilities and lines stand first because the tree is also the order of drawing.
    """
    units = qgis_layers.unit_group(catalogue)
    history = qgis_history.history_layers(catalogue)
    maps, tables = (tuple(layer for layer in history if bool(layer.geometry) is drawn) for drawn in (True, False))
    return [
        units,
        *qgis_layers.orientation_groups(catalogue),
        qgis_overview.overview_group(catalogue),
        *(group for theme in catalogue.themes if (group := qgis_layers.theme_group(catalogue, theme)).layers),
        Group("gebietsstaende", "Gebietsstände", (*maps, *tables)),
        qgis_layers.table_group(catalogue),
        qgis_layers.background_group(),
    ]


def layers(catalogue: Catalogue) -> list[Layer]:
    """Every layer of the project, in the order of the tree."""
    return [layer for group in groups(catalogue) for layer in group.layers]


def relations(catalogue: Catalogue) -> list[dict[str, Any]]:
    """What a form shows below its columns: the values of an area, the values and gaps of an indicator."""
    area = [[column, column] for column in ("gebietsstand", "ebene", "gebiet")]
    return [
        *(
            {"id": f"werte_{level.code}", "name": "Werte", "of": f"gebiet_{level.code}", "rows": "wert", "pairs": area}
            for level in catalogue.city.levels
        ),
        *(
            {
                "id": f"{rows}_kennzahl",
                "name": name,
                "of": "kennzahl",
                "rows": rows,
                "pairs": [["kennzahl", "kennzahl"]],
            }
            for rows, name in (("wert", "Werte"), ("vergleichsraum", "Vergleichsräume"), ("datenluecke", "Datenlücken"))
        ),
    ]


def _metadata(catalogue: Catalogue) -> dict[str, Any]:
    """Who answers for the project, under which licence, where it is announced; empty without these facts."""
    facts = catalogue.city.publication
    if facts is None:
        return {}
    return {
        "contact": facts.contact, "organisation": facts.publisher, "licence": facts.licence_title,
        "link": facts.address,
    }  # fmt: skip


def _notice(catalogue: Catalogue) -> dict[str, Any]:
    """What the map says where it has nothing to show: the database cannot be reached, or nothing is published yet.

    The layer of the whole city has one row; QGIS counts none where it could not be opened. A project must not run code
    of its own when it is opened, so that a text on the map is the only message it can give.
    """
    words = (
        "Diese Karte erreicht keine Daten.\nMeist fehlt auf diesem Rechner der Datenbankdienst\n"
        f"„{catalogue.city.database}“ (Datei pg_service.conf). Wie er eingerichtet wird,\n"
        "steht in LIESMICH.txt neben dem veröffentlichten Projekt.\n"
        "Sonst ist noch kein Stand veröffentlicht. Auskunft gibt die GIS-Stelle."
    )
    return {"layer": f"gebiet_{catalogue.city.levels[0].code}", "words": words, "size": 11, "color": NOTICE_COLOUR}


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """Everything the builder needs, as JSON-ready data; depends on the catalogue alone."""
    city = catalogue.city
    themes = map_themes(catalogue)
    fields = ", ".join(theme.title for theme in catalogue.themes)
    return {
        "title": city.report_title,
        "abstract": (
            f"Kleinräumige Kennzahlen zur sozialen Lage und Entwicklung, {city.name}. Handlungsfelder: {fields}. "
            "Geheim gehaltene Werte und fehlende Angaben haben eigene Klassen. Ob Daten synthetisch oder Gebiete "
            "vorläufig sind, steht in der Karte und in der Spalte „hinweis“ jeder Ebene."
        ),
        "keywords": ["Sozialbericht", city.name, "Statistische Bezirke", *(t.title for t in catalogue.themes)],
        "organisation": city.name,
        "crs": f"EPSG:{qgis_layers.SRID}",
        "crs_list": list(CRS_LIST),
        "view": list(city.view or city.extent),
        "groups": [asdict(group) for group in groups(catalogue)],
        "map_themes": [asdict(theme) for theme in themes],
        "initial_theme": themes[0].name,
        "relations": relations(catalogue),
        "action": ATLAS_ACTION,
        "variables": {ATLAS_VARIABLE: ATLAS_ADDRESS},
        "metadata": _metadata(catalogue),
        "notice": _notice(catalogue),
        "layouts": qgis_layouts.layouts(catalogue),
    }


def project_file(catalogue: Catalogue) -> Path:
    """Where a catalogue's project lies: the shipped one in ``qgis/``, another city's in a data folder of its own."""
    if catalogue.directory.resolve() == settings.DEFAULT_CATALOGUE.resolve():
        return SHIPPED
    return settings.home() / "qgis" / catalogue.city.database / f"{catalogue.city.database}.qgs"


def build(
    catalogue: Catalogue, out: Path, styles: Path | None = None, service_file: Path | None = None
) -> dict[str, Any]:
    """Write the project to ``out`` and, if a folder is given, the QML of every indicator's style below ``styles``.

    The database behind the catalogue's service must be migrated; its rows do not matter. Returns the QGIS version,
    the number of layers and of styles. Raises SozialberichtError if a layer is not valid.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    task = {"project": describe(catalogue), "out": str(out), "styles": str(styles) if styles else ""}
    return run_script("build_project.py", task, service_file)


def check(project: Path, service_file: Path | None = None) -> list[CheckedLayer]:
    """Open the project and read every layer through; raises SozialberichtError if it cannot be opened."""
    answer = run_script("check_project.py", {"project": str(present(project))}, service_file)
    return [CheckedLayer(**{**found, "fields_without_alias": tuple(found["fields_without_alias"])})
            for found in answer["layers"]]  # fmt: skip


def render(
    project: Path,
    maps: Sequence[Map],
    *,
    size: tuple[int, int] = (1400, 1600),
    service_file: Path | None = None,
) -> dict[str, Any]:
    """Draw map themes as PNG of ``size`` pixels around the area of their lowest layer, without a legend.

    Returns the full names of the themes and what QGIS complained about. Raises SozialberichtError for an unknown theme.
    """
    for wanted in maps:
        wanted.out.parent.mkdir(parents=True, exist_ok=True)
    pictures = [{"theme": wanted.theme, "out": str(wanted.out), "year": wanted.year} for wanted in maps]
    task = {"project": str(present(project)), "maps": pictures, "size": list(size)}
    return run_script("render_map.py", task, service_file)


def measure(
    project: Path, themes: Sequence[str], *, size: tuple[int, int] = (1400, 1600), service_file: Path | None = None
) -> Timing:
    """Seconds to open the project and to draw each of these map themes (names or codes) once, in a fresh process."""
    task = {"project": str(present(project)), "themes": list(themes), "size": list(size)}
    answer = run_script("time_project.py", task, service_file)
    return Timing(answer["load"]["seconds"], tuple((spent["theme"], spent["seconds"]) for spent in answer["maps"]))


def sample_of_themes(catalogue: Catalogue, count: int) -> list[str]:
    """Codes of ``count`` mapped indicators, taken in turn from the themes, first ones first."""
    turns = itertools.zip_longest(*(qgis_layers.mapped(catalogue, theme) for theme in catalogue.themes))
    return [indicator.code for turn in turns for indicator in turn if indicator is not None][:count]


def present(project: Path) -> Path:
    """The project's absolute path; raises SozialberichtError if there is no such file."""
    if not project.is_file():
        raise SozialberichtError(f"Das QGIS-Projekt {project} gibt es noch nicht. Abhilfe: ./sozialbericht qgis build")
    return project.resolve()
