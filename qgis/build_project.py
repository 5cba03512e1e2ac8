"""Build the QGIS project of a described catalogue: ``build_project.py TASK.json ANSWER.json``.

Task: ``project`` (what etl/publish/qgis_project.py describes), ``out`` (the .qgs), ``styles`` (folder of QML files, or
empty). Needs a migrated database behind the service of the data sources, for the columns of the views; rows in it have
no influence. The same QGIS makes the same file from the same task.
"""

import json
import tempfile
from pathlib import Path

from project_builder import layers, layouts, normalise, project
from project_builder.application import Failure, run
from qgis.core import Qgis, QgsProject


def build(task, messages):
    """Write project and styles; answers with version, numbers and what QGIS complained about."""
    described = task["project"]
    qgs = QgsProject.instance()
    styles = {}

    def add_layer(entry):
        layer = layers.make(entry, described["crs"], described["action"])
        layers.add_styles(layer, entry, styles)
        return layer

    made = project.fill(qgs, described, add_layer)
    own = layouts.add(qgs, described)
    # QGIS gives a layer with an id of ten letters or fewer a new one when it opens the project.
    ids = {layer.id(): project.PREFIX + name for name, layer in (made | own).items()}
    entries = [entry for group in described["groups"] for entry in group["layers"]]
    hidden = {project.PREFIX + entry["id"]: entry["fields"]["hidden"] for entry in entries}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "projekt.qgs"
        if not qgs.write(str(path)):
            raise Failure(f"QGIS konnte das Projekt nicht schreiben: {qgs.error()}")
        text = normalise.project(path.read_text(encoding="utf-8"), ids, hidden)
    out = Path(task["out"])
    _replace(out, text)
    files = {path: qml for key, qml in styles.items() if (path := json.loads(key)["file"])}
    if task["styles"]:
        for name, qml in files.items():
            _replace(Path(task["styles"]) / name, qml)
    return {"qgis": Qgis.QGIS_VERSION, "layers": len(made), "styles": len(files), "messages": messages}


def _replace(path, text):
    """Write a file in one step; readers see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".neu")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    run(build)
