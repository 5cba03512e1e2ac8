"""Print layouts from described ones."""

from qgis.core import (
    QgsCentroidFillSymbolLayer,
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsExpressionContextUtils,
    QgsFillSymbol,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutObject,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsMarkerSymbol,
    QgsPrintLayout,
    QgsProperty,
    QgsRectangle,
    QgsSvgMarkerSymbolLayer,
    QgsSymbolLayer,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime
from qgis.PyQt.QtGui import QColor, QFont

from project_builder import layers, symbols
from project_builder.application import Failure
from project_builder.labels import FONT
from project_builder.opened import service_name

MM = QgsUnitTypes.LayoutMillimeters
HORIZONTAL = {"left": Qt.AlignLeft, "center": Qt.AlignHCenter, "right": Qt.AlignRight}
VERTICAL = {"top": Qt.AlignTop, "middle": Qt.AlignVCenter, "bottom": Qt.AlignBottom}
ATLAS_MARGIN = 0.35
EMPTY_SVG = "base64:PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiPjwvc3ZnPg=="


def add(project, described):
    """Put the described layouts into the filled project; returns the layers that only they use, by name.

    These layers stand outside the tree: nobody switches them on, and no service offers them.
    """
    wanted = described["layouts"]
    own = {entry["id"]: _hidden_layer(project, described, entry) for entry in wanted["layers"]}
    if own:
        kept, _found = project.readListEntry("WMSRestrictedLayers", "/")
        project.writeEntry("WMSRestrictedLayers", "/", [*kept, *(layer.name() for layer in own.values())])
    known = {service_name(layer): layer for layer in project.mapLayers().values()} | own
    for entry in wanted["layouts"]:
        project.layoutManager().addLayout(_layout(project, entry, known))
    return own


def _hidden_layer(project, described, entry):
    layer = QgsVectorLayer(entry["uri"], entry["name"], "postgres")
    if not layer.isValid():
        raise Failure(f"Die Ebene „{entry['name']}“ der Druckzusammenstellung lässt sich nicht öffnen.")
    layer.setCrs(QgsCoordinateReferenceSystem(described["crs"]))
    layer.setDisplayExpression('"name"')
    layer.setReadOnly(True)
    layer.setFlags(QgsMapLayer.LayerFlags(QgsMapLayer.Private))
    layers.wear(layer, entry["style"])
    project.addMapLayer(layer, False)
    return layer


def _layout(project, described, known):
    layout = QgsPrintLayout(project)
    layout.setName(described["name"])
    layout.initializeDefaults()
    pages = layout.pageCollection()
    size = QgsLayoutSize(described["width"], described["height"], MM)
    pages.page(0).setPageSize(size)
    for _ in range(1, described["pages"]):
        page = QgsLayoutItemPage(layout)
        page.setPageSize(size)
        pages.addPage(page)
    for name, value in described["variables"].items():
        QgsExpressionContextUtils.setLayoutVariable(layout, name, value)
    atlas = layout.atlas()
    atlas.setEnabled(True)
    atlas.setCoverageLayer(known[described["atlas"]["layer"]])
    atlas.setPageNameExpression(described["atlas"]["page_name"])
    atlas.setFilenameExpression(described["atlas"]["file_name"])
    atlas.setSortFeatures(True)
    atlas.setSortExpression(described["atlas"]["sort_by"])
    atlas.setSortAscending(True)
    if described["atlas"]["filter"]:
        atlas.setFilterFeatures(True)
        atlas.setFilterExpression(described["atlas"]["filter"])
    maps = {}
    for entry in described["items"]:
        item = MAKERS[entry["kind"]](layout, entry, known, maps)
        box = entry["box"]
        layout.addLayoutItem(item)
        item.attemptMove(QgsLayoutPoint(box["x"], box["y"], MM), page=box["page"])
        item.attemptResize(QgsLayoutSize(box["width"], box["height"], MM))
        if entry["kind"] == "map":
            # only now has it its shape, to which a map of another shape would adapt it
            item.setExtent(_shaped(entry["extent"] or (0, 0, 1000, 1000), box["width"] / box["height"]))
    return layout


def _shaped(extent, ratio):
    """A rectangle around an extent whose width is ``ratio`` times its height."""
    rectangle = QgsRectangle(*extent)
    width, height = rectangle.width(), rectangle.height()
    return QgsRectangle.fromCenterAndSize(rectangle.center(), max(width, height * ratio), max(height, width / ratio))


def _font(entry):
    font = QFont(FONT)
    font.setPointSizeF(entry["size"])
    font.setBold(entry.get("bold", False))
    font.setItalic(entry.get("italic", False))
    font.setStyleName({(0, 0): "Book", (1, 0): "Bold", (0, 1): "Oblique", (1, 1): "Bold Oblique"}[
        (int(font.bold()), int(font.italic()))
    ])  # fmt: skip
    return font


def _label(layout, entry, known, maps):
    item = QgsLayoutItemLabel(layout)
    item.setText(entry["text"])
    item.setFont(_font(entry))
    item.setFontColor(QColor(entry["color"]))
    item.setHAlign(HORIZONTAL[entry["align"]])
    item.setVAlign(VERTICAL[entry["vertical"]])
    item.setMarginX(0)
    item.setMarginY(0)
    if entry["background"]:
        item.setBackgroundEnabled(True)
        item.setBackgroundColor(QColor(entry["background"]))
        item.setMarginX(1.5)
    return item


def _defined(item, key, expression):
    item.dataDefinedProperties().setProperty(key, QgsProperty.fromExpression(expression))


def _picture(layout, entry, known, maps):
    """An SVG as a marker in the middle of a shape: QGIS draws it as lines, a picture item would make pixels of it."""
    marker = QgsSvgMarkerSymbolLayer(EMPTY_SVG, entry["box"]["width"])
    marker.setStrokeWidth(0)
    marker.setDataDefinedProperty(QgsSymbolLayer.PropertyName, QgsProperty.fromExpression(entry["expression"]))
    middle = QgsCentroidFillSymbolLayer()
    middle.setSubSymbol(symbols._of(QgsMarkerSymbol, marker))
    item = QgsLayoutItemShape(layout)
    item.setShapeType(QgsLayoutItemShape.Rectangle)
    item.setSymbol(symbols._of(QgsFillSymbol, middle))
    return item


def _map(layout, entry, known, maps):
    item = QgsLayoutItemMap(layout)
    item.setId(entry["name"])
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(QColor("#b9bec4"))
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.2, MM))
    item.setBackgroundColor(QColor("#ffffff"))
    item.setCrs(QgsCoordinateReferenceSystem())
    if entry["layers"]:
        shown = [known[name] for name, _style in entry["layers"]]
        item.setLayers(shown)
        item.setKeepLayerSet(True)
        item.setLayerStyleOverrides({
            known[name].id(): known[name].styleManager().style(style).xmlData()
            for name, style in entry["layers"] if style
        })  # fmt: skip
        item.setKeepLayerStyles(True)
    else:
        item.setFollowVisibilityPreset(True)
        _defined(item, QgsLayoutObject.MapStylePreset, entry["theme"])
    if entry["time"]:
        item.setIsTemporal(True)
        day = QDateTime(QDate(2000, 12, 31), QTime(0, 0), Qt.UTC)
        item.setTemporalRange(QgsDateTimeRange(day, day))
        _defined(item, QgsLayoutObject.StartDateTime, entry["time"])
        _defined(item, QgsLayoutObject.EndDateTime, entry["time"])
    if entry["show"]:
        _defined(item, QgsLayoutObject.ExcludeFromExports, f"NOT coalesce({entry['show']}, false)")
    if not entry["extent"]:
        item.setAtlasDriven(True)
        item.setAtlasScalingMode(QgsLayoutItemMap.Auto)
        item.setAtlasMargin(ATLAS_MARGIN)
    maps[entry["name"]] = item
    return item


