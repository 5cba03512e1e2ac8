"""Seconds to open a project and to draw map themes one after the other: ``time_project.py TASK.json ANSWER.json``.

Task: ``project``, ``themes`` (names or codes), ``size`` (pixels). Answer: ``load`` and, by theme, ``maps``: seconds by
the clock, and the share of them in which QGIS itself computed (the rest is the database and waiting).
"""

import time

from project_builder.application import run
from project_builder.maps import draw, theme_name
from project_builder.opened import open_project
from qgis.core import Qgis


def _measured(work):
    clock, processor = time.perf_counter(), time.process_time()
    made = work()
    return made, {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - processor}


def measure(task, messages):
    """The project opened as a reader opens it, then one map each, nothing kept between them but connections."""
    project, load = _measured(lambda: open_project(task["project"]))
    maps = []
    for wanted in task["themes"]:
        name = theme_name(project, wanted)
        _, spent = _measured(lambda name=name: draw(project, name, task["size"]))
        maps.append({"theme": name, **spent})
    return {"qgis": Qgis.QGIS_VERSION, "load": load, "maps": maps, "messages": messages}


if __name__ == "__main__":
    run(measure)
