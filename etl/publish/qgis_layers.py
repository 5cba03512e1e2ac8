"""Layers of the QGIS project as plain data: which view, which rows, which key, what it is called and how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from etl.catalogue import Catalogue, Indicator, Level, Source, Theme
from etl.publish.qgis_fields import GAP_TEXTS, Fields, plain_fields, theme_fields
from etl.publish.qgis_styles import (
    Style,
    basemap_style,
    facility_style,
    indicator_style,
    style_name,
    unit_styles,
)
from etl.publish.qgis_text import literal
from etl.warehouse.rebuild import PUBLISHED

SRID = 25832


@dataclass(frozen=True)
class Time:
    """Half-open range columns of a time series, and the inclusive last day that WMS ``TIME`` needs."""

    start: str = "von"
    end: str = "bis"
    last_day: str = "bis_tag"
    service: bool = True
    """Whether WMS offers the dimension; its ends must not be open then."""


@dataclass(frozen=True)
class Layer:
    """A map layer or, without ``geometry``, a table. ``id`` is also its name in WMS, WFS and OGC API Features."""

    id: str
    name: str
    uri: str
    abstract: str
    attribution: str
    fields: Fields
    display: str
    styles: tuple[Style, ...] = ()
    geometry: str = ""
    keywords: tuple[str, ...] = ()
    time: Time | None = None
    current_style: str = ""
    level: str = ""
    """Code of the territorial level its values belong to; empty for all else."""
    profile: bool = False
    """Whether its features are areas that have a profile in the web atlas."""
    provider: str = "postgres"
    published: bool = True
    """Whether the services offer it."""


@dataclass(frozen=True)
class Group:
    """A group of the layer tree, from the top of the map to its bottom."""

    id: str
    name: str
    layers: tuple[Layer, ...]
    expanded: bool = False


def source_uri(service: str, view: str, key: str, geometry: str = "", subset: str = "") -> str:
    """The data source of a view: a service name and nothing that belongs to one machine.

    The uniqueness of keys is not checked by QGIS when it opens the layer, because it is tested here.
    """
    spatial = f" srid={SRID} type={geometry}" if geometry else ""
    text = (
        f"service='{service}' key='{key}' estimatedmetadata=true{spatial} checkPrimaryKeyUnicity='0' "
        f'table="{PUBLISHED}"."{view}"'
    )
    if geometry:
        text += " (geom)"
    return f"{text} sql={subset}" if subset else text


def query_uri(service: str, query: str, key: str, geometry: str, subset: str = "") -> str:
    """The data source of a query over published views; it holds no double quotes."""
    text = " ".join(query.split())
    uri = (
        f"service='{service}' key='{key}' estimatedmetadata=true srid={SRID} type={geometry} "
        f"checkPrimaryKeyUnicity='0' table=\"({text})\" (geom)"
    )
    return f"{uri} sql={subset}" if subset else uri


def sources_of(catalogue: Catalogue, indicator: Indicator) -> list[Source]:
    """Sources an indicator is computed from, in the catalogue's order."""
    terms = (*indicator.terms("numerator"), *indicator.terms("denominator"))
    used = {catalogue.measure[term.measure].source for term in terms}
    return [source for source in catalogue.sources if source.code in used]


def _attribution(catalogue: Catalogue, indicators: tuple[Indicator, ...]) -> str:
    titles = {owner.code: owner.title for owner in catalogue.owners}
    used = {s.code: f"{titles[s.owner]}, {s.title}" for i in indicators for s in sources_of(catalogue, i)}
    return "; ".join(used.values())


def source_text(catalogue: Catalogue, indicator: Indicator) -> str:
    """An indicator's source as readers see it: its own wording, or the titles of its sources."""
    return indicator.source_text or ", ".join(source.title for source in sources_of(catalogue, indicator))


def _definition(catalogue: Catalogue, indicator: Indicator) -> str:
    sources = ", ".join(source.title for source in sources_of(catalogue, indicator))
    note = f" {indicator.note}" if indicator.note else ""
    return f"{style_name(indicator)} ({indicator.unit}): {indicator.definition} Quelle: {sources}.{note}"


