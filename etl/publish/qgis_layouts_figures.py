"""Figures of a district profile: key figures beside the city's, ages, series over the years.

Shapes are pictures, letters are labels; both read one row of the profiles' query.
"""

from __future__ import annotations

from collections.abc import Sequence

from etl.catalogue import Indicator
from etl.publish import german
from etl.publish.drawing.lines import BAND, MAIN
from etl.publish.drawing.pyramid import OTHERS, WOMEN
from etl.publish.drawing.spine import BETTER, DIFFERENT, WORSE
from etl.publish.qgis_expressions import literal
from etl.publish.qgis_layouts_items import INK, LEFT, QUIET, WIDE, Box, Item, Label, Picture, Rule, heading, number, svg

ROW = 6.9
AGE_GROUPS = 18
CHART = (128.0, 67.0)
"""Left edge and width of the chart beside the table."""
SCALE = "◂ niedriger      als in der Stadt      höher ▸"


def _of(row: int, key: str) -> str:
    return f"map_get(array_get(from_json(\"werte\"), {row}), '{key}')"


def _suffix(unit: str) -> str:
    return german.unit_suffix(unit) if unit in ("%",) else ""


def _value(row: int, indicator: Indicator) -> str:
    status = _of(row, "status")
    shown = f"{number(_of(row, 'wert'), indicator.decimals)} || {literal(_suffix(indicator.unit))}"
    states = " ".join(
        f"WHEN {status} = {literal(code)} THEN {literal(words)}"
        for code, words in german.STATUS_SHORT.items()
        if code not in german.SHOWN
    )
    return (
        f"CASE WHEN {status} = 'gueltig' THEN {shown} WHEN {status} = 'unsicher' THEN '(' || {shown} || ')' {states} "
        f"ELSE {literal(german.STATUS_SHORT['fehlt'])} END"
    )


def _interval(row: int, indicator: Indicator) -> str:
    low, high = (number(_of(row, key), indicator.decimals) for key in ("von", "bis"))
    return f"coalesce({low} || ' bis ' || {high}, '–')"


def _city(row: int, indicator: Indicator) -> str:
    return f"coalesce({number(_of(row, 'stadt'), indicator.decimals)} || {literal(_suffix(indicator.unit))}, '–')"


def _marker() -> str:
    """The marker of a row: circle better, diamond worse, square without judgement; hollow where not firm."""
    firm = "map_get(@element, 'vergleich') IN ('hoeher', 'niedriger')"
    judged = "map_get(@element, 'bewertung')"
    color = (
        f"CASE WHEN {judged} = 'guenstiger' THEN '{BETTER}' WHEN {judged} = 'unguenstiger' THEN '{WORSE}' "
        f"ELSE '{DIFFERENT}' END"
    )
    x = "map_get(@element, 'x')"
    return (
        f"'<path fill=\"' || if({firm}, {color}, '#ffffff') || '\" stroke=\"' || if({firm}, '{INK}', '{DIFFERENT}') || "
        f"'\" stroke-width=\"1\" d=\"M' || {x} || CASE WHEN {judged} = 'guenstiger' THEN ',-5a5,5 0 1 0 0.01,0Z' "
        f"WHEN {judged} = 'unguenstiger' THEN ',-6.5l6.5,6.5l-6.5,6.5l-6.5,-6.5Z' "
        "ELSE ',-4.6h4.6v9.2h-9.2v-9.2Z' END || '\"/>'"
    )


