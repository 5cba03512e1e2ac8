"""A layer in one of its styles drawn by PyQGIS, several times: ``draw_map.py TASK.json ANSWER.json``.

Task: ``project``, ``layer`` (short name), ``styles``, ``box``, ``size``, ``count``. Answer: seconds of each map.
"""

import json
import os
import sys
import time
from pathlib import Path

from qgis.core import QgsApplication, QgsMapRendererCustomPainterJob, QgsMapSettings, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QImage, QPainter

task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
assert project.read(task["project"])
layer = next(layer for layer in project.mapLayers().values() if layer.shortName() == task["layer"])
seconds = []
for number in range(task["count"]):
    start = time.perf_counter()
    layer.styleManager().setCurrentStyle(task["styles"][number % len(task["styles"])])
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(project.crs())
    settings.setExtent(QgsRectangle(*task["box"]))
    settings.setOutputSize(QSize(*task["size"]))
    image = QImage(*task["size"], QImage.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.renderSynchronously()
    painter.end()
    image.save(str(Path(sys.argv[2]).with_suffix(".png")))
    seconds.append(time.perf_counter() - start)
Path(sys.argv[2]).write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
