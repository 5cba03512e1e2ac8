"""Styles of the map layers as plain data: legend classes, symbols, labels, map tips.

The PyQGIS builder translates them one to one; nothing about an indicator stands in the builder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.catalogue import Indicator
from etl.publish import colours, german
from etl.publish import qgis_expressions as expressions
from etl.publish.drawing.classes import NOT_DISTINCT

ELSE = "ELSE"


@dataclass(frozen=True)
class Symbol:
    """A fill, line or marker. Widths and sizes in millimetres, colours ``#rrggbb``, opacity 0 to 1."""

    type: str
    color: str | None = None
    width: float = 0.26
    outline: str | None = None
    hatch: str | None = None
    """Colour of a hatch over the fill."""
    hatch_beside: str | None = None
    """Colour of a second line beside each line of the hatch, so that it is seen on light and on dark fills."""
    hatch_angle: float = 45.0
    """Degrees against the horizontal."""
    dash: tuple[float, ...] = ()
    casing: str | None = None
    shape: str = "circle"
    size: float = 2.6
    opacity: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A legend class: which features (QGIS expression, ``ELSE``), how drawn, up to which scale.

    Without a symbol it is a line of text in the legend.
    """

    key: str
    label: str
    filter: str
    symbol: Symbol | None
    min_scale: int = 0
    """Smallest scale as denominator (features vanish when zoomed out further); 0: always."""


@dataclass(frozen=True)
class Label:
    """A labelling rule; ``x``/``y`` pin it, ``show`` says whether a feature is labelled at all.

    ``color_by``, ``buffer_by``, ``x``, ``y`` and ``show`` are expressions that stand before the fixed values.
    """

    key: str
    expression: str
    size: float
    filter: str = ""
    color: str = "#222222"
    buffer: float = 0.8
    bold: bool = False
    italic: bool = False
    placement: str = "polygon"
    priority: int = 5
    x: str = ""
    y: str = ""
    show: str = ""
    color_by: str = ""
    buffer_by: str = ""
    min_scale: int = 0


@dataclass(frozen=True)
class Style:
    """A named style of a layer; ``heading`` stands above its classes in the legend."""

    name: str
    rules: tuple[Rule, ...]
    heading: str = ""
    labels: tuple[Label, ...] = ()
    map_tip: str = ""
    order_by: str = ""
    file: str = ""
    """Path of its QML below ``qgis/styles``; empty: none is written."""


NOT_DISTINCT_SYMBOL = Symbol("fill", outline=colours.OUTLINE, hatch="#20242b", hatch_beside=colours.PAPER)
NEVER = "FALSE"


def style_name(indicator: Indicator) -> str:
    """„BEV04 Anteil unter 18-Jähriger“; no comma, as a comma separates styles in a WMS request."""
    return f"{indicator.code} {indicator.title}".replace(",", "")


def border(fill: str) -> str:
    """An outline that is seen beside a fill."""
    return colours.PAPER if colours.readable_on(fill) == colours.PAPER else colours.OUTLINE


def _class_rules(indicator: Indicator) -> list[Rule]:
    """A rule a class of the catalogue's fixed breaks; one for all values where it has none."""
    code = indicator.code.lower()
    if not indicator.class_breaks:
        shown = ", ".join(expressions.literal(status) for status in german.SHOWN)
        condition = f"{expressions.column(code + '_status')} IN ({shown})"
        symbol = Symbol("fill", colours.SEQUENTIAL[indicator.polarity][2], outline=colours.OUTLINE)
        return [Rule(f"{code}_wert", "Wert vorhanden", condition, symbol)]
    fills = colours.class_colours(
        indicator.class_breaks, indicator.polarity, diverging=indicator.kind in expressions.SIGNED_KINDS
    )
    labels = german.class_labels(indicator.class_breaks, indicator.unit)
    return [
        Rule(
            f"{code}_klasse_{number}",
            label,
            f"{expressions.column(code + '_klasse')} = {number}",
            # Neighbours of the same class stay apart, in dark classes too.
            Symbol("fill", fill, outline=border(fill)),
        )
        for number, (label, fill) in enumerate(zip(labels, fills, strict=True), start=1)
    ]


