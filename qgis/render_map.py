"""Draw map themes of a project as PNG: ``render_map.py TASK.json ANSWER.json``.

Task: ``project``, ``size`` (pixels) and ``maps``, each with ``theme`` (name or its beginning), ``out`` and ``year`` (of
a time series, or null). Answer: ``themes``, the full names.
"""

from project_builder.application import Failure, run
from project_builder.maps import draw, theme_name
from project_builder.opened import open_project
from qgis.core import Qgis


def render(task, messages):
    """Write the pictures; answers with the themes and QGIS's complaints."""
    project = open_project(task["project"])
    names = [theme_name(project, wanted["theme"]) for wanted in task["maps"]]
    for name, wanted in zip(names, task["maps"], strict=True):
        if not draw(project, name, task["size"], wanted["year"]).save(wanted["out"], "PNG"):
            raise Failure(f"Das Bild {wanted['out']} lässt sich nicht schreiben.")
    return {"themes": names, "qgis": Qgis.QGIS_VERSION, "messages": messages}


if __name__ == "__main__":
    run(render)
