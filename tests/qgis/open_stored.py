"""Open a project out of the database and read its styles there; runs under the system's Python."""

from project_builder.application import run
from project_builder.opened import open_project
from qgis.core import QgsVectorLayer


def read(task, messages):
    """What QGIS finds: layers, bookmarks and title of the project; styles of a layer, and what it wears by default."""
    project = open_project(task["project"])
    layer = QgsVectorLayer(task["layer"], "x", "postgres")
    _related, _ids, names, _descriptions, _error = layer.listStylesInDatabase()
    rules = [child.ruleKey() for child in layer.renderer().rootRule().descendants()]
    return {
        "title": project.title(),
        "layers": len(project.mapLayers()),
        "invalid": [found.name() for found in project.mapLayers().values() if not found.isValid()],
        "bookmarks": sorted(mark.name() for mark in project.bookmarkManager().bookmarks()),
        "styles": names,
        "default": [key for key in rules if "_klasse_" in key],
        "messages": messages,
    }


if __name__ == "__main__":
    run(read)
