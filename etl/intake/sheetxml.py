"""What the XML of a workbook says beside its cells: formulas, hidden parts, raised figures."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree as ET

from etl.errors import InputError, InputProblem
from etl.intake.archive import Delivered, read_member

MAX_SHEET = 400 * 1024**2
"""Bytes of one sheet's XML."""
MAX_STRINGS = 64 * 1024**2
"""Bytes of a workbook's texts up to which raised figures are looked for."""
MAX_NAMED_CELLS = 10
MAX_COLUMNS = 16_384

_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_HIDDEN = re.compile(rb'<(?:\w+:)?(?P<what>row|col)\s[^>]*?\bhidden="(?:1|true)"[^>]*>')
_NUMBERS = re.compile(r'\b(r|min|max)="(\d+)"')
_RAISE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s>/]')


def _refuse(delivered: Delivered, reason: str) -> InputError:
    return InputError(InputProblem(delivered.name, reason))


def _xml(archive: zipfile.ZipFile, member: str, delivered: Delivered) -> ET.Element:
    data = b"".join(read_member(archive, member, delivered.name, 16 * 1024**2))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refuse(delivered, "die Arbeitsmappe enthält unzulässige XML-Anweisungen")
    return ET.fromstring(data)  # noqa: S314  # small, from the size-checked package, entities refused above


def _sheet_member(archive: zipfile.ZipFile, delivered: Delivered, name: str) -> str | None:
    """Path of a sheet's XML within the package."""
    sheets = _xml(archive, "xl/workbook.xml", delivered).iter(f"{_SPREADSHEET}sheet")
    relation = next((s.get(_RELATION) for s in sheets if s.get("name") == name), None)
    relations = _xml(archive, "xl/_rels/workbook.xml.rels", delivered).iter(_PACKAGE)
    target = next((r.get("Target") for r in relations if r.get("Id") == relation), None)
    if target is None:
        return None
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def inspect(delivered: Delivered, sheet: str) -> tuple[str, ...]:
    """What is hidden in the sheet, in German. Raises InputError for formulas.

    Formulas are refused: their stored result may be stale, and a table of results can say no such thing.
    """
    with zipfile.ZipFile(delivered.path) as archive:
        member = _sheet_member(archive, delivered, sheet)
        if member is None:
            return ()
        cells: list[str] = []
        tail = b""
        found = False
        hidden: dict[bytes, bytes] = {}
        for block in read_member(archive, member, delivered.name, MAX_SHEET):
            data = tail + block
            found = found or _FORMULA.search(data) is not None
            cells += [m.decode() for m in _CELL.findall(data) if m.decode() not in cells[-50:]]
            hidden |= {m.group(0): m["what"] for m in _HIDDEN.finditer(data)}
            tail = data[-4096:]
    if found:
        shown = ", ".join(dict.fromkeys(cells[:MAX_NAMED_CELLS])) + (" …" if len(cells) > MAX_NAMED_CELLS else "")
        where = f" ({shown})" if cells else ""
        raise _refuse(
            delivered,
            f"das Blatt „{sheet}“ enthält Formeln{where}; bitte als Werte speichern und neu liefern",
        )
    return _hidden_parts(hidden)


def _hidden_parts(tags: dict[bytes, bytes]) -> tuple[str, ...]:
    """``verborgene Zeilen 5 bis 7`` and ``verborgene Spalten C, F`` from the XML tags that say so."""
    rows: set[int] = set()
    columns: set[int] = set()
    for tag, what in tags.items():
        numbers = {name: int(value) for name, value in _NUMBERS.findall(tag.decode("ascii", "ignore"))}
        if what == b"row" and "r" in numbers:
            rows.add(numbers["r"])
        elif what == b"col" and {"min", "max"} <= set(numbers):
            columns |= set(range(numbers["min"], min(numbers["max"], MAX_COLUMNS) + 1))
    out = []
    if rows:
        out.append(f"verborgene Zeilen {_ranges(rows, str)}")
    if columns:
        out.append(f"verborgene Spalten {_ranges(columns, _letters)}")
    return tuple(out)


def _letters(number: int) -> str:
    """Name of a column: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _ranges(numbers: set[int], word: Callable[[int], str]) -> str:
    """``2, 5 bis 7, 9``."""
    parts: list[str] = []
    ordered = sorted(numbers)
    start = ordered[0]
    for here, after in zip(ordered, [*ordered[1:], None], strict=True):
        if after != here + 1:
            parts.append(word(start) if start == here else f"{word(start)} bis {word(here)}")
            start = after or 0
    return ", ".join(parts[:MAX_NAMED_CELLS]) + (" …" if len(parts) > MAX_NAMED_CELLS else "")


def raised(delivered: Delivered) -> dict[str, str]:
    """Texts that end in raised figures: as they look without formatting (``1231``) → with a mark (``123 ¹``).

    Without this a footnote mark would become the last figure of a number.
    """
    with zipfile.ZipFile(delivered.path) as archive:
        if "xl/sharedStrings.xml" not in archive.namelist():
            return {}
        size = archive.getinfo("xl/sharedStrings.xml").file_size
        if size > MAX_STRINGS or b'"superscript"' not in (
            data := b"".join(read_member(archive, "xl/sharedStrings.xml", delivered.name, MAX_STRINGS))
        ):
            return {}
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refuse(delivered, "die Arbeitsmappe enthält unzulässige XML-Anweisungen")
    out: dict[str, str] = {}
    plain: set[str] = set()
    for item in ET.fromstring(data).iter(f"{_SPREADSHEET}si"):  # noqa: S314  # size-checked, entities refused
        texts: list[str] = []
        marks: list[str] = []
        for run in item.iter(f"{_SPREADSHEET}r"):
            text = "".join(t.text or "" for t in run.iter(f"{_SPREADSHEET}t"))
            style = run.find(f"{_SPREADSHEET}rPr/{_SPREADSHEET}vertAlign")
            up = style is not None and style.get("val") == "superscript" and text.strip().rstrip(")").isdigit()
            (marks if up else texts).append(text)
        whole = "".join(texts).rstrip()
        if marks and texts:
            out["".join(texts) + "".join(marks)] = f"{whole} {''.join(marks).strip().translate(_RAISE)}"
        elif not texts:
            plain.add("".join(t.text or "" for t in item.iter(f"{_SPREADSHEET}t")))
    return {text: marked for text, marked in out.items() if text not in plain}
