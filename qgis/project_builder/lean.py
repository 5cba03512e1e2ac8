"""What QGIS writes although it says nothing: second copies, defaults, empty properties, settings of things not drawn.

QGIS reads a missing element or attribute as its default. Without them a project of a few hundred styles has a sixth of
the size, is written and read sooner, and a changed class shows as a changed line. A test reads every thin style back
and compares it with the full one.
"""

NO_SCALE = "3x:0,0,0,0,0,0"
# Elements of a label's text that are off, and the attribute that says so.
SWITCHES = {"background": "shapeDraw", "shadow": "shadowDraw", "text-mask": "maskEnabled"}
# Per column: no default value, no constraint.
UNUSED = {"defaults": ("expression", ""), "constraints": ("constraints", "0"), "constraintExpressions": ("exp", "")}
_STROKE = {"offset": "0", "offset_unit": "MM", "outline_width_unit": "MM"}
# Properties of symbol layers that QGIS takes for granted, by class.
GRANTED = {
    "SimpleFill": {**_STROKE, "offset": "0,0", "outline_style": "solid", "outline_width": "0.26", "style": "solid"},
    "SimpleMarker": {
        **_STROKE, "offset": "0,0", "angle": "0", "cap_style": "square", "horizontal_anchor_point": "1",
        "vertical_anchor_point": "1", "outline_style": "solid", "scale_method": "diameter", "size_unit": "MM",
    },
    "LinePatternFill": {**_STROKE, "distance_unit": "MM", "line_width_unit": "MM", "color": "0,0,0,255"},
    "SimpleLine": {
        **_STROKE, "align_dash_pattern": "0", "customdash": "5;2", "customdash_unit": "MM", "dash_pattern_offset": "0",
        "dash_pattern_offset_unit": "MM", "draw_inside_polygon": "0", "line_style": "solid", "line_width_unit": "MM",
        "ring_filter": "0", "trim_distance_end": "0", "trim_distance_end_unit": "MM", "trim_distance_start": "0",
        "trim_distance_start_unit": "MM", "tweak_dash_pattern_on_corners": "0", "use_custom_dash": "0",
    },
}  # fmt: skip
# Attributes that QGIS takes for granted, by element.
DEFAULTS = {
    "layer": {"enabled": "1", "locked": "0", "pass": "0"},
    "placement": {
        "centroidInside": "0", "centroidWhole": "0", "dist": "0", "distMapUnitScale": NO_SCALE, "distUnits": "MM",
        "fitInPolygonOnly": "0", "geometryGenerator": "", "geometryGeneratorEnabled": "0",
        "geometryGeneratorType": "PointGeometry", "labelOffsetMapUnitScale": NO_SCALE, "layerType": "UnknownGeometry",
        "lineAnchorClipping": "0", "lineAnchorPercent": "0.5", "lineAnchorType": "0", "maxCurvedCharAngleIn": "25",
        "maxCurvedCharAngleOut": "-25", "offsetType": "0", "overrunDistance": "0",
        "overrunDistanceMapUnitScale": NO_SCALE, "overrunDistanceUnit": "MM", "polygonPlacementFlags": "2",
        "predefinedPositionOrder": "TR,TL,BR,BL,R,L,TSR,BSR", "preserveRotation": "1", "quadOffset": "4",
        "repeatDistance": "0", "repeatDistanceMapUnitScale": NO_SCALE, "repeatDistanceUnits": "MM",
        "rotationAngle": "0", "rotationUnit": "AngleDegrees", "xOffset": "0", "yOffset": "0",
    },
    "renderer-v2": {"enableorderby": "0", "forceraster": "0", "referencescale": "-1", "symbollevels": "0"},
    "rendering": {
        "displayAll": "0", "drawLabels": "1", "fontLimitPixelSize": "0", "fontMaxPixelSize": "10000",
        "fontMinPixelSize": "0", "labelPerPart": "0", "limitNumLabels": "0", "maxNumLabels": "2000", "mergeLines": "0",
        "minFeatureSize": "0", "obstacle": "1", "obstacleFactor": "1", "scaleMax": "0", "scaleMin": "0",
        "scaleVisibility": "0", "unplacedVisibility": "0", "upsidedownLabels": "0", "zIndex": "0",
    },
    "symbol": {"alpha": "1", "clip_to_extent": "1", "force_rhr": "0"},
    "text-buffer": {"bufferBlendMode": "0", "bufferSizeMapUnitScale": NO_SCALE, "bufferSizeUnits": "MM"},
    "text-format": {
        "addDirectionSymbol": "0", "autoWrapLength": "0", "formatNumbers": "0", "leftDirectionSymbol": "<",
        "placeDirectionSymbol": "0", "plussign": "0", "reverseDirectionSymbol": "0", "rightDirectionSymbol": ">",
        "useMaxLineLengthForAutoWrap": "1", "wrapChar": "",
    },
    "text-style": {
        "allowHtml": "0", "blendMode": "0", "capitalization": "0", "fontKerning": "1", "fontLetterSpacing": "0",
        "fontSizeMapUnitScale": NO_SCALE, "fontSizeUnit": "Point", "fontStrikeout": "0", "fontUnderline": "0",
        "fontWordSpacing": "0", "legendString": "Aa", "previewBkgrdColor": "255,255,255,255", "textOpacity": "1",
        "textOrientation": "horizontal", "useSubstitutions": "0",
    },
}  # fmt: skip


