"""What QGIS writes differently each time becomes the same: ids, times, names of people, paths, order of attributes.

The order of elements is left alone, because it often means something (layers, rules, symbol layers).
"""

import re
import xml.etree.ElementTree as ET

from project_builder.lean import thin_out

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
PERSONAL = ("saveUser", "saveUserFull", "saveDateTime")
# Extents are computed from rows at the time of building; QGIS asks the database when they are missing. Elevation is
# nothing but symbols for height profiles, to which newer versions give random colours.
LEFT_OUT = ("extent", "wgs84extent", "elevation")
_UUID = re.compile(r"\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}")
_ANNOTATIONS = re.compile(r"Annotations_[0-9a-f]{8}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{12}")


def _parsed(text):
    # QGIS's own output of a moment ago, no foreign XML.
    return ET.fromstring(text)  # noqa: S314


def _sort_attributes(root):
    for element in root.iter():
        if len(element.attrib) > 1:
            ordered = sorted(element.attrib.items())
            element.attrib.clear()
            element.attrib.update(ordered)


def _number_uuids(text):
    """Number the random ids that newer versions of QGIS give to symbol layers, in their order."""
    seen = {}
    return _UUID.sub(lambda m: seen.setdefault(m[0], f"{{00000000-0000-0000-0000-{len(seen) + 1:012d}}}"), text)


def _text(root):
    _sort_attributes(root)
    # One element a line for readable changes; spaces before them would be a seventh of the file.
    ET.indent(root, "")
    body = ET.tostring(root, encoding="unicode", short_empty_elements=True)
    return DOCTYPE + body + "\n"


def _hide_from_wms(layer, names):
    """Leave columns out of GetFeatureInfo; QGIS 3.22 has no working call for it."""
    for column in layer.iterfind("fieldConfiguration/field"):
        if column.get("name") in names:
            column.set("configurationFlags", "HideFromWms")


def project(text, ids, hidden):
    """The project's XML with ``ids`` (QGIS's layer id to ours) replaced and everything accidental removed.

    ``hidden``: columns that GetFeatureInfo leaves out, by our layer id.
    """
    known = re.compile("|".join(map(re.escape, sorted(ids, key=len, reverse=True))))
    text = known.sub(lambda found: ids[found[0]], text)
    text = _number_uuids(_ANNOTATIONS.sub("Annotations", text))
    root = _parsed(text)
    for name in PERSONAL:
        root.attrib.pop(name, None)
    # Newer versions keep a style database beside the project, under a random name; ours would be empty.
    for settings in root.iterfind("ProjectStyleSettings"):
        settings.attrib.pop("projectStyleId", None)
    metadata = root.find("projectMetadata")
    for name in ("author", "creation", "dates"):
        for element in metadata.findall(name):
            metadata.remove(element)
    # Snapping by layer, in the order of memory addresses; nobody edits these layers.
    root.find("snapping-settings/individual-layer-settings").clear()
    for layer in root.iterfind("projectlayers/maplayer"):
        for name in LEFT_OUT:
            for element in layer.findall(name):
                layer.remove(element)
        _hide_from_wms(layer, hidden.get(layer.findtext("id"), ()))
        thin_out(layer)
    for action in root.iter("actionsetting"):
        action[:] = sorted(action, key=lambda scope: scope.get("id"))  # a set
    precision = root.find("properties/WFSLayersPrecision")
    precision[:] = sorted(precision, key=lambda layer: layer.tag)
    # QGIS writes them by its own ids, which end at random where one layer's name begins with another's; the order that
    # means something is the tree's.
    layers = root.find("projectlayers")
    layers[:] = sorted(layers, key=lambda layer: layer.findtext("id"))
    return _text(root)


def style(text):
    """A style's QML, without what is accidental."""
    root = _parsed(_number_uuids(text))
    thin_out(root)
    return _text(root)
