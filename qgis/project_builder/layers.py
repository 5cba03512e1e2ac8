"""Vector layers with their styles, time, metadata and services."""

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsLayerMetadata,
    QgsMapLayer,
    QgsMapLayerStyle,
    QgsReadWriteContext,
    QgsVectorLayer,
    QgsVectorLayerTemporalProperties,
)
from qgis.PyQt.QtXml import QDomDocument

from project_builder import fields, labels, symbols
from project_builder.application import Failure

# What differs between the styles of a layer. Fields, aliases and the like stay the layer's own, once. Time is the same
# in all of them, but QGIS 3.22 forgets it with a style that does not name it.
STYLE_CATEGORIES = QgsMapLayer.Symbology | QgsMapLayer.Labeling | QgsMapLayer.MapTips | QgsMapLayer.Temporal


def make(described, crs):
    """A read-only layer; raises Failure where QGIS cannot open its view."""
    layer = QgsVectorLayer(described["uri"], described["name"], "postgres")
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
    if described["time"]:
        _set_time(layer, described["time"])
    layer.setReadOnly(True)
    return layer


def add_styles(layer, described):
    """The named styles of a layer, its current one applied; returns the QML text of each by name."""
    manager = layer.styleManager()
    texts = {}
    for style in described["styles"]:
        layer.setRenderer(symbols.renderer(style))
        labelling = labels.labelling(style)
        layer.setLabeling(labelling)
        layer.setLabelsEnabled(labelling is not None)
        layer.setMapTipTemplate(style["map_tip"])
        document = QDomDocument("qgis")
        layer.exportNamedStyle(document, QgsReadWriteContext(), STYLE_CATEGORIES)
        texts[style["name"]] = document.toString(2)
    if texts:
        first = described["styles"][0]["name"]
        manager.renameStyle(manager.currentStyle(), first)
        for name, text in texts.items():
            if name != first:
                manager.addStyle(name, QgsMapLayerStyle(text))
        # The layer still wears the last of them.
        layer.importNamedStyle(_document(texts[first]))
        manager.setCurrentStyle(described["current_style"])
    return texts


def _document(text):
    document = QDomDocument()
    document.setContent(text)
    return document


def _set_time(layer, time):
    """Half-open periods: a period that ends on 1 January does not show in the year that begins with it."""
    properties = layer.temporalProperties()
    properties.setIsActive(True)
    properties.setMode(QgsVectorLayerTemporalProperties.ModeFeatureDateTimeStartAndEndFromFields)
    properties.setStartField(time["start"])
    properties.setEndField(time["end"])
    properties.setLimitMode(Qgis.VectorTemporalLimitMode.IncludeBeginExcludeEnd)
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
