"""Symbols and rule-based renderers from described styles."""

from qgis.core import (
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsRuleBasedRenderer,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

SHAPES = {
    "circle": QgsSimpleMarkerSymbolLayer.Circle,
    "square": QgsSimpleMarkerSymbolLayer.Square,
    "diamond": QgsSimpleMarkerSymbolLayer.Diamond,
}
MARKER_OUTLINE = 0.25
HATCH_DISTANCE = 3.2
HATCH_WIDTH = 0.28
CASING_EXTRA = 0.28


def _of(kind, *layers):
    """A symbol of these layers. Its constructor's list would leave them to Python's garbage collector as well."""
    made = kind()
    made.deleteSymbolLayer(0)
    for layer in layers:
        made.appendSymbolLayer(layer)
    return made


def _fill(described):
    layer = QgsSimpleFillSymbolLayer()
    if described["color"] is None:
        layer.setBrushStyle(Qt.NoBrush)
    else:
        layer.setFillColor(QColor(described["color"]))
    layer.setStrokeColor(QColor(described["outline"]))
    layer.setStrokeWidth(described["width"])
    layer.setPenJoinStyle(Qt.RoundJoin)
    layers = [layer]
    if described["hatch"]:
        layers.append(_pattern(described["hatch"], described["hatch_angle"]))
    if described["hatch_beside"]:
        layers.append(_pattern(described["hatch_beside"], described["hatch_angle"], HATCH_WIDTH))
    return _of(QgsFillSymbol, *layers)


def _pattern(colour, angle, offset=0.0):
    pattern = QgsLinePatternFillSymbolLayer()
    pattern.setLineAngle(angle)
    pattern.setDistance(HATCH_DISTANCE)
    pattern.setOffset(offset)
    pattern.setSubSymbol(_of(QgsLineSymbol, _line(colour, HATCH_WIDTH)))
    return pattern


def _line(color, width, dash=(), cap=Qt.RoundCap):
    layer = QgsSimpleLineSymbolLayer(QColor(color), width)
    layer.setPenJoinStyle(Qt.RoundJoin)
    layer.setPenCapStyle(cap)
    if dash:
        layer.setUseCustomDashPattern(True)
        layer.setCustomDashVector(list(dash))
        layer.setCustomDashPatternUnit(QgsUnitTypes.RenderMillimeters)
    return layer


def _line_symbol(described):
    layers = []
    if described["casing"]:
        layers.append(_line(described["casing"], described["width"] + CASING_EXTRA, cap=Qt.FlatCap))
    cap = Qt.FlatCap if described["dash"] else Qt.RoundCap
    layers.append(_line(described["color"], described["width"], described["dash"], cap))
    return _of(QgsLineSymbol, *layers)


def _marker(described):
    layer = QgsSimpleMarkerSymbolLayer(SHAPES[described["shape"]], described["size"])
    layer.setFillColor(QColor(described["color"]))
    layer.setStrokeColor(QColor(described["outline"]))
    layer.setStrokeWidth(MARKER_OUTLINE)
    return _of(QgsMarkerSymbol, layer)


def symbol(described):
    """A symbol in millimetres."""
    made = {"fill": _fill, "line": _line_symbol, "marker": _marker}[described["type"]](described)
    made.setOpacity(described["opacity"])
    return made


def renderer(style):
    """The rule-based renderer of a style; its keys are the described ones, so that a rebuild is the same."""
    root = QgsRuleBasedRenderer.Rule(None)
    root.setRuleKey("wurzel")
    parent = root
    if style["heading"]:
        parent = QgsRuleBasedRenderer.Rule(None, 0, 0, "", style["heading"])
        parent.setRuleKey("titel")
        root.appendChild(parent)
    for described in style["rules"]:
        rule = QgsRuleBasedRenderer.Rule(
            symbol(described["symbol"]) if described["symbol"] else None,
            0,
            described["min_scale"],
            described["filter"],
            described["label"],
        )
        rule.setRuleKey(described["key"])
        parent.appendChild(rule)
    made = QgsRuleBasedRenderer(root)
    if style["order_by"]:
        clause = QgsFeatureRequest.OrderByClause(f'"{style["order_by"]}"', True)
        made.setOrderBy(QgsFeatureRequest.OrderBy([clause]))
        made.setOrderByEnabled(True)
    return made