def table(figures: Sequence[Indicator], area: str) -> list[Item]:
    """Key figures with interval and city, beside them how far each lies from the city."""
    top = 138.0
    left, wide = CHART
    items: list[Item] = [*heading(LEFT, 124, WIDE, "Kennzahlen im Vergleich mit der Stadt", 0)]
    heads = ((LEFT, 56, "Kennzahl", "left"), (71, 17, area, "right"), (90, 22, "95-%-Intervall", "right"),
             (113, 13, "Stadt", "right"), (left, wide, SCALE, "center"))  # fmt: skip
    items += [Label(Box(x, top - 5.6, w, 4), t, size=6.5, color=QUIET, align=a) for x, w, t, a in heads]
    for row, indicator in enumerate(figures):
        y = top + row * ROW
        if row % 2 == 0:
            items.append(Rule(Box(LEFT, y, WIDE, ROW), color="#f1f3f5"))
        unit = "" if _suffix(indicator.unit) or not german.unit_suffix(indicator.unit) else f" ({indicator.unit})"
        period = f"[% coalesce(', ' || {_of(row, 'zeitraum')}, '') %]"
        items += [
            Label(Box(LEFT + 1, y, 55, ROW), f"{indicator.title}{unit}{period}", size=6.6, vertical="middle"),
            Label(Box(71, y, 17, ROW), f"[% {_value(row, indicator)} %]", size=8, bold=True, align="right",
                  vertical="middle"),
            Label(Box(90, y, 22, ROW), f"[% {_interval(row, indicator)} %]", size=7, align="right", vertical="middle"),
            Label(Box(113, y, 13, ROW), f"[% {_city(row, indicator)} %]", size=7.5, align="right", vertical="middle"),
        ]  # fmt: skip
    high = len(figures) * ROW
    units = 224 / wide
    row_units = ROW * units
    rows = (
        "coalesce(array_to_string(array_foreach(from_json(\"werte\"), if(map_get(@element, 'x') IS NULL, '', "
        f"'<g transform=\"translate(0,' || round((map_get(@element, 'nr') + 0.5) * {row_units:.3f}, 2) || ')\">"
        f'<path d="\' || map_get(@element, \'andere\') || \'" stroke="#9aa0a6" stroke-width="0.9" fill="none"/>\' || '
        "if(map_get(@element, 'x_von') IS NULL OR map_get(@element, 'x_bis') IS NULL, '', "
        "'<path d=\"M' || map_get(@element, 'x_von') || ',0H' || map_get(@element, 'x_bis') || "
        f"'\" stroke=\"{INK}\" stroke-width=\"2\" fill=\"none\"/>') || {_marker()} || '</g>')), ''), '')"
    )
    axis = f'\'<path d="M0,0V{high * units:.1f}" stroke="{INK}" stroke-width="1.2" fill="none"/>\''
    items.append(Picture(Box(left, top, wide, high), svg((-112, 0, 224, round(high * units, 3)), axis, rows)))
    items += _table_legend(top + high + 2)
    return items


def _symbol(x: float, y: float, shape: str) -> Picture:
    return Picture(Box(x, y, 3.4, 3.4), svg((-8, -8, 16, 16), literal(shape)))


def _table_legend(y: float) -> list[Item]:
    """What the markers mean, in words of their own."""
    circle = f'<path fill="{BETTER}" stroke="{INK}" d="M0,-6a6,6 0 1 0 0.01,0Z"/>'
    diamond = f'<path fill="{WORSE}" stroke="{INK}" d="M0,-7l7,7l-7,7l-7,-7Z"/>'
    square = f'<path fill="{DIFFERENT}" stroke="{INK}" d="M-5,-5h10v10h-10Z"/>'
    hollow = f'<path fill="#ffffff" stroke="{DIFFERENT}" d="M-5,-5h10v10h-10Z"/>'
    ticks = '<path d="M-5,-5v10M0,-5v10M5,-5v10" stroke="#9aa0a6" stroke-width="1.4" fill="none"/>'
    shapes = ((circle, "günstiger", 22), (diamond, "ungünstiger", 25), (square, "ohne Wertung", 27),
              (hollow, "hohl: nicht unterscheidbar", 44), (ticks, "alle Gebiete", 26))  # fmt: skip
    items: list[Item] = []
    x = LEFT
    for shape, words, wide in shapes:
        items.append(_symbol(x, y, shape))
        items.append(Label(Box(x + 4.4, y, wide - 4, 3.6), words, size=6.5, color=QUIET, vertical="middle"))
        x += wide
    text = (
        "Senkrechte Linie: Wert der Stadt; waagerechte Linie: 95-%-Intervall. Jede Zeile hat ihren eigenen Maßstab: "
        "ganz außen liegt das Gebiet mit der größten Abweichung. (Klammern): unsicher. geheim: zum Schutz von Personen "
        "nicht gezeigt, keine Null. k. A.: keine Angabe."
    )
    items.append(Label(Box(LEFT, y + 4.6, WIDE, 7), text, size=6.5, color=QUIET))
    return items