def _chain(catalogue: Catalogue, code: str) -> list[str]:
    """Codes of a level and of those it nests in, fine to coarse, up to below the city."""
    known = {level.code: level for level in catalogue.city.levels}
    chain = [code]
    while (parent := known[chain[-1]].parent) is not None:
        chain.append(parent)
    return chain[:-1]


def mapped(catalogue: Catalogue, theme: Theme) -> tuple[Indicator, ...]:
    """The theme's indicators that make a map: what exists for the whole city only stands in the tables."""
    whole = {level.code for level in catalogue.city.levels if level.parent is None}
    return tuple(indicator for indicator in theme.shown if indicator.lowest_level not in whole)


def levels_of(catalogue: Catalogue, theme: Theme) -> list[Level]:
    """Levels a theme has maps of, fine to coarse: those its indicators are published for, below the city."""
    wanted = {code for indicator in mapped(catalogue, theme) for code in _chain(catalogue, indicator.lowest_level)}
    return [level for level in reversed(catalogue.city.levels) if level.code in wanted]


def _theme_layer(
    catalogue: Catalogue, theme: Theme, level: Level, indicators: tuple[Indicator, ...], series: str = ""
) -> Layer:
    """Newest values of a level or, with ``series`` (the layer's id), its values over time."""
    city = catalogue.city
    view = f"{theme.code}_zeitreihe" if series else f"{theme.code}_aktuell"
    styles = tuple(
        indicator_style(i, view, city.report_title, series=bool(series), source=source_text(catalogue, i),
                        city_level=city.levels[0].code)
        for i in indicators
    )  # fmt: skip
    what = "Werte aller Zeiträume" if series else "Jüngste Werte"
    intro = f"{theme.title}: {what}, {level.plural}, {city.name}, aktueller Gebietsstand."
    key = "zeitreihe_id" if series else "gebiet_id"
    subset = f'"ebene" = {literal(level.code)}'
    return Layer(
        id=series or f"{theme.code}_{level.code}",
        name=f"{theme.title} – Zeitreihe ({level.plural})" if series else f"{theme.title} – {level.plural}",
        uri=source_uri(city.database, view, key, "MultiPolygon", subset),
        abstract="\n".join([intro, *(_definition(catalogue, indicator) for indicator in indicators)]),
        attribution=_attribution(catalogue, indicators),
        fields=theme_fields(catalogue, theme),
        display='"name" || \', \' || "zeitraum"' if series else '"name"',
        styles=styles,
        geometry="MultiPolygon",
        keywords=(theme.title, level.title, city.name),
        time=Time() if series else None,
        current_style=styles[0].name,
        level=level.code,
        profile=True,
    )


def theme_group(catalogue: Catalogue, theme: Theme) -> Group:
    """The layers of a theme: newest values a level, fine to coarse, and the time series of the finest level.

    Where indicators of a theme end at different levels, each of these levels has a time series. What was counted once
    (a census) has none.
    """
    levels = levels_of(catalogue, theme)
    layers = []
    for level in levels:
        shown = tuple(i for i in mapped(catalogue, theme) if level.code in _chain(catalogue, i.lowest_level))
        layers.append(_theme_layer(catalogue, theme, level, shown))
    series = f"{theme.code}_zeitreihe"
    repeated = [i for i in mapped(catalogue, theme) if i.periodicity != "einmalig"]
    ends = [level for level in levels if any(i.lowest_level == level.code for i in repeated)]
    for level in ends:
        ending = tuple(i for i in repeated if i.lowest_level == level.code)
        name = series if level is ends[0] else f"{series}_{level.code}"
        layers.append(_theme_layer(catalogue, theme, level, ending, name))
    return Group(
        theme.code, theme.title, tuple(layers), expanded=theme is catalogue.themes[0] and not catalogue.indices
    )


def unit_group(catalogue: Catalogue) -> Group:
    """Outlines of every level, coarse above fine."""
    city = catalogue.city
    layers = []
    for rank, level in enumerate(city.levels):
        styles = unit_styles(rank, level.title, city.report_title)
        subset = f'"aktuell" AND "ebene" = {literal(level.code)}'
        layers.append(
            Layer(
                id=f"gebiet_{level.code}",
                name=level.plural,
                uri=source_uri(city.database, "gebiet", "gebiet_id", "MultiPolygon", subset),
                abstract=f"{level.plural}, {city.name}: Umrisse des aktuellen Gebietsstands mit Fläche und Einwohnern.",
                attribution="",
                fields=plain_fields(catalogue),
                display='"name"',
                styles=styles,
                geometry="MultiPolygon",
                keywords=("Gebietsgliederung", level.title, city.name),
                current_style=styles[0].name,
                profile=True,
            )
        )
    return Group("gliederung", "Räumliche Gliederung", tuple(layers))


