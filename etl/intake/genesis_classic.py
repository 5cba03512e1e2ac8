"""GENESIS tables as on the screen: title rows, two or three header rows, stub columns, footer below ``__________``.

The attributes stand there as labels only; the mapping gives each its code. Stub columns (date, key and name of the
region, attributes) have no heading of their own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from etl.catalogue.statistics import GenesisTable
from etl.errors import InputError, InputProblem
from etl.intake.csvtable import LINE
from etl.intake.genesis_cells import NAME, QUALITY, REGION, TIME, TOTAL, VALUE, WRITTEN, Parts, attribute, empty
from etl.intake.genesis_cells import official_key as _official_key
from etl.intake.header import tidy
from etl.intake.wording import similar

FOOTER = "__________"
MAX_BYTES = 200 * 1024**2
"""A classic table is read as a whole; the largest of regionalstatistik.de has some 20 MB."""

_CODE = re.compile(r"^GENESIS-Tabelle:\s*(?P<code>\S+)")
_TIME = re.compile(r"^(\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}|\d{4})$")
_KEY = re.compile(r"^(DG|\d{2}|\d{3}|\d{5}|\d{8}|\d{12})$")
_TOTALS = ("insgesamt", "zusammen", "total")


def looks_classic(text: str) -> bool:
    """Whether the beginning of a file is that of a classic table."""
    return text.lstrip("\ufeff").lstrip('"').startswith("GENESIS-Tabelle")


@dataclass
class _Labels:
    """What a label can mean: (variable, code) of an attribute, or the code of a value variable."""

    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, declared: GenesisTable) -> _Labels:
        out = cls({}, {_plain(v): c for c, v in declared.values.items()})
        for name, variable in declared.variables.items():
            out.variables |= {_plain(variable.label), _plain(name)}
            out.attributes |= {_plain(label): (name, code) for code, label in variable.attributes.items()}
        return out


def _plain(label: str) -> str:
    """A label for comparison: lower case, single blanks, without a unit in brackets at its end."""
    return re.sub(r"\s*\([^()]*\)$", "", tidy(label)).casefold()


@dataclass
class _Column:
    """A column of values: what its headings say."""

    time: str | None = None
    value: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def read_classic(path: Path, encoding: str, file: str, declared: GenesisTable) -> Parts:
    """Values of a classic table.

    Raises InputError where no header or no row of values is found, or a heading cannot be told.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputError(InputProblem(file, f"die Tabelle ist größer als {MAX_BYTES // 1024**2} MB"))
    rows = _rows(path, encoding, file)
    parts = Parts(pl.DataFrame(schema=empty(declared)))
    position = _titles(rows, parts)
    head, position = _header(rows, position)
    if not head or position >= len(rows):
        raise InputError(InputProblem(file, "unter dem Titel stehen keine Kopfzeilen oder keine Werte"))
    body = _body(rows, position, parts)
    stub = _stub_width([cells for _, cells in head])
    labels = _Labels.of(declared)
    columns = _columns(head, stub, labels, parts, file)
    _default_value(columns, labels, parts, file)
    parts.cells = _cells(body, stub, columns, labels, declared, parts)
    if parts.cells.is_empty() and not parts.rejects.lines:
        raise InputError(InputProblem(file, "die Tabelle enthält keine Zeile mit Werten"))
    return parts


