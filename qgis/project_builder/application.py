"""A QGIS without windows for one script: read the task, do it, write the answer."""

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsProject

# libpq's remark when QGIS looks up the table statistics of a view, which has none.
HARMLESS = "row number 0 is out of range 0..-1"


class Failure(Exception):
    """Something to tell the user, in German."""


@contextmanager
def application():
    """A started QgsApplication; messages of level warning and worse are collected in the yielded list.

    The project is cleared before QGIS ends, as layers that outlive the application crash it.
    """
    app = QgsApplication([], False)
    app.initQgis()
    messages = []

    def note(message, tag, level):
        if level in (Qgis.Warning, Qgis.Critical) and HARMLESS not in message:
            messages.append(f"{tag}: {message}")

    app.messageLog().messageReceived.connect(note)
    try:
        yield messages
    finally:
        QgsProject.instance().clear()


def run(work):
    """Call ``work(task, messages)`` on the JSON file of the first argument; its answer goes to the second's.

    A Failure is answered as ``fehler``. The process ends at once, because taking QGIS apart in PyQGIS may crash after
    the work is done.
    """
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with application() as messages:
        try:
            answer = work(task, messages)
        except Failure as problem:
            # What QGIS itself said last is often the reason.
            answer = {"fehler": "\n".join([str(problem), *messages[-1:]])}
    Path(sys.argv[2]).write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
