"""QGIS expressions of labels, map tips and the notice on the map, for one indicator or area.

Expressions must run in QGIS 3.22 and newer, in Desktop, in PyQGIS and in QGIS Server alike.
"""

from __future__ import annotations

import html

from etl.catalogue import Indicator
from etl.publish.german import COMPARED, MINUS, SHOWN, STATUS, STATUS_SHORT, unit_suffix

SIGNED_KINDS = ("veraenderung", "saldo")
LABEL_LINE = 19
"""Letters after which a district's name goes on in the next line."""
LABEL_NAME = f"wordwrap(replace(\"name\", ' (vorläufig)', ''), {LABEL_LINE})"
"""A name on the map; that districts are provisional is said once, in the map's corner."""

NEWEST_ONLY = '@map_start_time is not null or "bis" = to_date(maximum("bis"))'
"""In a time series: where no time controller chooses a period, only the newest has labels. The TIME of WMS is no such
controller, so that its maps of earlier periods have none."""

# Lower left corner of the map, wherever the reader has moved it. All features want their notice at this one place, so
# that the label engine keeps one of them. Tiles of a few hundred pixels stay without.
_CORNER = (
    "make_point(x_min(@map_extent) + 0.008 * (x_max(@map_extent) - x_min(@map_extent)), "
    "y_min(@map_extent) + 0.008 * (y_max(@map_extent) - y_min(@map_extent)))"
)
NOTICE_X = f"x(transform({_CORNER}, @map_crs, 'EPSG:25832'))"
NOTICE_Y = f"y(transform({_CORNER}, @map_crs, 'EPSG:25832'))"
SMALLEST_MAP_METRES = 0.08
NOTICE_FILTER = (
    "\"hinweis\" <> '' and bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale"
    f" > {SMALLEST_MAP_METRES}"
)


CLASS_COLOUR = "@symbol_color"
"""Fill of the class a feature is drawn in."""


def literal(text: str) -> str:
    """A text as QGIS expression literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def column(name: str) -> str:
    """A column as QGIS expression."""
    return '"' + name.replace('"', '""') + '"'


def notice(title: str) -> str:
    """Text of the notice in the map's corner: report, then what readers must know (synthetic, provisional)."""
    return f'{literal(title + ": ")} || "hinweis"'


def _number(indicator: Indicator, value: str) -> str:
    """A number as Germans write it, with a true minus."""
    return f"replace(format_number({value}, {indicator.decimals}, 'de'), '-', '{MINUS}')"


def _interval(indicator: Indicator) -> str:
    """„<br>95-%-Konfidenzintervall 15,1 bis 16,0, verglichen mit der Stadt: höher“; nothing where there is none."""
    code = indicator.code.lower()
    low, high, compared = (column(f"{code}_{part}") for part in ("ki_u", "ki_o", "signifikanz"))
    words = ", ".join(f"{literal(key)}, {literal(text)}" for key, text in COMPARED.items())
    beside = f"coalesce(', verglichen mit der Stadt: ' || map_get(map({words}), {compared}), '')"
    bounds = f"{_number(indicator, low)} || ' bis ' || {_number(indicator, high)}"
    return f"coalesce('<br>95-%-Konfidenzintervall ' || {bounds} || {beside}, '')"


def indicator_value(indicator: Indicator, *, short: bool = False) -> str:
    """„16,3 %“, or the state in words („geheim gehalten“) where there is no value."""
    code = indicator.code.lower()
    value, status = column(code), column(f"{code}_status")
    shown = _number(indicator, value)
    if indicator.kind in SIGNED_KINDS:
        shown = f"if({value} > 0, '+', '') || {shown}"
    suffix = unit_suffix(indicator.unit) if not short or indicator.unit == "%" else ""
    if suffix:
        shown += f" || {literal(suffix)}"
    words = STATUS_SHORT if short else STATUS
    states = " ".join(
        f"WHEN {status} = {literal(code)} THEN {literal(text)}" for code, text in words.items() if code not in SHOWN
    )
    return (
        f"CASE WHEN {status} = 'gueltig' THEN {shown} WHEN {status} = 'unsicher' THEN {shown} || ' (unsicher)' "
        f"{states} ELSE {literal(words['fehlt'])} END"
    )


def indicator_label(indicator: Indicator) -> str:
    """Name and value in two or more lines."""
    return f"{LABEL_NAME} || '\\n' || {indicator_value(indicator, short=True)}"


def _tip(rows: list[str]) -> str:
    return '<div style="font-family: sans-serif; white-space: nowrap">' + "<br>\n".join(rows) + "</div>"


def indicator_tip(indicator: Indicator) -> str:
    """Map tip (HTML): name, indicator, value with unit (or its state in words), interval, period, notice."""
    code = indicator.code.lower()
    return _tip(
        [
            '<b>[% "name" %]</b> ([% "gebiet" %])',
            html.escape(indicator.title),
            f"<b>[% {indicator_value(indicator)} %]</b>[% {_interval(indicator)} %]",
            f"Zeitraum [% coalesce({column(code + '_zeitraum')}, '–') %]",
            '<i>[% "hinweis" %]</i>',
        ]
    )


UNIT_TIP = _tip(
    [
        '<b>[% "name" %]</b> ([% "gebiet" %])',
        "[% CASE WHEN \"einwohner\" IS NOT NULL THEN format_number(\"einwohner\", 0, 'de') || ' Einwohner (' || "
        "\"einwohner_zeitraum\" || ')' ELSE 'Einwohner: keine Angabe' END %]",
        '[% format_number("flaeche_ha", 1, \'de\') %] ha, Gebietsstand [% "gebietsstand" %]',
        '<i>[% "hinweis" %]</i>',
    ]
)
FACILITY_TIP = _tip(
    ['<b>[% "name" %]</b>', "[% coalesce(\"anschrift\", '') %]", "<i>[% coalesce(\"hinweis\", '') %]</i>"]
)
