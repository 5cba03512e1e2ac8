"""QGIS as a client of the services: ``qgis_client.py TASK.json ANSWER.json``, under the system's Python."""

import json
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QSize

task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
app = QgsApplication([], False)
app.initQgis()
source = "&".join(
    ("crs=EPSG:25832", "format=image/png", f"layers={task['layer']}", f"styles={task['style']}", f"url={task['ows']}")
)
wms = QgsRasterLayer(source, "WMS", "wms")
wfs = QgsVectorLayer(
    f"pagingEnabled='false' srsname='EPSG:25832' typename='{task['layer']}' url='{task['ows']}' version='1.1.0'",
    "WFS", "WFS",
)  # fmt: skip
oapif = QgsVectorLayer(f"typename='{task['layer']}' url='{task['features']}'", "OAPIF", "OAPIF")
picture = ""
if wms.isValid():
    settings = QgsMapSettings()
    settings.setLayers([wms])
    settings.setDestinationCrs(wms.crs())
    settings.setExtent(wfs.extent())
    settings.setOutputSize(QSize(500, 500))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, 500, 5) for y in range(0, 500, 5)}
    picture = f"{len(colours)} Farben"
answer = {
    "wms": wms.isValid(), "wfs": wfs.isValid(), "oapif": oapif.isValid(), "picture": picture,
    "wfs_count": sum(1 for _ in wfs.getFeatures()), "oapif_count": sum(1 for _ in oapif.getFeatures()),
    "wfs_names": sorted(f["name"] for f in wfs.getFeatures()), "fields": [f.name() for f in oapif.fields()][:40],
    "geometry": oapif.geometryType() == wfs.geometryType() == 2, "colours": len(colours) if wms.isValid() else 0,
}  # fmt: skip
Path(sys.argv[2]).write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
sys.stdout.flush()
import os  # noqa: E402

# QGIS may crash when it is taken apart.
os._exit(0)
