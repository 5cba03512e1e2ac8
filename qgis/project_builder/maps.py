"""A map theme of an opened project drawn as a picture."""

from qgis.core import (
    QgsDateTimeRange,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QSize, Qt, QTime

from project_builder.application import Failure

DPI = 144
MARGIN = 1.06


def theme_name(project, wanted):
    """The full name of a map theme of which ``wanted`` is the name or the indicator's code; raises Failure."""
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


def draw(project, name, size, year=None):
    """The picture of a theme around the area of its lowest layer; ``year`` chooses the period of a time series."""
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
    settings.setOutputSize(QSize(*size))
    settings.setExtent(extent)
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    if year:
        settings.setIsTemporal(True)
        settings.setTemporalRange(_year_range(year))
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
    return job.renderedImage()
