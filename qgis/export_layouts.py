"""Export a print layout of a project as PDF or PNG: ``export_layouts.py TASK.json ANSWER.json``.

Task: ``project``, ``layout`` (its name), ``out`` (a file; for PNG the beginning of its name), ``filter`` (expression on
the atlas, or empty: as the layout says), ``dpi``. Answer: ``pages``, the names of the atlas pages in their order,
``per_page`` (sheets of each) and ``messages``. Nothing is written where there is no page.
"""

from project_builder.application import Failure, run
from project_builder.opened import open_project
from qgis.core import Qgis, QgsLayoutExporter, QgsRenderContext

FAULTS = {
    QgsLayoutExporter.MemoryError: "zu wenig Speicher",
    QgsLayoutExporter.FileError: "die Datei lässt sich nicht schreiben",
    QgsLayoutExporter.PrintError: "der Druck ist gescheitert",
    QgsLayoutExporter.IteratorError: "der Atlas lässt sich nicht durchgehen",
}


def export(task, messages):
    """Write the file; answers with its pages."""
    project = open_project(task["project"])
    layout = project.layoutManager().layoutByName(task["layout"])
    if layout is None:
        known = ", ".join(found.name() for found in project.layoutManager().printLayouts())
        raise Failure(f"Die Druckzusammenstellung „{task['layout']}“ gibt es nicht. Vorhanden sind: {known}")
    atlas = layout.atlas()
    if task["filter"]:
        atlas.setFilterFeatures(True)
        done, problem = atlas.setFilterExpression(task["filter"])
        if not done:
            raise Failure(f"Die Auswahl {task['filter']} ist nicht lesbar: {problem}")
    atlas.updateFeatures()
    names = [atlas.nameForPage(number) for number in range(atlas.count())]
    sheets = layout.pageCollection().pageCount()
    if not names:
        return {"pages": [], "per_page": sheets, "qgis": Qgis.QGIS_VERSION, "messages": messages}
    if task["out"].endswith(".pdf"):
        settings = QgsLayoutExporter.PdfExportSettings()
        settings.dpi = task["dpi"]
        settings.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
        settings.exportMetadata = False
        settings.appendGeoreference = False
        result, problem = QgsLayoutExporter.exportToPdf(atlas, task["out"], settings)
    else:
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = task["dpi"]
        result, problem = QgsLayoutExporter.exportToImage(atlas, task["out"], "png", settings)
    if result != QgsLayoutExporter.Success:
        raise Failure(f"„{task['layout']}“ ist nicht zu zeichnen: {problem or FAULTS.get(result, result)}.")
    return {"pages": names, "per_page": sheets, "qgis": Qgis.QGIS_VERSION, "messages": messages}


if __name__ == "__main__":
    run(export)