def _letters(rules: Sequence[Rule]) -> str:
    """An expression for letters that can be read on each class: light on dark ones, dark on the others."""
    filled = [(rule.filter, rule.symbol.color) for rule in rules if rule.symbol is not None and rule.symbol.color]
    fills = [(condition, colours.readable_on(colour)) for condition, colour in filled]
    dark = [condition for condition, letters in fills if letters == colours.PAPER]
    if not dark:
        return ""
    return f"if({' OR '.join(dark)}, '{colours.PAPER}', '{colours.INK}')"


def _heading(indicator: Indicator) -> str:
    """Title, unit and what the period is: „Anteil unter 18-Jähriger (%), 31.12.“."""
    unit = german.unit_suffix(indicator.unit).strip()
    return f"{indicator.title} ({unit}), {indicator.reference}" if unit else f"{indicator.title}, {indicator.reference}"


def notice_label(expression: str) -> Label:
    """The notice in the map's corner; red where there is something that readers must know."""
    return Label(
        key="hinweis",
        expression=expression,
        filter=expressions.NOTICE_FILTER,
        size=8,
        color="#404040",
        color_by=expressions.NOTICE_COLOUR,
        italic=True,
        placement="pinned",
        priority=10,
        x=expressions.NOTICE_X,
        y=expressions.NOTICE_Y,
    )


def state_rules(prefix: str, status: str, otherwise: str = german.STATUS["fehlt"]) -> tuple[Rule, ...]:
    """Classes of what has no value: withheld, not comparable, and all else. ``status``: the column as expression."""
    withheld = Symbol("fill", colours.WITHHELD_FILL, outline=colours.OUTLINE, hatch=colours.WITHHELD_HATCH)
    missing = Symbol("fill", colours.MISSING_FILL, outline=colours.OUTLINE)
    broken = Symbol("fill", colours.NOT_COMPARABLE_FILL, outline=colours.OUTLINE, hatch=colours.NOT_COMPARABLE_HATCH,
                    hatch_angle=135.0)  # fmt: skip
    return (
        Rule(f"{prefix}_geheim", german.STATUS["geheim"], f"{status} = 'geheim'", withheld),
        Rule(
            f"{prefix}_nicht_vergleichbar",
            german.STATUS["nicht_vergleichbar"],
            f"{status} = 'nicht_vergleichbar'",
            broken,
        ),
        Rule(f"{prefix}_keine_angabe", otherwise, ELSE, missing),
    )


def value_label(key: str, expression: str, rules: Sequence[Rule], *, series: bool = False) -> Label:
    """Name and value on an area: dark letters on light classes, light ones on dark, rimmed in the class's colour."""
    return Label(
        key=key,
        expression=expression,
        size=8,
        show=expressions.NEWEST_ONLY if series else "",
        color=colours.INK,
        color_by=_letters(rules),
        buffer_by=expressions.CLASS_COLOUR,
    )


def source_line(prefix: str, source: str) -> tuple[Rule, ...]:
    """A line of text in the legend."""
    return (Rule(f"{prefix}_quelle", f"Quelle: {source}", NEVER, None),) if source else ()


def indicator_style(
    indicator: Indicator, view: str, report_title: str, *, series: bool, source: str = "", city_level: str = "stadt"
) -> Style:
    """The style of an indicator on the theme's newest values (``series``: on its time series).

    ``source``: titles of its sources; ``city_level``: code of the level that is the whole city.
    """
    code = indicator.code.lower()
    hatched = (
        ()
        if indicator.ci_method == "keine"
        else (
            Rule(
                f"{code}_nicht_unterscheidbar",
                NOT_DISTINCT,
                f"{expressions.column(code + '_signifikanz')} = 'nicht_unterscheidbar'",
                NOT_DISTINCT_SYMBOL,
            ),
        )
    )
    rules = (*_class_rules(indicator), *hatched, *state_rules(code, expressions.column(f"{code}_status")))
    text = expressions.indicator_notice(indicator, report_title, source, series=series)
    return Style(
        name=style_name(indicator),
        heading=_heading(indicator),
        rules=(*source_line(code, source), *rules),
        labels=(
            value_label(f"{code}_beschriftung", expressions.indicator_label(indicator), rules, series=series),
            notice_label(text),
        ),
        map_tip=expressions.indicator_tip(indicator, city_level),
        # The newest period is drawn last and covers the others where no time controller chooses one.
        order_by="von" if series else "",
        file=f"{view}/{indicator.code}.qml",
    )


