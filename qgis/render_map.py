"""Draw a map theme of a project as PNG: ``render_map.py TASK.json ANSWER.json``.

Task: ``project``, ``theme`` (name or its beginning), ``out``, ``size`` (pixels), ``year`` (of a time series, or null).
"""

from project_builder.application import Failure, run
from project_builder.opened import open_project
from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QSize, Qt, QTime

DPI = 144
MARGIN = 1.06


def _theme_name(project, wanted):
    names = sorted(project.mapThemeCollection().mapThemes(), key=len)
    for name in names:
        if name == wanted or name.split(" ")[0].upper() == wanted.upper():
            return name
    known = ", ".join(sorted({name.split(" ")[0] for name in names}))
    raise Failure(f"Das Kartenthema „{wanted}“ gibt es nicht. Vorhanden sind: {known}")


def _year_range(year):
    """The half-open year as QGIS's time range."""
    start = QDateTime(QDate(year, 1, 1), QTime(0, 0), Qt.UTC)
    end = QDateTime(QDate(year + 1, 1, 1), QTime(0, 0), Qt.UTC)
    return QgsDateTimeRange(start, end, True, False)


def render(task, messages):
    """Write the picture; answers with the theme, the year and QGIS's complaints."""
    project = open_project(task["project"])
    name = _theme_name(project, task["theme"])
    themes = project.mapThemeCollection()
    layers = themes.mapThemeVisibleLayers(name)
    extent = layers[-1].extent()
    if extent.isEmpty():
        extent = project.viewSettings().defaultViewExtent()
    extent.scale(MARGIN)
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setLayers(layers)
    settings.setLayerStyleOverrides(themes.mapThemeStyleOverrides(name))
    settings.setBackgroundColor(project.backgroundColor())
    settings.setOutputDpi(DPI)
    settings.setOutputSize(QSize(*task["size"]))
    settings.setExtent(extent)
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    if task["year"]:
        settings.setIsTemporal(True)
        settings.setTemporalRange(_year_range(task["year"]))
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(None))
    context.appendScope(QgsExpressionContextUtils.projectScope(project))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    problems = [f"{error.layerID}: {error.message}" for error in job.errors()]
    if problems:
        raise Failure("QGIS konnte die Karte nicht zeichnen: " + "; ".join(problems))
    if not job.renderedImage().save(task["out"], "PNG"):
        raise Failure(f"Das Bild {task['out']} lässt sich nicht schreiben.")
    return {"theme": name, "year": task["year"], "qgis": Qgis.QGIS_VERSION, "messages": messages}


if __name__ == "__main__":
    run(render)