def orientation_groups(catalogue: Catalogue) -> Iterator[Group]:
    """Facilities and the lines of the base map."""
    city = catalogue.city
    for view, key, name, geometry, style, abstract in (
        ("einrichtung", "einrichtung_id", "Einrichtungen", "Point", facility_style(),
         "Öffentliche Einrichtungen wie Schulen und Kindertagesstätten."),
        ("grundkarte", "grundkarte_id", "Grundkarte", "MultiLineString", basemap_style(),
         "Straßen, Bahn und Gewässer als Linien zur Orientierung."),
    ):  # fmt: skip
        layer = Layer(
            id=view,
            name=name,
            uri=source_uri(city.database, view, key, geometry),
            abstract=abstract,
            attribution="",
            fields=plain_fields(catalogue),
            display="coalesce(\"name\", '')",
            styles=(style,),
            geometry=geometry,
            keywords=(name, city.name),
            current_style=style.name,
        )
        yield Group(f"gruppe_{view}", name, (layer,))


def table_group(catalogue: Catalogue) -> Group:
    """Tables without geometry: what the figures mean, where they come from, and all of them in long form."""
    city = catalogue.city
    tables = (
        ("kennzahl", "Kennzahlen", '"kennzahl" || \' \' || "titel"', "Definition, Quelle und Einheit je Kennzahl."),
        ("wert", "Werte", '"kennzahl" || \', \' || "name" || \', \' || "zeitraum"', "Alle Werte in langer Form."),
        ("vergleichsraum", "Vergleichsräume", '"kennzahl" || \', \' || "name" || \', \' || "zeitraum"',
         "Amtliche Vergleichswerte für Kreis, Land und andere Städte."),
        ("datenluecke", "Datenlücken", 'concat("kennzahl", \' \', "titel", \' \', "zeitraum")',
         "Was je Kennzahl, Zeitraum, Ebene und zuständiger Stelle vorliegt und was fehlt."),
        ("quelle", "Quellen", '"titel"', "Quellen mit zuständiger Stelle und Rechtsgrundlage."),
        ("lieferung", "Lieferungen", '"quelle" || \', \' || "stichtag"', "Was wann eingegangen ist."),
        ("veroeffentlichung", "Veröffentlichungen", '"stand"', "Stände der Kennzahlen."),
    )  # fmt: skip
    layers = tuple(
        Layer(
            id=view,
            name=name,
            uri=source_uri(city.database, view, f"{view}_id"),
            abstract=abstract,
            attribution="",
            fields=plain_fields(
                catalogue,
                GAP_TEXTS if view == "datenluecke" else None,
                looked_up=view in ("wert", "vergleichsraum", "datenluecke"),
            ),
            display=display,
            keywords=(name, city.name),
        )
        for view, name, display, abstract in tables
    )
    return Group("tabellen", "Tabellen", layers)


WEB_MAP = (
    "https://sgx.geodatenzentrum.de/wmts_basemapde/tile/1.0.0/de_basemapde_web_raster_grau/default/GLOBAL_WEBMERCATOR/"
    "{z}/{y}/{x}.png"
)


def background_group() -> Group:
    """The official web map, below everything else. Plain tiles ask nobody before they are shown."""
    layer = Layer(
        id="webkarte",
        name="basemap.de (Netz, grau)",
        uri=f"type=xyz&url={quote(WEB_MAP, safe=':/.')}&zmin=0&zmax=18",
        abstract="Amtliche Webkarte basemap.de des Bundes und der Länder; wird erst beim Einschalten geholt.",
        attribution="© basemap.de / BKG, CC BY 4.0",
        fields=Fields({}),
        display="",
        provider="wms",
        published=False,
    )
    return Group("hintergrund", "Hintergrundkarte", (layer,))
