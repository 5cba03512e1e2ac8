"""Group „Überblick“ of the QGIS project: indices, types of areas, key figures of the city."""

from __future__ import annotations

from etl.catalogue import Catalogue
from etl.catalogue.indices import Index
from etl.catalogue.typologies import Typology
from etl.publish import colours, german
from etl.publish import qgis_expressions as expressions
from etl.publish.drawing.classes import NOT_FIRM, TYPE_NOT_FIRM, index_scheme
from etl.publish.qgis_fields import plain_fields
from etl.publish.qgis_layers import Group, Layer, source_uri
from etl.publish.qgis_styles import (
    NOT_DISTINCT_SYMBOL,
    Rule,
    Style,
    Symbol,
    border,
    notice_label,
    state_rules,
    value_label,
)

GROUP = "ueberblick"
TYPES = "Gebietstypen"


def _index_style(catalogue: Catalogue, index: Index) -> Style:
    """Classes of the index with its signs; hatched where the class is not firm."""
    code = index.code.lower()
    classes = tuple(
        Rule(
            f"{code}_klasse_{found.number}",
            f"{found.label} ({found.mark})" if found.mark else found.label,
            f'"klasse" = {found.number}',
            Symbol("fill", found.fill, outline=border(found.fill)),
        )
        for found in index_scheme(index, catalogue.indices).classes
    )
    unsure = Rule(f"{code}_nicht_gesichert", NOT_FIRM, '"klasse" IS NOT NULL AND NOT "stabil"', NOT_DISTINCT_SYMBOL)
    rules = (*classes, unsure, *state_rules(code, '"status"'))
    words = f"coalesce(\"klasse_name\", if(\"status\" = 'geheim', 'geheim', 'k.{german.NBSP}A.'))"
    return Style(
        name=f"{index.code} {index.title}".replace(",", ""),
        heading=f"{index.title}, {index.reference}",
        rules=rules,
        labels=(
            value_label(f"{code}_beschriftung", f"{expressions.area_label()} || '\\n' || {words}", rules),
            notice_label(expressions.notice(catalogue.city.report_title, index.title)),
        ),
        map_tip=expressions.INDEX_TIP,
        file=f"index_aktuell/{index.code}.qml",
    )


def _type_style(catalogue: Catalogue, typology: Typology) -> Style:
    """A colour a type. What the types are is found from the values and stands in label and map tip."""
    code = typology.code.lower()
    fills = [colours.category(number) for number in range(1, (typology.types or typology.largest) + 1)]
    classes = tuple(
        Rule(f"{code}_typ_{number}", f"Typ {number}", f'"typ" = {number}',
             Symbol("fill", fill, outline=border(fill)))
        for number, fill in enumerate(fills, start=1)
    )  # fmt: skip
    unsure = Rule(
        f"{code}_nicht_gesichert", TYPE_NOT_FIRM, '"typ" IS NOT NULL AND NOT "gesichert"', NOT_DISTINCT_SYMBOL
    )
    rules = (*classes, unsure, *state_rules(code, '"status"'))
    words = f"coalesce('Typ ' || \"typ\", if(\"status\" = 'geheim', 'geheim', 'k.{german.NBSP}A.'))"
    title = TYPES
    notice = expressions.notice(catalogue.city.report_title, title).replace('maximum("zeitraum")', "null")
    return Style(
        name=f"{typology.code} {title}",
        heading=f"{title} (Beschreibung im Kartentipp)",
        rules=rules,
        labels=(
            value_label(f"{code}_beschriftung", f"{expressions.area_label()} || '\\n' || {words}", rules),
            notice_label(notice),
        ),
        map_tip=expressions.TYPE_TIP,
        file=f"typ/{typology.code}.qml",
    )


def _map_layer(catalogue: Catalogue, one: Index | Typology, style: Style) -> Layer:
    city = catalogue.city
    if isinstance(one, Index):
        view, key, column, title = "index_aktuell", "index_wert_id", "index", one.title
    else:
        view, key, column, title = "typ", "typ_wert_id", "typologie", TYPES
    condition = f"{expressions.column(column)} = {expressions.literal(one.code)}"
    note = f" {one.note}" if one.note else ""
    return Layer(
        id=f"{view.removesuffix('_aktuell')}_{one.code.lower()}",
        name=title,
        uri=source_uri(city.database, view, key, "MultiPolygon", condition),
        abstract=f"{one.title}: {one.definition}{note}",
        attribution="",
        fields=plain_fields(catalogue),
        display='"name"',
        styles=(style,),
        geometry="MultiPolygon",
        keywords=("Soziale Lagen im Vergleich", city.name),
        current_style=style.name,
        level=one.level,
        profile=True,
    )


def overview_group(catalogue: Catalogue) -> Group:
    """Indices and types of areas as maps, the newest figures of the whole city as a table."""
    city = catalogue.city
    layers = [
        *(_map_layer(catalogue, index, _index_style(catalogue, index)) for index in catalogue.indices),
        *(_map_layer(catalogue, typology, _type_style(catalogue, typology)) for typology in catalogue.typologies),
    ]
    whole, statuses = city.levels[0].code, ", ".join(map(expressions.literal, german.SHOWN))
    newest = (
        # a condition of the layer, which has no parameters; the level is the catalogue's
        '"wert_id" IN (SELECT DISTINCT ON (kennzahl) wert_id FROM sozialbericht.wert WHERE aktuell '  # noqa: S608
        f"AND ebene = {expressions.literal(whole)} AND gruppe = 'insgesamt' AND status IN ({statuses}) "
        "ORDER BY kennzahl, von DESC)"
    )
    figures = Layer(
        id="kennzahlen_stadt",
        name=f"Kennzahlen, {city.levels[0].title} insgesamt",
        uri=source_uri(city.database, "wert", "wert_id", subset=newest),
        abstract=f"Jüngster Wert jeder Kennzahl für {city.name} insgesamt, mit Konfidenzintervall und Trend.",
        attribution="",
        fields=plain_fields(catalogue, looked_up=True),
        display='"kennzahl" || \', \' || "zeitraum"',
        keywords=("Kennzahlen", city.name),
    )
    return Group(GROUP, "Überblick", (*layers, figures), expanded=bool(layers))