def pyramid(city: str) -> list[Item]:
    """Women on the left, all others on the right, in per cent of all; the city as lines."""
    top, row = 47.0, 4.5
    left, middle, wide = LEFT, 14.0, 84.0
    half = (wide - middle) / 2
    items: list[Item] = [*heading(LEFT, 33, wide, "Altersaufbau", 1)]
    element = "map_get(@element, '{}')"
    units = 100 / half

    def bars(key: str, color: str, sign: int) -> str:
        value = f"{element.format(key)} / {element.format('breite')} * 100"
        edge = sign * middle / 2 * units
        start = f"{edge:.2f}" if sign > 0 else f"{edge:.2f} - {value}"
        city_value = f"{element.format('stadt_' + key)} / {element.format('breite')} * 100"
        place = f"{edge:.2f} + {sign} * {city_value}"
        y = f"({AGE_GROUPS - 1} - {element.format('nr')}) * {row * units:.3f}"
        return (
            f"coalesce('<rect x=\"' || round({start}, 2) || '\" y=\"' || round({y} + 1, 2) || '\" width=\"' || "
            f'round({value}, 2) || \'" height="{row * units - 2:.2f}" fill="{color}"/>\', \'\') || '
            f"coalesce('<path d=\"M' || round({place}, 2) || ',' || round({y}, 2) || 'v{row * units:.2f}\" "
            f'stroke="{INK}" stroke-width="1.6" fill="none"/>\', \'\')'
        )

    rows = (
        'coalesce(array_to_string(array_foreach(from_json("altersaufbau"), '
        f"{bars('links', WOMEN, -1)} || {bars('rechts', OTHERS, 1)}), ''), '')"
    )
    high = AGE_GROUPS * row
    view = (round(-wide / 2 * units, 3), 0.0, round(wide * units, 3), round(high * units, 3))
    items.append(Picture(Box(left, top, wide, high, 1), svg(view, rows)))
    for nth in range(AGE_GROUPS):
        text = f"[% coalesce(map_get(array_get(from_json(\"altersaufbau\"), {nth}), 'alter'), '') %]"
        y = top + (AGE_GROUPS - 1 - nth) * row
        items.append(Label(Box(left + half, y, middle, row, 1), text, size=6.5, align="center", vertical="middle"))
    edge = "[% coalesce(map_get(array_get(from_json(\"altersaufbau\"), 0), 'breite') || ' %', '') %]"
    year = "[% coalesce(map_get(array_get(from_json(\"altersaufbau\"), 0), 'zeitraum'), '') %]"
    foot = top + high + 0.8
    items += [
        Label(Box(left, top - 5, half, 4, 1), "Frauen", size=7.5, bold=True, align="center"),
        Label(Box(left + half - 2, top - 5, middle + 4, 4, 1), "Alter", size=7, color=QUIET, align="center"),
        Label(Box(left + half + middle, top - 7.5, half, 7, 1), "männlich, divers oder\nohne Angabe", size=7, bold=True,
              align="center"),
        Label(Box(left, foot, 20, 4, 1), edge, size=6.5, color=QUIET),
        Label(Box(left + wide - 20, foot, 20, 4, 1), edge, size=6.5, color=QUIET, align="right"),
        Label(Box(left, foot + 3.4, wide, 7, 1),
              f"Anteil an allen Einwohnern in Prozent, {year}. Senkrechte Striche: {city}. "
              "Ohne Balken: kein Wert gezeigt.",
              size=6.5, color=QUIET),
    ]  # fmt: skip
    return items


