"""Whether QGIS reads a thin style as the full one; runs under the system's Python: ``thin_styles.py TASK ANSWER``.

Task: ``styles``, each with its ``geometry`` and described ``style``. Answer: names of styles that QGIS writes
in another way after reading the thin one, and the length of all full and all thin texts. What is switched off is not
compared.
"""

import xml.etree.ElementTree as ET

from project_builder import layers, lean, normalise
from project_builder.application import run
from qgis.core import QgsReadWriteContext, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument


def _written(layer):
    document = QDomDocument("qgis")
    layer.exportNamedStyle(document, QgsReadWriteContext(), layers.STYLE_CATEGORIES)
    return document.toString(-1)


def _compared(text):
    # QGIS's own output of a moment ago, no foreign XML.
    root = ET.fromstring(text)  # noqa: S314
    for parent in list(root.iter()):
        for element in list(parent):
            off = element.tag in lean.SWITCHES and element.get(lean.SWITCHES[element.tag]) == "0"
            if off or element.tag in ("callout", "prop"):
                parent.remove(element)
    return ET.canonicalize(ET.tostring(root, encoding="unicode"))


def compare(task, _messages):
    """Every style written by QGIS, thinned out, read by a new layer and written again."""
    different, full, thin = [], 0, 0
    for entry in task["styles"]:
        first, second = (QgsVectorLayer(f"{entry['geometry']}?crs=EPSG:25832", "x", "memory") for _ in range(2))
        layers.wear(first, entry["style"])
        text = _written(first)
        short = normalise.style(text)
        document = QDomDocument()
        document.setContent(short)
        second.importNamedStyle(document)
        if _compared(_written(second)) != _compared(text):
            different.append(entry["style"]["name"])
        full, thin = full + len(text), thin + len(short)
    return {"different": different, "full": full, "thin": thin}


if __name__ == "__main__":
    run(compare)
