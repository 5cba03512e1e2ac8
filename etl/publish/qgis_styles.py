"""Styles of the map layers as plain data: legend classes, symbols, labels, map tips.

The PyQGIS builder translates them one to one; nothing about an indicator stands in the builder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.catalogue import Indicator
from etl.publish import colours, german
from etl.publish import qgis_expressions as expressions

ELSE = "ELSE"


@dataclass(frozen=True)
class Symbol:
    """A fill, line or marker. Widths and sizes in millimetres, colours ``#rrggbb``, opacity 0 to 1."""

    type: str
    color: str | None = None
    width: float = 0.26
    outline: str | None = None
    hatch: str | None = None
    hatch_angle: float = 45.0
    """Degrees against the horizontal."""
    dash: tuple[float, ...] = ()
    casing: str | None = None
    shape: str = "circle"
    size: float = 2.6
    opacity: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A legend class: which features (QGIS expression, ``ELSE``), how drawn, up to which scale."""

    key: str
    label: str
    filter: str
    symbol: Symbol
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


def style_name(indicator: Indicator) -> str:
    """„BEV04 Anteil unter 18-Jähriger“; no comma, as a comma separates styles in a WMS request."""
    return f"{indicator.code} {indicator.title}".replace(",", "")


def _border(fill: str) -> str:
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
            Symbol("fill", fill, outline=_border(fill)),
        )
        for number, (label, fill) in enumerate(zip(labels, fills, strict=True), start=1)
    ]


def _letters(rules: Sequence[Rule]) -> str:
    """An expression for letters that can be read on each class: light on dark ones, dark on the others."""
    fills = [(rule.filter, colours.readable_on(rule.symbol.color or colours.MISSING_FILL)) for rule in rules]
    dark = [condition for condition, letters in fills if letters == colours.PAPER]
    if not dark:
        return ""
    return f"if({' OR '.join(dark)}, '{colours.PAPER}', '{colours.INK}')"


def _heading(indicator: Indicator) -> str:
    """Title, unit and what the period is: „Anteil unter 18-Jähriger (%), 31.12.“."""
    unit = german.unit_suffix(indicator.unit).strip()
    return f"{indicator.title} ({unit}), {indicator.reference}" if unit else f"{indicator.title}, {indicator.reference}"


def _notice(title: str) -> Label:
    return Label(
        key="hinweis",
        expression=expressions.notice(title),
        filter=expressions.NOTICE_FILTER,
        size=8,
        color="#8a1c1c",
        italic=True,
        placement="pinned",
        priority=10,
        x=expressions.NOTICE_X,
        y=expressions.NOTICE_Y,
    )


def indicator_style(indicator: Indicator, view: str, report_title: str, *, series: bool) -> Style:
    """The style of an indicator on the theme's newest values (``series``: on its time series)."""
    code = indicator.code.lower()
    status = expressions.column(f"{code}_status")
    withheld = Symbol("fill", colours.WITHHELD_FILL, outline=colours.OUTLINE, hatch=colours.WITHHELD_HATCH)
    missing = Symbol("fill", colours.MISSING_FILL, outline=colours.OUTLINE)
    broken = Symbol("fill", colours.NOT_COMPARABLE_FILL, outline=colours.OUTLINE, hatch=colours.NOT_COMPARABLE_HATCH,
                    hatch_angle=135.0)  # fmt: skip
    rules = (
        *_class_rules(indicator),
        Rule(f"{code}_geheim", german.STATUS["geheim"], f"{status} = 'geheim'", withheld),
        Rule(
            f"{code}_nicht_vergleichbar",
            german.STATUS["nicht_vergleichbar"],
            f"{status} = 'nicht_vergleichbar'",
            broken,
        ),
        Rule(f"{code}_keine_angabe", german.STATUS["fehlt"], ELSE, missing),
    )
    name_and_value = Label(
        key=f"{code}_beschriftung",
        expression=expressions.indicator_label(indicator),
        size=8,
        show=expressions.NEWEST_ONLY if series else "",
        # Dark letters on light classes, light ones on dark, each with a rim in the colour of its class.
        color=colours.INK,
        color_by=_letters(rules),
        buffer_by=expressions.CLASS_COLOUR,
    )
    return Style(
        name=style_name(indicator),
        heading=_heading(indicator),
        rules=rules,
        labels=(name_and_value, _notice(report_title)),
        map_tip=expressions.indicator_tip(indicator),
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
        expression=expressions.LABEL_NAME,
        size=10 if rank == 1 else 8,
        bold=rank == 1,
        color="#303030",
        buffer=1.0,
    )
    notice = _notice(report_title)
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
