"""What QGIS writes although it says nothing: second copies, empty properties and the settings of things not drawn.

QGIS reads a missing element as its default. Without them a project of a hundred styles has a quarter of the size, is
read sooner, and a changed class shows as a changed line.
"""

NO_SCALE = "3x:0,0,0,0,0,0"
# Elements of a label's text that are off, and the attribute that says so.
SWITCHES = {"background": "shapeDraw", "shadow": "shadowDraw", "text-mask": "maskEnabled"}
# Per column: no default value, no constraint.
UNUSED = {"defaults": ("expression", ""), "constraints": ("constraints", "0"), "constraintExpressions": ("exp", "")}


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
    return _switched_off(element) or (element.tag == "substitutions" and len(element) == 0)


def _remove(parent, element):
    """Take an element out and leave the indentation of what follows as it was."""
    index = list(parent).index(element)
    if index == len(parent) - 1 and index > 0:
        parent[index - 1].tail = element.tail
    parent.remove(element)


def thin_out(root):
    """Remove what says nothing from every symbol and label below ``root``, in place."""
    for settings in list(root.iter("settings")):
        callout = _undrawn_callout(settings)
        if callout is not None:
            _remove(settings, callout)
            settings.attrib.pop("calloutType", None)
    for parent in list(root.iter()):
        for element in list(parent):
            if _needless(parent, element):
                _remove(parent, element)
