"""QGIS expressions of labels, map tips and the notice on the map, for one indicator or area.

Expressions must run in QGIS 3.22 and newer, in Desktop, in PyQGIS and in QGIS Server alike.
"""

from __future__ import annotations

import html

from etl.catalogue import Indicator
from etl.publish import qgis_text
from etl.publish.german import COMPARED, MINUS, SHOWN, STATUS, STATUS_SHORT, TREND, unit_suffix
from etl.publish.qgis_chart import chart

literal, column = qgis_text.literal, qgis_text.column
SIGNED_KINDS = ("veraenderung", "saldo")
LABEL_LINE = 19
"""Letters after which a district's name goes on in the next line."""
SMALL_SCALE = 100_000
"""Scale as denominator beyond which a name would not fit its district: keys stand for names there."""
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
_MAP_METRES = "bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale"
SMALLEST_MAP_METRES = 0.08
LETTER_METRES = 0.0017
NOTICE_FILTER = f"{_MAP_METRES} > {SMALLEST_MAP_METRES}"
NOTICE_COLOUR = "if(\"hinweis\" <> '', '#8a1c1c', '#404040')"


CLASS_COLOUR = "@symbol_color"
"""Fill of the class a feature is drawn in."""


def notice(title: str, what: str = "", source: str = "", *, series: bool = False) -> str:
    """Text in the map's corner: report, what the map shows of when and by which source, what readers must know.

    ``what``: title of an indicator or index; ``source``: as shown to readers; ``series``: the period is that of the
    time controller, if one is at work. Synthetic data and provisional districts stand in the view's notice.
    """
    parts = [literal(title)]
    if what:
        parts.append(literal(f": {what}"))
        period = 'if(@map_start_time is not null, "zeitraum", null)' if series else 'maximum("zeitraum")'
        parts.append(f"coalesce(' ' || {period}, '')")
    if source:
        parts.append(literal(f". Quelle: {source}"))
    parts.append("if(\"hinweis\" <> '', '; ' || \"hinweis\", '')")
    return f"wordwrap({' || '.join(parts)}, max(30, to_int({_MAP_METRES} / {LETTER_METRES})))"


def indicator_notice(indicator: Indicator, title: str, source: str, *, series: bool) -> str:
    """The notice of an indicator's map; its period is the newest of the indicator, not of the theme."""
    text = notice(title, indicator.title, source, series=series)
    return text if series else text.replace('"zeitraum"', column(f"{indicator.code.lower()}_zeitraum"))


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


def _trend(indicator: Indicator) -> str:
    """„<br>Trend der fünf Jahre bis dahin: steigend“; nothing where none was computed."""
    words = ", ".join(f"{literal(key)}, {literal(text)}" for key, text in TREND.items())
    trend = column(f"{indicator.code.lower()}_trend")
    return f"coalesce('<br>Trend der fünf Jahre bis dahin: ' || map_get(map({words}), {trend}), '')"


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
    """Name and value in two or more lines; on small maps the area's key stands for its name."""
    return f"{area_label()} || '\\n' || {indicator_value(indicator, short=True)}"


def area_label() -> str:
    """An area's name, or its key where the map is too small for names."""
    return f'if(@map_scale > {SMALL_SCALE}, "gebiet", {LABEL_NAME})'


def _tip(rows: list[str]) -> str:
    return '<div style="font-family: sans-serif; white-space: nowrap">' + "<br>\n".join(rows) + "</div>"


def indicator_tip(indicator: Indicator, city_level: str) -> str:
    """Map tip (HTML): name, indicator, value with unit (or its state in words), interval, trend, chart, notice.

    ``city_level``: code of the level that is the whole city, whose series the chart shows beside the area's.
    """
    code = indicator.code.lower()
    return _tip(
        [
            '<b>[% "name" %]</b> ([% "gebiet" %])',
            html.escape(indicator.title),
            f"<b>[% {indicator_value(indicator)} %]</b>[% {_interval(indicator)} %]",
            f"Zeitraum [% coalesce({column(code + '_zeitraum')}, '–') %][% {_trend(indicator)} %]"
            f"[% {chart(indicator.code, city_level)} %]",
            '<i>[% "hinweis" %]</i>',
        ]
    )


INDEX_TIP = _tip(
    [
        '<b>[% "name" %]</b> ([% "gebiet" %])',
        '[% "titel" %] [% "zeitraum" %]',
        '<b>[% CASE WHEN "klasse_name" IS NOT NULL THEN "klasse_name" WHEN "status" = \'geheim\' THEN '
        f"'{STATUS['geheim']}' ELSE '{STATUS['fehlt']}' END %]</b>",
        "[% coalesce('Rang ' || \"rang_von\" || ' bis ' || \"rang_bis\" || ' von ' || \"gebiete\" || '<br>', '') %]"
        "[% coalesce('Die Klasse bleibt in ' || format_number(100 * \"stabilitaet\", 0, 'de') || ' % der "
        "Wiederholungen mit veränderten Annahmen', '') %]",
        '<i>[% "hinweis" %]</i>',
    ]
)
TYPE_TIP = _tip(
    [
        '<b>[% "name" %]</b> ([% "gebiet" %])',
        "[% wordwrap(\"titel\", 60, ' ') %]",
        f"<b>[% coalesce(\"typ_name\", if(\"status\" = 'geheim', '{STATUS['geheim']}', '{STATUS['fehlt']}')) %]</b>",
        "[% replace(wordwrap(coalesce(\"beschreibung\", ''), 60), '\\n', '<br>') %]",
        '<i>[% "hinweis" %]</i>',
    ]
)
RELATION_TIP = _tip(
    [
        '<b>[% "von_name" %]</b> ([% "von_gebiet" %]) → <b>[% "nach_name" %]</b> ([% "nach_gebiet" %])',
        '[% represent_value("beziehung") %]: [% format_number("flaeche_ha", 1, \'de\') %] ha',
        'Gebietsstand [% "von_gebietsstand" %] → [% "nach_gebietsstand" %]',
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
