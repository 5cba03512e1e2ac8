"""Layouts of the thematic maps: one map, two years side by side, small maps of all years.

Each is an atlas over the table of indicators: its pages are the indicators, so that title, unit, definition and source
come from the data, and whoever opens it turns the pages or exports them all.
"""

from __future__ import annotations

from collections.abc import Iterable

from etl.catalogue import Catalogue
from etl.publish import qgis_layers
from etl.publish.drawing.lines import MAIN
from etl.publish.qgis_expressions import literal
from etl.publish.qgis_layouts_items import (
    PREFIX,
    QUIET,
    WARNING,
    Atlas,
    Box,
    Item,
    Label,
    Layout,
    Legend,
    Map,
    Rule,
    ScaleBar,
    bar_length,
    north_arrow,
)  # fmt: skip

THEME = "replace(\"kennzahl\" || ' ' || \"titel\", ',', '')"
SERIES = f"{THEME} || ' – Zeitreihe'"
RELEASE = "attribute(get_feature('sozialbericht_veroeffentlichung', 'zustand', 'aktuell'), '{}')"
SOURCE = 'Quelle: [% "quelle" %] ([% coalesce("eigner", \'\') %])'
UNIT = "if(\"einheit\" IN ('', 'Index'), '', ' (' || \"einheit\" || ')')"
VON = '"von"'
NOTICE = 0.09
YEARS = 12
LEFT_YEAR, RIGHT_YEAR = "jahr_links", "jahr_rechts"


