"""Troubles of the database server in words for the office: connection lost, disk full, somebody else in the way.

Each of them has ended a transaction that the server has undone: what the command was doing has not happened.
"""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

END = " Nichts wurde geändert. Abhilfe: {remedy}, dann noch einmal aufrufen."

_WORDS = {
    "53100": ("Auf dem Datenträger der Datenbank ist kein Platz mehr.", "Platz schaffen"),
    "53200": ("Dem Datenbankserver fehlt Hauptspeicher.", "andere Programme beenden"),
    "53300": ("Der Datenbankserver hat zu viele offene Sitzungen.", "etwas warten"),
    "55P03": ("Ein anderer Befehl hält fest, was dieser braucht.", "dessen Ende abwarten"),
    "40P01": ("Zwei Befehle haben aufeinander gewartet.", "den anderen zu Ende laufen lassen"),
    "57014": ("Der Server hat die Abfrage abgebrochen.", "nachsehen, ob er ausgelastet ist"),
    "25006": ("Die Datenbank lässt nur Lesen zu.", "den Administrator des Servers fragen"),
}
_LOST = (
    "Die Verbindung zur Datenbank ist abgerissen. Was schon gemeldet war, steht; was der Befehl gerade tat, ist "
    "zurückgenommen. Abhilfe: noch einmal aufrufen (./sozialbericht db status zeigt, ob sie läuft)."
)


def _cause(problem: BaseException) -> psycopg.Error | None:
    if isinstance(problem, DBAPIError):
        return problem.orig if isinstance(problem.orig, psycopg.Error) else None
    return problem if isinstance(problem, psycopg.Error) else None


def words(problem: BaseException) -> str | None:
    """A German sentence with a remedy for a trouble of the server; None for anything else, which is a fault of ours."""
    cause = _cause(problem)
    if cause is None:
        return None
    # a session that is just beginning has no code to tell, only words
    full = any(said in str(cause) for said in ("could not write init file", "No space left on device"))
    state = "53100" if full else cause.sqlstate
    if state in _WORDS:
        what, remedy = _WORDS[state]
        return what + END.format(remedy=remedy)
    lost = state is None or state.startswith(("08", "57P"))
    return _LOST if lost and isinstance(cause, psycopg.OperationalError) else None
