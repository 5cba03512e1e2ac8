"""Files in JJ format (Tau-ARGUS's exchange of suppression problems) and patterns as CSV.

JJ: a line 0, a line with the number of cells n, n lines ``id value cost status lower upper LPL UPL SPL``, a line with
the number of relations, and a line each: ``rhs k : id (coefficient) …``. Status u: primary; s: may be suppressed; z:
must stay visible; m: suppressed already. Source: de Wolf, Giessing et al., Tau-ARGUS manual.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from etl.confidentiality.suppression.table import Bools, Table
from etl.errors import InputError, InputProblem, SozialberichtError

MAX_BYTES = 200_000_000
ROUNDING, LAST_PLACE = 1e-6, 1e-3
"""What sums may miss by: figures are written with so many places."""
_TERM = re.compile(r"([0-9]{1,9})\s*\(\s*([-+]?[0-9.eE+-]+)\s*\)")
_WHOLE = re.compile(r"[0-9]{1,9}")
_STATES = {"u": "primary", "s": "", "z": "fixed", "m": "hidden"}


def _fault(path: Path, line: int, reason: str) -> InputError:
    return InputError(InputProblem(path.name, reason, line=line))


def read_jj(path: Path) -> Table:
    """The table of a JJ file. Raises InputError naming file, line and what would be right."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _fault(path, 1, f"die Datei ist größer als {MAX_BYTES // 1_000_000} MB")
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError as error:
        raise InputError(InputProblem(path.name, "die Datei gibt es nicht")) from error
    except OSError as error:
        raise InputError(InputProblem(path.name, f"die Datei lässt sich nicht lesen ({error.strerror})")) from error
    except UnicodeDecodeError as error:
        raise InputError(InputProblem(path.name, "ist keine Textdatei im Format JJ")) from error
    number = _count(path, lines, 1, "die Anzahl der Zellen")
    if number == 0:
        raise _fault(path, 2, "eine Tabelle hat mindestens eine Zelle")
    cells = [_cell(path, lines, 2 + n, n) for n in range(number)]
    relations = _count(path, lines, 2 + number, "die Anzahl der Beziehungen")
    rows = [_relation(path, lines, 3 + number + r, number) for r in range(relations)]
    numbers = np.array([c[0] for c in cells], dtype=np.float64).reshape(number, 7)
    states = np.array([c[1] for c in cells])
    value, cost, lower, upper, low_level, up_level, sliding = numbers.T
    off = np.flatnonzero((lower > value + 1e-6) | (upper < value - 1e-6))
    if len(off):
        raise _fault(path, int(off[0]) + 3, f"Zelle {off[0]}: der Wert liegt außerhalb seiner bekannten Grenzen")
    for r, (right, row) in enumerate(rows):
        parts = [factor * value[cell] for cell, factor in row]
        if abs(sum(parts) - right) > ROUNDING * (abs(right) + sum(map(abs, parts))) + LAST_PLACE * len(parts):
            raise _fault(
                path, 4 + number + r, f"die Beziehung geht nicht auf: {sum(parts):.12g} statt {right:.12g}"
            )  # fmt: skip
    start = np.concatenate([[0], np.cumsum([len(row) for _, row in rows])]).astype(np.int64)
    terms = [t for _, row in rows for t in row]
    # a cell suppressed already is hidden whatever it costs
    already = states == "m"
    return Table(
        value, np.where(already, 0.0, cost), (states == "u") | already, states == "z", lower, upper,
        np.where(already, 0.0, low_level), np.where(already, 0.0, up_level), np.where(already, 0.0, sliding),
        start, np.array([t[0] for t in terms], dtype=np.int64), np.array([t[1] for t in terms], dtype=np.float64),
    )  # fmt: skip


def _line(path: Path, lines: list[str], at: int) -> str:
    if at >= len(lines):
        raise _fault(path, at + 1, "die Datei endet hier, es fehlen Zeilen")
    return lines[at]


def _count(path: Path, lines: list[str], at: int, what: str) -> int:
    text = _line(path, lines, at).strip()
    if not _WHOLE.fullmatch(text):
        raise _fault(path, at + 1, f"erwartet ist {what}, hier steht „{text[:40]}“")
    return int(text)


def _cell(path: Path, lines: list[str], at: int, expected: int) -> tuple[list[float], str]:
    fields = _line(path, lines, at).split()
    try:
        if len(fields) != 9 or int(fields[0]) != expected or fields[3] not in _STATES:
            raise ValueError
        numbers = [float(f) for f in (*fields[1:3], *fields[4:])]
    except ValueError as error:
        raise _fault(
            path, at + 1,
            f"erwartet ist Zelle {expected} als „Nummer Wert Kosten Zustand(u|s|z|m) untere obere LPL UPL SPL“",
        ) from error  # fmt: skip
    if not np.isfinite(numbers).all() or numbers[1] < 0 or min(numbers[4:]) < 0:
        raise _fault(path, at + 1, "Kosten und Schutzabstände dürfen nicht negativ, alle Zahlen müssen endlich sein")
    return numbers, fields[3]


def _relation(path: Path, lines: list[str], at: int, cells: int) -> tuple[float, list[tuple[int, float]]]:
    text = _line(path, lines, at)
    head, _, tail = text.partition(":")
    fields = head.split()
    try:
        right = float(fields[0])
        terms = [(int(c), float(f)) for c, f in _TERM.findall(tail)]
        whole = not _TERM.sub("", tail).strip() and int(fields[1]) == len(terms) and len(fields) == 2
        if not whole or not np.isfinite([right, *(f for _, f in terms)]).all():
            raise ValueError
    except (ValueError, IndexError) as error:
        raise _fault(
            path, at + 1, "erwartet ist eine Beziehung als „rechte Seite Anzahl : Zelle (Faktor) …“"
        ) from error
    if wrong := [c for c, _ in terms if c >= cells]:
        raise _fault(path, at + 1, f"die Zelle {wrong[0]} gibt es nicht (0 bis {cells - 1})")
    return right, terms


def write_jj(path: Path, table: Table, hidden: Bools | None = None) -> None:
    """A table as a file in JJ format; cells ``hidden`` beside the primaries get the status m."""
    states = np.where(table.primary, "u", np.where(table.fixed, "z", "s"))
    if hidden is not None:
        states[hidden & ~table.primary] = "m"
    lines = ["0", str(table.cells)]
    columns = (table.lower, table.upper, table.lower_protection, table.upper_protection, table.sliding)
    for n in range(table.cells):
        levels = " ".join(f"{c[n]:.12g}" for c in columns)
        lines.append(f"{n} {table.value[n]:.12g} {table.cost[n]:.12g} {states[n]} {levels}")
    lines.append(str(table.relations))
    for r in range(table.relations):
        span = slice(table.start[r], table.start[r + 1])
        terms = " ".join(f"{c} ({f:.12g})" for c, f in zip(table.cell[span], table.coefficient[span], strict=True))
        right = round(float(table.coefficient[span] @ table.value[table.cell[span]]), 6)
        lines.append(f"{right + 0:g} {len(table.cell[span])} : {terms}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def write_pattern(path: Path, hidden: Bools) -> None:
    """A pattern as CSV ``cell,suppressed`` with 1 for every hidden cell, primaries included.

    Raises SozialberichtError where nothing can be written.
    """
    try:
        with path.open("w", encoding="ascii", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("cell", "suppressed"))
            writer.writerows((n, int(h)) for n, h in enumerate(hidden))
    except OSError as error:
        raise SozialberichtError(
            f"{path}: Das Muster lässt sich dort nicht schreiben ({error.strerror}). Abhilfe: einen vorhandenen, "
            "beschreibbaren Ordner angeben."
        ) from error


def read_pattern(path: Path, cells: int) -> Bools:
    """The hidden cells of a pattern. Raises InputError where it does not fit the table."""
    hidden = np.zeros(cells, dtype=bool)
    seen = np.zeros(cells, dtype=bool)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _fault(path, 1, f"die Datei ist größer als {MAX_BYTES // 1_000_000} MB")
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except FileNotFoundError as error:
        raise InputError(InputProblem(path.name, "die Datei gibt es nicht")) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(InputProblem(path.name, "das Muster lässt sich nicht lesen")) from error
    if not rows or [c.strip() for c in rows[0]] != ["cell", "suppressed"]:
        raise _fault(path, 1, "erwartet ist die Kopfzeile cell,suppressed")
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != 2 or not _WHOLE.fullmatch(row[0].strip()) or row[1].strip() not in ("0", "1"):
            raise _fault(path, line, "erwartet ist „Zelle,0“ oder „Zelle,1“")
        number = int(row[0])
        if number >= cells or seen[number]:
            raise _fault(path, line, f"die Zelle {number} gibt es nicht oder zweimal")
        seen[number], hidden[number] = True, row[1].strip() == "1"
    if not seen.all():
        raise InputError(InputProblem(path.name, f"die Zelle {np.flatnonzero(~seen)[0]} fehlt im Muster"))
    return hidden
