"""In a running QGIS Desktop: open the project, change map themes, print layouts, take pictures, read the messages.

Run as ``qgis --code desktop_proof.py`` with ``SOZIALBERICHT_PROOF`` naming a JSON task: ``project``, ``themes`` (codes
or names), ``layouts`` (names and the PDF each is printed to), ``pictures`` (folder of screenshots, or empty),
``answer`` (file of the JSON answer: seconds by the clock, messages of level warning and worse, layers that are not
available).
"""

import json
import os
import time
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsProject,
)
from qgis.PyQt.QtCore import QEventLoop, Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDockWidget
from qgis.utils import iface

WAIT_SECONDS = 60
# libpq's remark when QGIS looks up the table statistics of a view, which has none.
HARMLESS = "row number 0 is out of range 0..-1"
TREE = "Layers"
TREE_PIXELS = 430
messages, bars = [], []


def _note(message, tag, level):
    if level in (Qgis.Warning, Qgis.Critical) and HARMLESS not in message:
        messages.append(f"{tag}: {message}")


def _until_drawn(action):
    """Seconds until the canvas has been drawn after ``action``."""
    canvas, loop, timer = iface.mapCanvas(), QEventLoop(), QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(loop.quit)
    canvas.mapCanvasRefreshed.connect(loop.quit)
    start = time.perf_counter()
    action()
    # Also where nothing changes, because the theme is the one that is shown.
    canvas.refresh()
    timer.start(WAIT_SECONDS * 1000)
    loop.exec_()
    canvas.mapCanvasRefreshed.disconnect(loop.quit)
    if not timer.isActive():
        messages.append("Karte nicht gezeichnet")
    return time.perf_counter() - start


def _dialogs():
    """Titles of windows that wait for an answer; they are closed."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    for window in found:
        window.reject()
    return [window.windowTitle() for window in found]


def _picture(folder, name):
    for bar in iface.messageBar().items():
        if bar.level() in (Qgis.Warning, Qgis.Critical):
            bars.append(bar.text())
    iface.messageBar().clearWidgets()
    QApplication.processEvents()
    if folder:
        iface.mainWindow().grab().save(str(Path(folder) / f"{name}.png"))


def _theme(name):
    names = sorted(QgsProject.instance().mapThemeCollection().mapThemes(), key=len)
    return next(n for n in names if n == name or n.split(" ")[0] == name)


def _apply(name):
    root, model = QgsProject.instance().layerTreeRoot(), iface.layerTreeView().layerTreeModel()
    QgsProject.instance().mapThemeCollection().applyTheme(name, root, model)


def _tip(layer):
    feature = next(layer.getFeatures(), None)
    if feature is None:
        return ""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def prove(task):
    """Everything in turn; the answer."""
    window = iface.mainWindow()
    window.resize(1366, 800)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() != TREE:
            dock.hide()
        else:
            window.resizeDocks([dock], [TREE_PIXELS], Qt.Horizontal)
    waiting = QTimer()
    dialogs = []
    waiting.timeout.connect(lambda: dialogs.extend(_dialogs()))
    waiting.start(2000)
    opened = {}

    def open_project():
        clock, processor = time.perf_counter(), time.process_time()
        iface.addProject(task["project"])
        opened.update(opened=time.perf_counter() - clock, opened_cpu=time.process_time() - processor)

    first = _until_drawn(open_project)
    project = QgsProject.instance()
    _picture(task["pictures"], "qgis_start")
    themes = []
    for wanted in task["themes"]:
        name = _theme(wanted)
        themes.append([name, _until_drawn(lambda name=name: _apply(name))])
        _picture(task["pictures"], f"qgis_{wanted.split(' ')[0].lower()}")
    printed = []
    for wanted, path in task["layouts"]:
        layout = project.layoutManager().layoutByName(wanted)
        start = time.perf_counter()
        result = QgsLayoutExporter(layout).exportToPdf(path, QgsLayoutExporter.PdfExportSettings())
        printed.append([wanted, time.perf_counter() - start, result == QgsLayoutExporter.Success])
    tip = _tip(iface.activeLayer()) if task.get("tip") and iface.activeLayer() else ""
    return {
        "qgis": Qgis.QGIS_VERSION,
        **opened,
        "first_map": first,
        "themes": themes,
        "layouts": [layout.name() for layout in project.layoutManager().layouts()],
        "printed": printed,
        "unavailable": [layer.name() for layer in project.mapLayers().values() if not layer.isValid()],
        "bars": bars,
        "dialogs": dialogs,
        "messages": messages,
        "tip": tip,
    }


def _run():
    task = json.loads(Path(os.environ["SOZIALBERICHT_PROOF"]).read_text(encoding="utf-8"))
    QgsApplication.messageLog().messageReceived.connect(_note)
    try:
        answer = prove(task)
    except Exception as problem:  # QGIS would show a window and wait
        answer = {"fehler": repr(problem), "messages": messages}
    Path(task["answer"]).write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    os._exit(0)


QTimer.singleShot(1000, _run)