def _empty(properties):
    """Whether a collection of data-defined properties holds none."""
    held = properties.find("Option/Option[@name='properties']")
    return held is None or (len(held) == 0 and not held.get("value"))


def _switched_off(element):
    switch = SWITCHES.get(element.tag)
    return switch is not None and element.get(switch) == "0"


def _undrawn_callout(settings):
    """A label's callout (leader line) that is not enabled."""
    callout = settings.find("callout")
    if callout is None:
        return None
    enabled = callout.find("Option/Option[@name='enabled']")
    return callout if enabled is None or enabled.get("value") == "0" else None


def _plain_column(parent, element):
    """A column without an edit widget, shown everywhere; or its empty widget."""
    if parent.tag == "fieldConfiguration":
        return element.get("configurationFlags") == "None" and _no_widget(element.find("editWidget"))
    return element.tag == "editWidget" and _no_widget(element)


def _no_widget(widget):
    return widget is None or not widget.get("type")


def _needless(parent, element):
    # The older notation of the same values, for QGIS before 3.20.
    if element.tag == "prop":
        return parent.find("Option") is not None
    if element.tag == "Option":
        return (element.get("name") or "").endswith("map_unit_scale") and element.get("value") == NO_SCALE
    if element.tag in ("data_defined_properties", "dd_properties"):
        return _empty(element)
    if parent.tag in UNUSED:
        name, nothing = UNUSED[parent.tag]
        return element.get(name) == nothing
    if element.tag in ("families", "substitutions"):
        return len(element) == 0
    if element.tag == "config" and parent.tag == "editWidget":
        return len(element.findall("Option/*")) == 0
    return _switched_off(element) or _plain_column(parent, element)


def _drop_defaults(element):
    for name, value in DEFAULTS.get(element.tag, {}).items():
        if element.get(name) == value:
            del element.attrib[name]
    granted = GRANTED.get(element.get("class", "")) if element.tag == "layer" else None
    options = element.find("Option") if granted else None
    if options is not None:
        for option in [o for o in options if granted.get(o.get("name")) == o.get("value")]:
            options.remove(option)


def _hollow(properties):
    """An empty collection in its shortest form: QGIS takes the next one in the file for one that is missing."""
    option = properties.find("Option")
    if option is not None:
        option.clear()
        option.set("type", "Map")


def thin_out(root):
    """Remove what says nothing from every symbol, label and column below ``root``, in place."""
    for settings in root.iter("settings"):
        callout = _undrawn_callout(settings)
        if callout is not None:
            settings.remove(callout)
            settings.attrib.pop("calloutType", None)
    for parent in list(root.iter()):
        own = parent.find("dd_properties") if parent.tag == "text-style" else None
        if own is not None and _empty(own):
            _hollow(own)
        _drop_defaults(parent)
        for element in [e for e in parent if e is not own and _needless(parent, e)]:
            parent.remove(element)
        if len(parent) == 0 and parent.text and not parent.text.strip():
            parent.text = None
