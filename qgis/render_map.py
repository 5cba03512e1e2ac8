"""Draw a map theme of a project as PNG: ``render_map.py TASK.json ANSWER.json``.

Task: ``project``, ``theme`` (name or its beginning), ``out``, ``size`` (pixels), ``year`` (of a time series, or null).
"""

from project_builder.application import Failure, run
from project_builder.maps import draw, theme_name
from project_builder.opened import open_project
from qgis.core import Qgis


def render(task, messages):
    """Write the picture; answers with the theme, the year and QGIS's complaints."""
    project = open_project(task["project"])
    name = theme_name(project, task["theme"])
    if not draw(project, name, task["size"], task["year"]).save(task["out"], "PNG"):
        raise Failure(f"Das Bild {task['out']} lässt sich nicht schreiben.")
    return {"theme": name, "year": task["year"], "qgis": Qgis.QGIS_VERSION, "messages": messages}


if __name__ == "__main__":
    run(render)