def _legend(layout, entry, known, maps):
    item = QgsLayoutItemLegend(layout)
    item.setLinkedMap(maps[entry["map"]])
    item.setAutoUpdateModel(False)
    root = item.model().rootGroup()
    root.clear()
    for name in entry["layers"]:
        node = root.addLayer(known[name])
        # the layer's name says nothing here
        node.setCustomProperty("legend/title-style", "hidden")
        # nor does the style's heading, which no legend breaks into lines: title and unit stand above the map
        QgsMapLayerLegendUtils.setLegendNodeUserLabel(node, 0, entry["heading"])
    item.setLegendFilterByMapEnabled(True)
    item.setColumnCount(entry["columns"])
    item.setBackgroundEnabled(False)
    item.setResizeToContents(True)
    for style, size in ((QgsLegendStyle.SymbolLabel, 8), (QgsLegendStyle.Subgroup, 9), (QgsLegendStyle.Group, 9)):
        item.rstyle(style).setFont(_font({"size": size, "bold": style != QgsLegendStyle.SymbolLabel}))
    item.setSymbolWidth(6)
    item.setSymbolHeight(3.6)
    item.setBoxSpace(0)
    return item


def _scale_bar(layout, entry, known, maps):
    item = QgsLayoutItemScaleBar(layout)
    item.setStyle("Single Box")
    item.setLinkedMap(maps[entry["map"]])
    item.setUnits(QgsUnitTypes.DistanceKilometers)
    item.setUnitLabel("km")
    item.setMapUnitsPerScaleBarUnit(1)
    item.setNumberOfSegmentsLeft(0)
    item.setNumberOfSegments(entry["segments"])
    item.setUnitsPerSegment(entry["kilometres"])
    item.setHeight(1.6)
    item.setBoxContentSpace(0)
    item.setFont(_font({"size": 7}))
    return item


def _rule(layout, entry, known, maps):
    item = QgsLayoutItemShape(layout)
    item.setShapeType(QgsLayoutItemShape.Rectangle)
    item.setSymbol(QgsFillSymbol.createSimple({"color": entry["color"], "outline_style": "no"}))
    return item


MAKERS = {
    "label": _label, "picture": _picture, "map": _map, "legend": _legend, "scalebar": _scale_bar, "rule": _rule,
}  # fmt: skip
