"""A small chart for map tips: an area's series beside the city's, drawn as SVG by a QGIS expression.

The values come from the project's table of all values. Where a style is used without this project, the chart is left
out. The picture is embedded as data, which the browsers of old and new QGIS both show.
"""

from __future__ import annotations

from etl.publish.qgis_text import literal

VALUES_LAYER = "sozialbericht_wert"
"""Id of the table of all values in the project."""
WIDTH, HEIGHT = 230, 76
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 222, 8, 48
OWN, CITY = "#1c2f6b", "#8a8a8a"
FEWEST = 3
"""Points below which a line says nothing."""


def _series(code: str, area: str) -> str:
    """Pairs of year and value of a row's area or, by ``area``, of the city it belongs to."""
    return (
        f"coalesce(aggregate(layer:='{VALUES_LAYER}', aggregate:='array_agg', expression:=array(year(\"von\"), "
        f'"wert"), filter:="kennzahl" = {literal(code)} AND "gruppe" = \'insgesamt\' AND "aktuell" '
        f'AND "wert" IS NOT NULL AND {area} AND "gebietsstand" = attribute(@parent, \'gebietsstand\'), '
        'order_by:="von"), array())'
    )


def _points(series: str) -> str:
    x = f"round({_LEFT} + {_RIGHT - _LEFT} * (@element[0] - @a) / (@b - @a), 1)"
    y = f"round({_BOTTOM} - {_BOTTOM - _TOP} * (@element[1] - @u) / coalesce(nullif(@o - @u, 0), 1), 1)"
    return f"array_to_string(array_foreach(@{series}, {x} || ',' || {y}), ' ')"


def _line(series: str, colour: str, width: str) -> str:
    return (
        f'\'<polyline fill="none" stroke="{colour}" stroke-width="{width}" points="\' || {_points(series)} || \'"/>\''
    )


def chart(code: str, city_level: str) -> str:
    """Expression: an HTML image of the indicator's series, empty where there are fewer than three values."""
    years = "array_foreach(@r, @element[0])"
    values = "array_foreach(array_cat(@r, @s), @element[1])"
    text = '<text y="66" font-family="sans-serif" font-size="11" '
    svg = " || ".join(
        [
            f"""'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'""",
            _line("s", CITY, "1.5"),
            _line("r", OWN, "2.5"),
            f"""'{text}x="{_LEFT}">' || @a || '</text>{text}x="{_RIGHT}" text-anchor="end">' || @b || '</text>'""",
            f"""'{text}x="70" fill="{OWN}" font-weight="bold">Gebiet</text>'""",
            f"""'{text}x="125" fill="{CITY}">Stadt</text></svg>'""",
        ]
    )
    image = (
        f"""'<br><img width="{WIDTH}" height="{HEIGHT}" src="data:image/svg+xml;base64,' || to_base64({svg}) || '">'"""
    )
    inner = f"if(array_length(@r) < {FEWEST} OR @b = @a, '', {image})"
    own = "\"gebiet\" = attribute(@parent, 'gebiet') AND \"ebene\" = attribute(@parent, 'ebene')"
    city = f'"ebene" = {literal(city_level)}'
    for name, value in (
        ("o", f"array_max({values})"),
        ("u", f"array_min({values})"),
        ("b", f"array_max({years})"),
        ("a", f"array_min({years})"),
        ("s", f"array_filter({_series(code, city)}, @element[0] >= array_min({years}))"),
        ("r", _series(code, own)),
    ):
        inner = f"with_variable('{name}', {value}, {inner})"
    return inner
