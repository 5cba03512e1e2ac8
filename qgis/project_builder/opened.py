"""A finished project opened as a reader would open it."""

from qgis.core import QgsProject

from project_builder.application import Failure


def open_project(path):
    """The opened project; raises Failure if QGIS cannot read it."""
    project = QgsProject.instance()
    if not project.read(path):
        raise Failure(f"QGIS kann das Projekt {path} nicht öffnen: {project.error()}")
    return project


def service_name(layer):
    """The layer's name in WMS, WFS and OGC API Features; the server properties hold it since 3.38."""
    holder = layer.serverProperties()
    return holder.shortName() if hasattr(holder, "shortName") else layer.shortName()
