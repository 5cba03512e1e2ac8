"""The project around the layers: tree, map themes, view, time, services, metadata."""

from qgis.core import (
    QgsAbstractMetadataBase,
    QgsCoordinateReferenceSystem,
    QgsMapThemeCollection,
    QgsProjectMetadata,
    QgsReadWriteContext,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsRelation,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QFont
from qgis.PyQt.QtXml import QDomDocument

from project_builder.application import Failure
from project_builder.labels import FONT

MAX_PIXELS = 5000
HEADING = "titel"
"""Rule key of the legend's heading, below which the classes stand."""
PRECISION = 3
PREFIX = "sozialbericht_"
"""Before the id of a layer."""
TOP_CENTER = 4
"""Of a decoration: QgsDecorationItem.TopCenter, which only the desktop knows."""


def fill(project, described, add_layer):
    """Put everything described into the empty project; ``add_layer`` makes a layer of a description."""
    crs = QgsCoordinateReferenceSystem(described["crs"])
    project.setCrs(crs)
    project.setTitle(described["title"])
    project.setBackgroundColor(QColor("#ffffff"))
    # Views are read as described: no scan for keys, geometry types and extents at each opening.
    project.setTrustLayerMetadata(True) if hasattr(project, "setTrustLayerMetadata") else project.setTrust(True)
    _metadata(project, described)
    layers = {}
    root = project.layerTreeRoot()
    for group in described["groups"]:
        branch = root.addGroup(group["name"])
        branch.setCustomProperty("wmsShortName", group["id"])
        branch.setCustomProperty("wmsTitle", group["name"])
        branch.setExpanded(group["expanded"])
        for entry in group["layers"]:
            layer = add_layer(entry)
            project.addMapLayer(layer, False)
            node = branch.addLayer(layer)
            node.setExpanded(False)
            layers[entry["id"]] = layer
    _relations(project, described["relations"], layers)
    project.setCustomVariables(described["variables"])
    _map_themes(project, described, layers)
    _view(project, described, crs)
    project.timeSettings().setTimeStepUnit(QgsUnitTypes.TemporalYears)
    project.timeSettings().setTimeStep(1)
    _services(project, described, layers)
    _notice(project, described["notice"])
    return layers


def _relations(project, described, layers):
    manager = project.relationManager()
    for entry in described:
        relation = QgsRelation()
        relation.setId(entry["id"])
        relation.setName(entry["name"])
        relation.setReferencedLayer(layers[entry["of"]].id())
        relation.setReferencingLayer(layers[entry["rows"]].id())
        for referencing, referenced in entry["pairs"]:
            relation.addFieldPair(referencing, referenced)
        if not relation.isValid():
            raise Failure(f"Die Beziehung {entry['id']} passt nicht zu den Spalten ihrer Ebenen.")
        manager.addRelation(relation)


def _map_themes(project, described, layers):
    """Themes from top to bottom, and the project opened in the first."""
    collection = project.mapThemeCollection()
    group_of = {entry["id"]: group["name"] for group in described["groups"] for entry in group["layers"]}
    for theme in described["map_themes"]:
        record = QgsMapThemeCollection.MapThemeRecord()
        # The tree shows the legend of the map and folds the rest.
        record.setHasExpandedStateInfo(True)
        record.setExpandedGroupNodes({group_of[theme["layers"][-1][0]]})
        for layer_id, style in theme["layers"]:
            entry = QgsMapThemeCollection.MapThemeLayerRecord(layers[layer_id])
            entry.usingCurrentStyle = True
            entry.currentStyle = style
            entry.isVisible = True
            entry.expandedLayerNode = layer_id == theme["layers"][-1][0]
            if entry.expandedLayerNode:
                entry.expandedLegendItems = {HEADING}
            record.addLayerRecord(entry)
        collection.insert(theme["name"], record)
    initial = next(theme for theme in described["map_themes"] if theme["name"] == described["initial_theme"])
    visible = dict(initial["layers"])
    root = project.layerTreeRoot()
    for layer_id, layer in layers.items():
        node = root.findLayer(layer.id())
        node.setItemVisibilityChecked(layer_id in visible)
        if layer_id in visible:
            layer.styleManager().setCurrentStyle(visible[layer_id])
    lowest = root.findLayer(layers[initial["layers"][-1][0]].id())
    lowest.setExpanded(True)
    lowest.setCustomProperty("expandedLegendNodes", [HEADING])


def _notice(project, described):
    """A title over the map that is empty as long as the layer has rows."""
    counted = f"coalesce(layer_property('{PREFIX}{described['layer']}', 'feature_count'), 0)"
    words = described["words"].replace("'", "\\'").replace("\n", "\\n")
    text = QgsTextFormat()
    font = QFont(FONT)
    font.setBold(True)
    text.setFont(font)
    text.setNamedStyle("Bold")
    text.setSize(described["size"])
    text.setColor(QColor(described["color"]))
    written = QDomDocument()
    written.appendChild(text.writeXml(written, QgsReadWriteContext()))
    millimetres = QgsUnitTypes.encodeUnit(QgsUnitTypes.RenderMillimeters)
    entries = {"Label": f"[% if({counted} > 0, '', '{words}') %]", "Font": written.toString(-1),
               "BackgroundColor": "255,255,255,0", "Placement": TOP_CENTER, "MarginUnit": millimetres,
               "MarginH": 0, "MarginV": 15}  # fmt: skip
    project.writeEntryBool("TitleLabel", "/Enabled", True)
    for key, value in entries.items():
        project.writeEntry("TitleLabel", f"/{key}", value)


def _view(project, described, crs):
    extent = QgsReferencedRectangle(QgsRectangle(*described["view"]), crs)
    project.viewSettings().setDefaultViewExtent(extent)
    project.viewSettings().setPresetFullExtent(extent)


def _metadata(project, described):
    metadata = QgsProjectMetadata()
    metadata.setTitle(described["title"])
    metadata.setAbstract(described["abstract"])
    metadata.setLanguage("de")
    metadata.setType("project")
    metadata.setKeywords({"Schlagwörter": described["keywords"]})
    if facts := described["metadata"]:
        contact = QgsAbstractMetadataBase.Contact(facts["contact"])
        contact.organization = facts["organisation"]
        contact.role = "pointOfContact"
        metadata.setContacts([contact])
        link = QgsAbstractMetadataBase.Link("Veröffentlichung", "WWW:LINK", facts["link"])
        link.description = facts["licence"]
        metadata.setLinks([link])
    project.setMetadata(metadata)


def _services(project, described, layers):
    """WMS, WFS and OGC API Features: everything readable, nothing writable."""
    published = {entry["id"]: entry["published"] for group in described["groups"] for entry in group["layers"]}
    offered = [layer for name, layer in layers.items() if published[name]]
    entries = {
        "WMSRestrictedLayers": {"/": [layer.name() for name, layer in layers.items() if not published[name]]},
        "WMSServiceCapabilities": {"/": True},
        "WMSServiceTitle": {"/": described["title"]},
        "WMSServiceAbstract": {"/": described["abstract"]},
        "WMSKeywordList": {"/": described["keywords"]},
        "WMSContactOrganization": {"/": described["organisation"]},
        "WMSRootName": {"/": "sozialbericht"},
        "WMSCrsList": {"/": described["crs_list"]},
        "WMSUseLayerIDs": {"/": False},
        "WMSAddWktGeometry": {"/": True},
        "WMSSegmentizeFeatureInfoGeometry": {"/": True},
        "WMSFeatureInfoUseAttributeFormSettings": {"/": False},
        "WMSPrecision": {"/": str(PRECISION)},
        "WMSMaxWidth": {"/": MAX_PIXELS},
        "WMSMaxHeight": {"/": MAX_PIXELS},
        "WFSLayers": {"/": [layer.id() for layer in offered]},
        "WFSLayersPrecision": {layer.id(): PRECISION for layer in offered},
    }
    for scope, values in entries.items():
        for key, value in values.items():
            project.writeEntry(scope, key, value)
    west, south, east, north = described["view"]
    project.writeEntry("WMSExtent", "/", [str(value) for value in (west, south, east, north)])