def _layer_of(layers: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Expression: the project's id of the layer that holds the values of the page's indicator."""
    cases = " ".join(
        f"WHEN \"kennzahl\" IN ({', '.join(literal(code) for code in codes)}) THEN '{PREFIX}{name}'"
        for name, codes in layers
    )
    return f"CASE {cases} END"


class Holders:
    """Which layer holds the newest values of an indicator at its own level, and which its values over time."""

    def __init__(self, catalogue: Catalogue) -> None:
        own = {i.code: i.lowest_level for i in catalogue.indicators}
        self.newest: dict[str, list[str]] = {}
        self.series: dict[str, list[str]] = {}
        for theme in catalogue.themes:
            for layer in qgis_layers.theme_group(catalogue, theme).layers:
                codes = [style.name.split(" ")[0] for style in layer.styles]
                held = [code for code in codes if own[code] == layer.level]
                if held:
                    (self.series if layer.time else self.newest).setdefault(layer.id, []).extend(held)

    def filter(self, *, series: bool = False) -> str:
        """Expression: the indicators that have such a map."""
        codes = [code for held in (self.series if series else self.newest).values() for code in held]
        return f'"kennzahl" IN ({", ".join(literal(code) for code in codes)})'


def _aggregate(layers: dict[str, list[str]], function: str, value: str) -> str:
    """Aggregate over the rows of the page's layer that know the indicator; ``value`` may use ``{column}``."""
    column = "lower(attribute(@parent, 'kennzahl'))"
    known = f"attribute($currentfeature, {column} || '_status') <> 'fehlt'"
    return (
        f"aggregate(layer:={_layer_of(layers.items())}, aggregate:='{function}', "
        f"expression:={value.format(column=column)}, filter:={known})"
    )


def _frame(catalogue: Catalogue, width: float, height: float, period: str) -> list[Item]:
    """Title above, definition, source, release and notice below."""
    stand, note = RELEASE.format("stand"), RELEASE.format("hinweis")
    wide = width - 24
    return [
        Rule(Box(12, 11, 1.6, 15), color=MAIN),
        Label(Box(16, 10, wide - 60, 5), f"{catalogue.city.report_title} · [% \"thema_titel\" %]", size=8, color=QUIET),
        Label(Box(width - 72, 10, 60, 5), f"Stand [% {stand} %]", size=8, color=QUIET, align="right"),
        Label(Box(16, 14, wide - 6, 8), f"[% \"titel\" || {UNIT} %]", size=14, bold=True),
        Label(Box(16, 21.6, wide - 6, 5), period, size=9, color=QUIET),
        Rule(Box(12, height - 27.5, wide, 0.2)),
        Label(Box(12, height - 26.4, wide, 7), '[% "definition" || coalesce(\' \' || "hinweis", \'\') %]', size=7),
        Label(Box(12, height - 19, wide, 7), SOURCE, size=7, color=QUIET),
        Label(
            Box(12, height - 11.6, wide * 0.7, 4),
            f"{catalogue.city.report_title}, Stand [% {stand} %].",
            size=7, color=QUIET,
        ),
        Label(Box(width - 12 - wide * 0.3, height - 11.6, wide * 0.3, 4), f"[% coalesce({note}, '') %]", size=8,
              bold=True, color=WARNING, align="right"),
    ]  # fmt: skip


def _atlas(filter_: str) -> Atlas:
    return Atlas(
        "kennzahl", THEME, "lower(\"kennzahl\")", '"reihenfolge"', filter_,
    )  # fmt: skip


def _view(catalogue: Catalogue, room: float = 0.0) -> tuple[float, ...]:
    """The city's extent, with ``room`` (share of its height) below it for the notice in the corner of larger maps."""
    west, south, east, north = catalogue.city.view or catalogue.city.extent
    return west, south - room * (north - south), east, north


def thematic(catalogue: Catalogue, name: str, width: float, height: float) -> Layout:
    """One map with legend, scale bar and north arrow."""
    held = Holders(catalogue)
    newest = _aggregate(held.newest, "max", "attribute($currentfeature, {column} || '_zeitraum')")
    side = 62.0
    box = Box(12, 30, width - 24 - side - 4, height - 61)
    legend_x = width - 12 - side
    items: list[Item] = [
        *_frame(catalogue, width, height, f"[% \"bezug\" || coalesce(', ' || {newest}, '') %]"),
        Map(box, "Karte", theme=THEME, extent=_view(catalogue, NOTICE)),
        Legend(Box(legend_x, 32, side, 60), "Karte", tuple(held.newest)),
        ScaleBar(Box(legend_x, height - 40, 50, 8), "Karte", bar_length(catalogue)),
        *north_arrow(width - 22, height - 58),
    ]
    return Layout(name, width, height, 1, tuple(items), _atlas(held.filter()))


def _year(held: Holders, back: int, variable: str = "") -> str:
    """Expression: a year, counted back from the newest with data; a layout variable stands before it."""
    newest = f"year({_aggregate(held.series, 'max', VON)})"
    counted = f"{newest} - {back}" if back else newest
    return f"coalesce(to_int(nullif(@{variable}, '')), {counted})" if variable else counted


def _day(year: str) -> str:
    """Expression: the last day of a year, on which a stock of that year, a flow and a school year are all valid."""
    return f"make_datetime({year}, 12, 31, 0, 0, 0)"


def comparison(catalogue: Catalogue) -> Layout:
    """Two years of an indicator, by default the newest and the one five years before."""
    held = Holders(catalogue)
    width, height, wide = 420.0, 297.0, 164.0
    years = _year(held, 5, LEFT_YEAR), _year(held, 0, RIGHT_YEAR)
    items: list[Item] = [
        *_frame(catalogue, width, height, f'[% {years[0]} %] und [% {years[1]} %] im Vergleich, [% "bezug" %]'),
    ]
    for x, year, name in ((12.0, years[0], "Links"), (12.0 + wide + 4, years[1], "Rechts")):
        items += [
            Label(Box(x, 30, wide, 7), f"[% {year} %]", size=13, bold=True),
            Map(Box(x, 38, wide, height - 69), name, theme=SERIES, extent=_view(catalogue, NOTICE), time=_day(year)),
        ]
    legend_x = 12 + 2 * wide + 8
    items += [
        Legend(Box(legend_x, 38, 56, 60), "Rechts", tuple(held.series)),
        ScaleBar(Box(legend_x, height - 40, 50, 8), "Rechts", bar_length(catalogue)),
        *north_arrow(width - 22, height - 58),
        Label(Box(legend_x, height - 88, 56, 26),
              f"Andere Jahre: in der Druckzusammenstellung unter „Layout“ → „Variablen“ {LEFT_YEAR} und {RIGHT_YEAR} "
              "setzen.",
              size=6.5, color=QUIET),
    ]  # fmt: skip
    return Layout(
        "Zwei Jahre im Vergleich", width, height, 1, tuple(items), _atlas(held.filter(series=True)),
        {LEFT_YEAR: "", RIGHT_YEAR: ""},
    )  # fmt: skip


def small_multiples(catalogue: Catalogue) -> Layout:
    """A small map a year, twelve at most; years without data stay out."""
    held = Holders(catalogue)
    width, height, columns = 420.0, 297.0, 6
    wide, high, gap = 63.5, 82.0, 3.0
    first, newest = (f"year({_aggregate(held.series, f, VON)})" for f in ("min", "max"))
    items: list[Item] = [
        *_frame(catalogue, width, height, f'Entwicklung [% {first} %] bis [% {newest} %], [% "bezug" %]'),
    ]
    for nth in range(YEARS):
        x, y = 12 + nth % columns * (wide + gap), 30 + nth // columns * (high + 8)
        year = _year(held, YEARS - 1 - nth)
        there = f"{year} >= {first}"
        items += [
            Label(Box(x, y, wide, 6), f"[% if({there}, {year}, '') %]", size=10, bold=True),
            Map(Box(x, y + 6, wide, high), f"Karte {nth + 1}", theme=SERIES, extent=_view(catalogue), time=_day(year),
                show=there),
        ]  # fmt: skip
    below = 30 + 2 * (high + 8) + 2
    items += [
        Legend(Box(12, below, 260, 40), f"Karte {YEARS}", tuple(held.series), columns=3),
        ScaleBar(Box(width - 90, below + 6, 50, 8), f"Karte {YEARS}", bar_length(catalogue)),
        *north_arrow(width - 22, below),
    ]
    return Layout("Alle Jahre", width, height, 1, tuple(items), _atlas(held.filter(series=True)))


def map_layouts(catalogue: Catalogue) -> list[Layout]:
    """All layouts of thematic maps; those over time only where something is counted repeatedly."""
    made = [
        thematic(catalogue, "Thematische Karte A4", 297, 210),
        thematic(catalogue, "Thematische Karte A3", 420, 297),
    ]
    if any(Holders(catalogue).series.values()):
        made += [comparison(catalogue), small_multiples(catalogue)]
    return made
