"""What stands on the first page of each layout: ``read_layouts.py TASK.json ANSWER.json``, under the system's Python.

Task: ``project``, ``filters`` (atlas filter by layout). Answer: by layout ``texts`` (labels as drawn), ``faults`` (what
is wrong with an expression), ``maps`` (layers by the map's name) and ``messages``.
"""

import re

from project_builder.application import run
from project_builder.opened import open_project, service_name
from qgis.core import QgsExpression, QgsLayoutItemLabel, QgsLayoutItemMap, QgsLayoutItemShape, QgsSymbolLayer

EXPRESSION = re.compile(r"\[%(.*?)%\]", re.DOTALL)


def _faults(text, context):
    for found in EXPRESSION.findall(text):
        expression = QgsExpression(found)
        expression.prepare(context)
        value = expression.evaluate(context)
        if expression.hasParserError() or expression.hasEvalError():
            yield f"{expression.parserErrorString()}{expression.evalErrorString()}: {found[:80]}"
        if value is None:
            yield f"nichts: {found[:80]}"


def _drawing(item):
    """The expression of a picture, or nothing."""
    if not isinstance(item, QgsLayoutItemShape):
        return None
    middle = item.symbol().symbolLayer(0).subSymbol()
    if middle is None:
        return None
    return middle.symbolLayer(0).dataDefinedProperties().property(QgsSymbolLayer.PropertyName).asExpression()


def read(task, messages):
    """Each layout on the first page of its atlas."""
    project = open_project(task["project"])
    answer = {"messages": messages, "layouts": {}}
    for layout in project.layoutManager().printLayouts():
        atlas = layout.atlas()
        if wanted := task["filters"].get(layout.name()):
            atlas.setFilterFeatures(True)
            atlas.setFilterExpression(wanted)
        atlas.updateFeatures()
        count = atlas.count()
        atlas.beginRender()
        atlas.first()
        found = {"texts": [], "faults": [], "maps": {}, "pictures": [], "count": count}
        for item in layout.items():
            context = item.createExpressionContext() if hasattr(item, "createExpressionContext") else None
            if isinstance(item, QgsLayoutItemLabel):
                found["texts"].append(item.currentText())
                found["faults"] += _faults(item.text(), context)
            elif isinstance(item, QgsLayoutItemMap):
                found["maps"][item.id()] = [service_name(layer) for layer in item.layersToRender()]
            elif expression := _drawing(item):
                found["faults"] += _faults(f"[%{expression}%]", context)
                found["pictures"].append(QgsExpression(expression).evaluate(context))
        answer["layouts"][layout.name()] = found
    return answer


if __name__ == "__main__":
    run(read)
