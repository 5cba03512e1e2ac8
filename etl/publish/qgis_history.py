"""Layers of district versions: districts of every adopted version, what changed between them, and the relations."""

from __future__ import annotations

from etl.catalogue import Catalogue
from etl.publish import qgis_expressions as expressions
from etl.publish.qgis_fields import RELATION_TEXTS, plain_fields
from etl.publish.qgis_layers import Layer, Time, query_uri, source_uri
from etl.publish.qgis_styles import ELSE, Label, Rule, Style, Symbol, notice_label

ALL_VERSIONS, CHANGES = "gebiet_alle_staende", "gebiet_aenderungen"
# What the units of neighbouring versions share. Slivers along a common border are no part of it.
_SHARED = """
SELECT u.umsteigeschluessel_id, u.von_gebietsstand, u.nach_gebietsstand, u.ebene, u.von_gebiet, u.von_name,
 u.nach_gebiet, u.nach_name, u.beziehung, u.guete, u.flaeche_ha, u.flaechenanteil, t.von, t.bis,
 t.hinweis,
 ST_Multi(ST_CollectionExtract(ST_Intersection(f.geom, t.geom), 3))::geometry(MultiPolygon, 25832) AS geom
 FROM sozialbericht.umsteigeschluessel u
 JOIN sozialbericht.gebiet f ON f.gebietsstand = u.von_gebietsstand AND f.ebene = u.ebene AND f.gebiet = u.von_gebiet
 JOIN sozialbericht.gebiet t ON t.gebietsstand = u.nach_gebietsstand AND t.ebene = u.ebene AND t.gebiet = u.nach_gebiet
 WHERE f.bis = t.von AND t.aktuell AND u.flaeche_ha >= 0.1
"""


def _versions_style(title: str) -> Style:
    current = Symbol("fill", outline="#1c2f6b", width=0.7)
    earlier = Symbol("fill", outline="#a8403f", width=0.45)
    name = Label(
        key="name",
        expression=f"{expressions.area_label()} || if(\"aktuell\", '', '\\n(' || \"gebietsstand\" || ')')",
        size=7.5,
        color="#303030",
    )
    return Style(
        "Gebietsstände",
        (
            Rule("aktuell", "aktueller Gebietsstand", '"aktuell"', current),
            Rule("frueher", "früherer Gebietsstand", ELSE, earlier),
        ),
        labels=(name, notice_label(expressions.notice(title))),
        map_tip=expressions.UNIT_TIP,
        order_by="von",
    )


def _changes_style(title: str) -> Style:
    fills = {"unveraendert": "#f7f7f7", "geteilt": "#a5d3b4", "zusammengelegt": "#5f9fc9", "unregelmaessig": "#f5bf74"}
    words = RELATION_TEXTS["beziehung"]
    name = Label(
        key="name",
        expression='if("beziehung" = \'unveraendert\', "nach_gebiet", "von_gebiet" || \' → \' || "nach_gebiet")',
        size=8,
    )
    return Style(
        "Änderungen",
        tuple(
            Rule(f"beziehung_{code}", words[code], f'"beziehung" = {expressions.literal(code)}',
                 Symbol("fill", fill, outline="#3d3d3d"))
            for code, fill in fills.items()
        ),
        heading="Vom vorigen zum aktuellen Gebietsstand",
        labels=(name, notice_label(expressions.notice(title))),
        map_tip=expressions.RELATION_TIP,
    )  # fmt: skip


def history_layers(catalogue: Catalogue) -> tuple[Layer, ...]:
    """Outlines of all versions, the changes into the current one as areas, and every relation as a table.

    While there is one version only, the last two are empty.
    """
    city = catalogue.city
    lowest = city.levels[-1]
    title = city.report_title
    versions, changes = _versions_style(title), _changes_style(title)
    return (
        Layer(
            id=ALL_VERSIONS,
            name=f"{lowest.plural} aller Gebietsstände",
            uri=source_uri(city.database, "gebiet", "gebiet_id", "MultiPolygon",
                           f"\"ebene\" = {expressions.literal(lowest.code)}"),
            abstract=f"{lowest.plural} aller beschlossenen Gebietsstände mit ihrer Gültigkeit, für die Zeitsteuerung.",
            attribution="",
            fields=plain_fields(catalogue),
            display='"name" || \', \' || "gebietsstand"',
            styles=(versions,),
            geometry="MultiPolygon",
            keywords=("Gebietsgliederung", "Gebietsstand", city.name),
            time=Time(service=False),
            current_style=versions.name,
        ),
        Layer(
            id=CHANGES,
            name="Änderungen zum aktuellen Gebietsstand",
            uri=query_uri(city.database, _SHARED, "umsteigeschluessel_id", "MultiPolygon",
                          f"\"ebene\" = {expressions.literal(lowest.code)}"),
            abstract="Welche Fläche aus welchem vorigen Gebiet kommt; leer, solange es nur einen Gebietsstand gibt.",
            attribution="",
            fields=plain_fields(catalogue, RELATION_TEXTS),
            display='"von_gebiet" || \' → \' || "nach_gebiet"',
            styles=(changes,),
            geometry="MultiPolygon",
            keywords=("Gebietsgliederung", "Umsteigeschlüssel", city.name),
            current_style=changes.name,
        ),
        Layer(
            id="umsteigeschluessel",
            name="Umsteigeschlüssel",
            uri=source_uri(city.database, "umsteigeschluessel", "umsteigeschluessel_id"),
            abstract="Welches Gebiet eines Gebietsstands in welchen Gebieten eines anderen aufgeht, mit Anteilen.",
            attribution="",
            fields=plain_fields(catalogue, RELATION_TEXTS),
            display='"von_gebiet" || \' → \' || "nach_gebiet"',
            keywords=("Gebietsgliederung", "Umsteigeschlüssel", city.name),
        ),
    )  # fmt: skip
