"""Map tips of every feature of some layers; runs under the system's Python."""

from project_builder.application import run
from project_builder.opened import open_project
from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils


def _tips(layer):
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    for feature in layer.getFeatures():
        context.setFeature(feature)
        yield QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def read(task, messages):
    """The tips by layer; task: ``layers``, each with its id and the style it wears (empty: its own)."""
    project = open_project(task["project"])
    tips = []
    for name, style in task["layers"]:
        layer = project.mapLayer(name)
        if style:
            layer.styleManager().setCurrentStyle(style)
        tips.append(list(_tips(layer)))
    return {"tips": tips, "messages": messages}


if __name__ == "__main__":
    run(read)
