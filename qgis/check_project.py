"""Open a project and read every layer through: ``check_project.py TASK.json ANSWER.json``.

Task: ``project`` (the .qgs). Answer: ``layers``, in the order of the tree, and ``messages`` of QGIS.
"""

from project_builder.application import run
from project_builder.opened import open_project, service_name
from qgis.core import QgsDataSourceUri, QgsMapLayer


def _checked(layer):
    found = {
        "id": service_name(layer),
        "name": layer.name(),
        "valid": layer.isValid(),
        "features": 0,
        "duplicate_keys": 0,
        "empty_geometries": 0,
        "fields_without_alias": [],
    }
    if not layer.isValid() or layer.type() != QgsMapLayer.VectorLayer:
        return found
    # The declared key column is read itself: QGIS's feature ids are unique by making.
    column = QgsDataSourceUri(layer.source()).keyColumn()
    keys = set()
    for feature in layer.getFeatures():
        found["features"] += 1
        key = feature[column]
        found["duplicate_keys"] += key in keys
        keys.add(key)
        if layer.isSpatial() and feature.geometry().isEmpty():
            found["empty_geometries"] += 1
    found["fields_without_alias"] = [field.name() for field in layer.fields() if not field.alias()]
    return found


def check(task, messages):
    """Every layer with its numbers."""
    project = open_project(task["project"])
    nodes = project.layerTreeRoot().findLayers()
    return {"layers": [_checked(node.layer()) for node in nodes], "messages": messages}


if __name__ == "__main__":
    run(check)