def _chart(indicator: Indicator, x: float, y: float, width: float) -> list[Item]:
    """One indicator over the years with its interval, the city beside it."""
    found = f'map_get(from_json("reihen"), {literal(indicator.code)})'

    def get(key: str) -> str:
        return f"map_get({found}, '{key}')"

    def draw(key: str, style: str) -> str:
        return f"coalesce('<path d=\"' || {get(key)} || '\" {style}/>', '')"

    plot_x, plot_wide = x + 10, width - 12
    plot_high = plot_wide * 110 / 210
    suffix = literal(german.unit_suffix(indicator.unit) if indicator.unit == "%" else "")
    unit = german.unit_suffix(indicator.unit).strip()
    title = f"{indicator.title} ({unit})" if unit else indicator.title
    last = (
        f"coalesce('zuletzt ' || {number(get('wert'), indicator.decimals)} || {suffix}, '') || "
        f"coalesce('   Stadt ' || {number(get('wert_stadt'), indicator.decimals)} || {suffix}, '')"
    )
    enough = f"coalesce({get('punktzahl')}, 0) > 1"
    grid = '\'<path d="M0,0H200M0,50H200M0,100H200" stroke="#d5d9dd" stroke-width="0.8" fill="none"/>\''
    picture = svg(
        (-5, -5, 210, 110),
        f"if({enough}, {grid} || "
        + " || ".join([
            draw("band", f'fill="{BAND}"'),
            draw("stadt", f'stroke="{INK}" stroke-width="1.6" stroke-dasharray="5,3" fill="none"'),
            draw("linie", f'stroke="{MAIN}" stroke-width="2.6" fill="none"'),
            draw("punkte", f'fill="{MAIN}"'),
            draw("geheim", 'fill="#8b9096"'),
        ])
        + ", '')",
    )  # fmt: skip
    ends = [f"[% if({enough}, {get(key)}, '') %]" for key in ("von", "bis")]
    axis = f"if({get('oben')} = round({get('oben')}) AND {get('unten')} = round({get('unten')}), 0, 1)"
    top, low = (f"[% if({enough}, {number(get(key), axis)}, '') %]" for key in ("oben", "unten"))
    pad = plot_high * 5 / 110
    return [
        Label(Box(x, y, width, 6.4, 1), title, size=6.8, bold=True, vertical="bottom"),
        Label(Box(x, y + 6.6, width, 3.6, 1), f"[% if({enough}, {last}, 'zu wenige Zeiträume') %]", size=6.5),
        Picture(Box(plot_x, y + 10.8, plot_wide, plot_high, 1), picture),
        Label(Box(x, y + 9 + pad, 9.4, 3.6, 1), top, size=6, color=QUIET, align="right", vertical="middle"),
        Label(Box(x, y + 9 + plot_high - pad, 9.4, 3.6, 1), low, size=6, color=QUIET, align="right", vertical="middle"),
        Label(Box(plot_x, y + 11 + plot_high, 20, 3.4, 1), ends[0], size=6, color=QUIET),
        Label(
            Box(plot_x + plot_wide - 26, y + 11 + plot_high, 26, 3.4, 1), ends[1], size=6, color=QUIET, align="right"
        ),
    ]


def series_charts(series: Sequence[Indicator], city: str) -> list[Item]:
    top = 148.0
    items: list[Item] = [*heading(LEFT, top, WIDE, "Entwicklung", 1)]
    wide, gap, high = 57.0, 4.5, 43.0
    for nth, indicator in enumerate(series):
        items += _chart(indicator, LEFT + nth % 3 * (wide + gap), top + 7 + nth // 3 * high, wide)
    legend = (
        f"Blaue Linie: Gebiet, dahinter sein 95-%-Intervall; gestrichelt: {city}. Kleines graues Quadrat auf der "
        "Grundlinie: geheim gehalten. Lücke: kein Wert."
    )
    items.append(Label(Box(LEFT, top + 8 + -(-len(series) // 3) * high, WIDE, 4, 1), legend, size=6.5, color=QUIET))
    return items
