"""Vector layers with their styles, time, metadata and services."""

import json

from qgis.core import (
    Qgis,
    QgsAction,
    QgsCoordinateReferenceSystem,
    QgsLayerMetadata,
    QgsMapLayer,
    QgsMapLayerStyle,
    QgsRasterLayer,
    QgsReadWriteContext,
    QgsVectorLayer,
    QgsVectorLayerTemporalProperties,
)
from qgis.PyQt.QtXml import QDomDocument

from project_builder import fields, labels, normalise, symbols
from project_builder.application import Failure

# What differs between the styles of a layer. Fields, aliases and the like stay the layer's own, once.
STYLE_CATEGORIES = QgsMapLayer.Symbology | QgsMapLayer.Labeling | QgsMapLayer.MapTips
# Time is the same in all styles of a series, but QGIS 3.22 forgets it with a style that does not name it.
SERIES_CATEGORIES = STYLE_CATEGORIES | QgsMapLayer.Temporal


def make(described, crs, action):
    """A read-only layer; areas get the ``action`` that opens their profile.

    Raises Failure where QGIS cannot open its view.
    """
    if described["provider"] != "postgres":
        return _background(described)
    options = QgsVectorLayer.LayerOptions()
    options.loadDefaultStyle = False  # the database may hold styles already
    layer = QgsVectorLayer(described["uri"], described["name"], "postgres", options)
    if not layer.isValid():
        raise Failure(
            f"Die Ebene „{described['name']}“ lässt sich nicht öffnen. Ist die Datenbank eingerichtet und kennt die "
            f"Dienstdatei (PGSERVICEFILE) sie? Abhilfe: ./sozialbericht run"
        )
    if described["geometry"]:
        layer.setCrs(QgsCoordinateReferenceSystem(crs))
    fields.configure(layer, described["fields"])
    layer.setDisplayExpression(described["display"])
    _describe(layer, described)
    if described["profile"]:
        _offer_profile(layer, action)
    if described["time"]:
        _set_time(layer, described["time"])
    layer.setReadOnly(True)
    return layer


def _background(described):
    layer = QgsRasterLayer(described["uri"], described["name"], described["provider"])
    if not layer.isValid():
        raise Failure(f"Die Ebene „{described['name']}“ hat keine gültige Adresse.")
    _describe(layer, described)
    return layer


def _offer_profile(layer, action):
    """In the form, the attribute table and the map: a click opens the area's page in the browser."""
    made = QgsAction(QgsAction.OpenUrl, action["name"], action["address"], "", False, action["name"],
                     {"Canvas", "Feature", "Form"})  # fmt: skip
    layer.actions().addAction(made)
    layer.actions().setDefaultAction("Canvas", made.id())


def add_styles(layer, described, known):
    """The named styles of a layer, its current one applied.

    ``known`` holds the thin QML of every style made so far by its description (JSON), so that what several layers share
    is made once; new ones are added to it.
    """
    if not described["styles"]:
        return
    manager = layer.styleManager()
    categories = SERIES_CATEGORIES if described["time"] else STYLE_CATEGORIES
    for number, style in enumerate(described["styles"]):
        key = json.dumps(style)
        if key not in known:
            wear(layer, style)
            document = QDomDocument("qgis")
            layer.exportNamedStyle(document, QgsReadWriteContext(), categories)
            known[key] = normalise.style(document.toString(-1))
        if number == 0:
            manager.renameStyle(manager.currentStyle(), style["name"])
        else:
            manager.addStyle(style["name"], QgsMapLayerStyle(known[key]))
    # The layer still wears the last one made.
    wear(layer, described["styles"][0])
    manager.setCurrentStyle(described["current_style"])


def wear(layer, style):
    """Put a described style on a layer."""
    layer.setRenderer(symbols.renderer(style))
    labelling = labels.labelling(style)
    layer.setLabeling(labelling)
    layer.setLabelsEnabled(labelling is not None)
    layer.setMapTipTemplate(style["map_tip"])


def _set_time(layer, time):
    """Half-open periods: a period that ends on 1 January does not show in the year that begins with it."""
    properties = layer.temporalProperties()
    properties.setIsActive(True)
    properties.setMode(QgsVectorLayerTemporalProperties.ModeFeatureDateTimeStartAndEndFromFields)
    properties.setStartField(time["start"])
    properties.setEndField(time["end"])
    properties.setLimitMode(Qgis.VectorTemporalLimitMode.IncludeBeginExcludeEnd)
    if not time["service"]:
        return
    # WMS knows inclusive ends only. Without TIME all periods are drawn, the newest on top: QGIS 3.22 would offer the
    # newest alone, but dies on it while a series has no rows, and takes every other layer along.
    server = layer.serverProperties()
    kind = server.WmsDimensionInfo
    server.addWmsDimension(kind("time", time["start"], time["last_day"], "ISO8601", "", kind.AllValues))


def _describe(layer, described):
    """Title, abstract, keywords and attribution, for people, metadata and services."""
    metadata = QgsLayerMetadata()
    metadata.setIdentifier(described["id"])
    metadata.setTitle(described["name"])
    metadata.setAbstract(described["abstract"])
    metadata.setLanguage("de")
    metadata.setType("dataset")
    metadata.setKeywords({"Schlagwörter": described["keywords"]})
    if described["attribution"]:
        metadata.setRights([described["attribution"]])
    if described["geometry"]:
        metadata.setCrs(layer.crs())
    layer.setMetadata(metadata)
    # Since 3.38 these belong to the server properties; the older names are gone in QGIS 4.
    target = layer.serverProperties() if hasattr(layer.serverProperties(), "setShortName") else layer
    target.setShortName(described["id"])
    target.setTitle(described["name"])
    target.setAbstract(described["abstract"])
    target.setKeywordList(",".join(described["keywords"]))
    target.setAttribution(described["attribution"])