def _rows(path: Path, encoding: str, file: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of every row that is not empty."""
    try:
        text = path.read_text(encoding=encoding)
    except UnicodeDecodeError as error:
        raise InputError(InputProblem(file, "der Text ist weder UTF-8 noch cp1252")) from error
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=";")
    out, line = [], 1
    try:
        for cells in reader:
            if any(c.strip() for c in cells):
                out.append((line, [c.replace("\u00a0", " ").rstrip() for c in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(InputProblem(file, "die Zeile ist nicht lesbar", line=line)) from error
    return out


def _titles(rows: Sequence[tuple[int, list[str]]], parts: Parts) -> int:
    """Rows with a text in the first cell only; the table's code stands in the first of them."""
    for position, (line, cells) in enumerate(rows):
        if not cells[0].strip() or any(c.strip() for c in cells[1:]):
            return position
        if match := _CODE.match(cells[0].strip()):
            parts.code = match["code"]
        parts.titles.append((line, tidy(cells[0])))
    return len(rows)


def _header(
    rows: Sequence[tuple[int, list[str]]], start: int
) -> tuple[list[tuple[int, list[str]]], int]:  # fmt: skip
    """Header rows: the first below the titles, and all that follow with an empty first cell."""
    head = []
    position = start
    while position < len(rows) and (position == start or not rows[position][1][0].strip()):
        head.append(rows[position])
        position += 1
    return head, position


def _body(
    rows: Sequence[tuple[int, list[str]]], start: int, parts: Parts
) -> list[tuple[int, list[str]]]:  # fmt: skip
    """Rows of values; what follows the line of underscores is footnote."""
    for position in range(start, len(rows)):
        if rows[position][1][0].startswith(FOOTER):
            parts.notes = [
                (line, tidy(" ".join(c for c in cells if c.strip()))) for line, cells in rows[position + 1 :]
            ]
            return list(rows[start:position])
    parts.warnings.append(f"die Fußzeile („{FOOTER}“) fehlt; die Tabelle ist vielleicht nicht vollständig")
    return list(rows[start:])


def _stub_width(head: Sequence[list[str]]) -> int:
    """Number of leading columns without a heading in any header row; at least one."""
    width = max(len(cells) for cells in head)
    named = [any(i < len(cells) and cells[i].strip() for cells in head) for i in range(width)]
    return max(1, named.index(True)) if True in named else width


def _columns(
    head: Sequence[tuple[int, list[str]]], stub: int, labels: _Labels, parts: Parts, file: str
) -> list[_Column]:
    """What each column of values is; a heading of an upper row holds until the next one."""
    width = max(len(cells) for _, cells in head)
    columns = [_Column() for _ in range(stub, width)]
    for number, (line, cells) in enumerate(head):
        current = ""
        for i in range(stub, width):
            own = tidy(cells[i]) if i < len(cells) else ""
            current = own or (current if number < len(head) - 1 else "")
            if current and not _take(current, columns[i - stub], labels, units=number == len(head) - 1):
                close = similar(current, labels.attributes) or similar(current, labels.values)
                hint = f"; ähnlich ist „{close}“" if close else ""
                reason = f"die Überschrift „{current}“ ist in der Vereinbarung (genesis) nicht genannt{hint}"
                raise InputError(InputProblem(file, reason, line=line, column=f"Spalte {i + 1}"))
    return columns


_UNITS = ("anzahl", "qkm", "ha", "prozent", "%", "eur", "tsd. eur", "personen", "stichtag", "jahr", "jahre")


def _take(label: str, column: _Column, labels: _Labels, *, units: bool) -> bool:
    """Note what a heading says; False where it says nothing known."""
    plain = _plain(label)
    if _TIME.match(label):
        column.time = label
    elif plain in labels.attributes:
        variable, code = labels.attributes[plain]
        column.attributes[variable] = code
    elif plain in labels.values:
        column.value = labels.values[plain]
    else:
        return plain in (*_TOTALS, *_UNITS) or plain in labels.variables or (units and plain.startswith("("))
    return True


def _default_value(columns: list[_Column], labels: _Labels, parts: Parts, file: str) -> None:
    """Where the headings do not name it, a title row names the value variable („Bevölkerungsstand (Anzahl)“)."""
    if all(c.value for c in columns):
        return
    found = [labels.values[p] for _, title in parts.titles if (p := _plain(title)) in labels.values]
    if len(set(found)) != 1:
        listed = ", ".join(f"„{v}“" for v in labels.values)
        reason = f"weder Titel noch Überschriften nennen, was gezählt ist; vereinbart ist {listed}"
        raise InputError(InputProblem(file, reason, line=parts.titles[-1][0] if parts.titles else 1))
    for column in columns:
        column.value = column.value or found[0]


def _cells(  # noqa: PLR0917
    body: Sequence[tuple[int, list[str]]],
    stub: int,
    columns: list[_Column],
    labels: _Labels,
    declared: GenesisTable,
    parts: Parts,
) -> pl.DataFrame:
    """One row a value; stub cells left empty repeat the ones above."""
    out = []
    before = [""] * stub
    for line, cells in body:
        if len(cells) < stub + len(columns):
            reason = f"die Zeile hat {len(cells)} statt {stub + len(columns)} Felder"
            parts.rejects.add_rows([(line, None, None, reason)])
            continue
        own = [cells[i].strip() or before[i] for i in range(stub)]
        before = own
        told = _stub(own, labels)
        if isinstance(told, str):
            parts.rejects.add_rows([(line, "Vorspalte", told, "diese Ausprägung ist nicht vereinbart")])
            continue
        time, key, name, attributes = told
        for column, text in zip(columns, cells[stub:], strict=False):
            chosen = attributes | column.attributes
            kinds = [chosen.get(v, TOTAL) for v in declared.variables]
            out.append((line, column.time or time, key or name, name, column.value, *kinds, text.strip(), ""))
    names = [LINE, TIME, REGION, NAME, VALUE, *(attribute(v) for v in declared.variables), WRITTEN, QUALITY]
    schema = {n: (pl.Int64 if n == LINE else pl.String) for n in names}
    frame = pl.DataFrame(out, schema=schema, orient="row")
    return frame.with_columns(_official_key(pl.col(REGION)))


def _stub(cells: list[str], labels: _Labels) -> tuple[str, str, str, dict[str, str]] | str:
    """Time, key, name and attributes that the stub cells of a row tell; a text that nobody knows is returned alone."""
    time, key, name = "", "", ""
    attributes: dict[str, str] = {}
    for text in cells:
        plain = _plain(text)
        if _TIME.match(text) and not time:
            time = text
        elif _KEY.match(text) and not key:
            key = text
        elif plain in labels.attributes:
            variable, code = labels.attributes[plain]
            attributes[variable] = code
        elif plain in _TOTALS or not plain:
            continue
        elif not name:
            name = tidy(text)
        else:
            return text
    return time, key, name, attributes