# Outlines of the levels, coarse to fine; a level more than these takes the last.
_OUTLINES = (
    Symbol("fill", outline="#262626", width=1.0),
    Symbol("fill", outline="#404040", width=0.6),
    Symbol("fill", outline="#6b6b6b", width=0.25),
)
OUTLINE_STYLE = "Umriss"
OUTLINE_LABELLED_STYLE = "Umriss mit Namen"


def unit_styles(rank: int, title: str, report_title: str) -> tuple[Style, Style]:
    """Outline alone (below the maps' labels) and outline with name, for a level of this rank (0 is the city)."""
    symbol = _OUTLINES[min(rank, len(_OUTLINES) - 1)]
    rules = (Rule("umriss", title, "", symbol),)
    name = Label(
        key="name",
        expression=expressions.LABEL_NAME if rank == 1 else expressions.area_label(),
        size=10 if rank == 1 else 8,
        bold=rank == 1,
        color="#303030",
        buffer=1.0,
    )
    notice = notice_label(expressions.notice(report_title))
    # The city's own name stands in the title of every map.
    plain = Style(OUTLINE_STYLE, rules, map_tip=expressions.UNIT_TIP)
    labelled = Style(
        OUTLINE_LABELLED_STYLE, rules, labels=(name, notice) if rank else (notice,), map_tip=expressions.UNIT_TIP
    )
    return plain, labelled


def facility_style() -> Style:
    """Facilities by kind; what is neither school nor day care stands under „weitere“."""
    kinds = (("kita", "Kindertagesstätte", "#e8a33d", "circle"), ("schule", "Schule", "#3a5f9e", "square"))
    rules = [
        Rule(
            f"einrichtung_{kind}", label, f"\"art\" = '{kind}'", Symbol("marker", fill, outline="#ffffff", shape=shape)
        )
        for kind, label, fill, shape in kinds
    ]
    other = Symbol("marker", "#7d7d7d", outline="#ffffff", shape="diamond")
    name = Label(key="name", expression='wordwrap("name", 22)', size=7, placement="point", buffer=0.7, min_scale=15_000)
    return Style(
        "Art der Einrichtung",
        (*rules, Rule("einrichtung_weitere", "weitere Einrichtung", ELSE, other)),
        labels=(name,),
        map_tip=expressions.FACILITY_TIP,
    )


def basemap_style() -> Style:
    """Lines for orientation, quiet enough to lie above a coloured map."""
    kind = 'lower("art")'
    street, rail, water = f"{kind} LIKE 'str%'", f"{kind} LIKE 'bahn%'", f"{kind} LIKE 'gew%'"
    main = "lower(coalesce(\"klasse\", '')) LIKE 'haupt%'"
    collector = "lower(coalesce(\"klasse\", '')) LIKE 'sammel%'"
    rest = f"{street} AND NOT ({main}) AND NOT ({collector})"
    return Style(
        "Orientierung",
        (
            Rule("gewaesser", "Gewässer", water, Symbol("line", "#4f8fc0", width=0.5, opacity=0.9)),
            Rule("strasse", "Straße", rest, Symbol("line", "#8c8c8c", width=0.15, opacity=0.45), min_scale=25_000),
            Rule("sammelstrasse", "Sammelstraße", f"{street} AND {collector}",
                 Symbol("line", "#7a7a7a", width=0.22, opacity=0.5), min_scale=60_000),
            Rule("hauptstrasse", "Hauptverkehrsstraße", f"{street} AND {main}",
                 Symbol("line", "#ffffff", width=0.4, casing="#757575", opacity=0.7)),
            Rule("bahn", "Bahn", rail,
                 Symbol("line", "#ffffff", width=0.22, casing="#3d3d3d", dash=(2.4, 2.4), opacity=0.8)),
        ),
    )  # fmt: skip
