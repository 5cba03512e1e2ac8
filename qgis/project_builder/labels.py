"""Rule-based labelling from described styles."""

from qgis.core import (
    Qgis,
    QgsPalLayerSettings,
    QgsProperty,
    QgsPropertyCollection,
    QgsRuleBasedLabeling,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QFont

FONT = "DejaVu Sans"
# Newer versions name the placements elsewhere, and something else OverPoint in the old place.
_KINDS = getattr(Qgis, "LabelPlacement", QgsPalLayerSettings)
PLACEMENT = {
    "polygon": _KINDS.Horizontal,
    "point": _KINDS.OrderedPositionsAroundPoint,
    "pinned": _KINDS.OverPoint,
}
BY_EXPRESSION = {
    QgsPalLayerSettings.PositionX: "x",
    QgsPalLayerSettings.PositionY: "y",
    QgsPalLayerSettings.Show: "show",
    QgsPalLayerSettings.Color: "color_by",
    QgsPalLayerSettings.BufferColor: "buffer_by",
}


def _text_format(described):
    font = QFont(FONT)
    font.setBold(described["bold"])
    font.setItalic(described["italic"])
    text = QgsTextFormat()
    text.setFont(font)
    text.setNamedStyle({(False, False): "Book", (True, False): "Bold", (False, True): "Oblique"}[
        (described["bold"], described["italic"])
    ])  # fmt: skip
    text.setSize(described["size"])
    text.setSizeUnit(QgsUnitTypes.RenderPoints)
    text.setColor(QColor(described["color"]))
    text.setLineHeight(0.95)
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(True)
    buffer.setSize(described["buffer"])
    buffer.setSizeUnit(QgsUnitTypes.RenderMillimeters)
    buffer.setColor(QColor("#ffffff"))
    buffer.setOpacity(0.85)
    text.setBuffer(buffer)
    return text


def _settings(described):
    settings = QgsPalLayerSettings()
    settings.isExpression = True
    settings.fieldName = described["expression"]
    settings.placement = PLACEMENT[described["placement"]]
    settings.priority = described["priority"]
    settings.multilineAlign = QgsPalLayerSettings.MultiCenter
    settings.setFormat(_text_format(described))
    properties = QgsPropertyCollection()
    for key, name in BY_EXPRESSION.items():
        if described[name]:
            properties.setProperty(key, QgsProperty.fromExpression(described[name]))
    if described["x"]:
        properties.setProperty(QgsPalLayerSettings.Hali, QgsProperty.fromValue("Left"))
        properties.setProperty(QgsPalLayerSettings.Vali, QgsProperty.fromValue("Bottom"))
        settings.multilineAlign = QgsPalLayerSettings.MultiLeft
    settings.setDataDefinedProperties(properties)
    return settings


def labelling(style):
    """The labelling of a style, or None where nothing is labelled."""
    if not style["labels"]:
        return None
    root = QgsRuleBasedLabeling.Rule(None)
    root.setRuleKey("wurzel")
    for described in style["labels"]:
        rule = QgsRuleBasedLabeling.Rule(
            _settings(described), 0, described["min_scale"], described["filter"], described["key"]
        )
        rule.setRuleKey(described["key"])
        root.appendChild(rule)
    return QgsRuleBasedLabeling(root)
