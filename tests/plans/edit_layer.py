"""Run by the system's Python: opens planung.block and planung.bezirk in QGIS, edits a feature of each, saves.

Arguments: connection string, block, new district, district to rename, its new name. Prints one line of JSON.
"""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsVectorLayer

dsn, block, district, renamed, name = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()


def edit(table: str, key: str, wanted: str, field: str, value: str) -> dict[str, object]:
    uri = f'{dsn} key=\'{key}\' srid=25832 type=MultiPolygon table="planung"."{table}" (geom)'
    layer = QgsVectorLayer(uri, table, "postgres")
    if not layer.isValid():
        return {"valid": False, "error": layer.error().message()}
    feature = next(layer.getFeatures(QgsFeatureRequest().setFilterExpression(wanted)))
    started = layer.startEditing()
    layer.changeAttributeValue(feature.id(), layer.fields().indexOf(field), value)
    saved = layer.commitChanges()
    return {"valid": True, "started": started, "saved": saved, "errors": layer.commitErrors()}


found = {
    "block": edit("block", "zuordnung_id", f"\"block\" = '{block}' AND \"gebietsstand\" = 'neu'", "bezirk", district),
    "wrong": edit("block", "zuordnung_id", f"\"block\" = '{block}' AND \"gebietsstand\" = 'neu'", "bezirk", "777"),
    "bezirk": edit("bezirk", "bezirk_id", f"\"bezirk\" = '{renamed}' AND \"gebietsstand\" = 'neu'", "name", name),
}
print(json.dumps(found))
application.exitQgis()
