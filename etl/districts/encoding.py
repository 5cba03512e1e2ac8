"""Text encodings of delivered files: found, applied strictly, and misreadings recognised.

A Shapefile is read as ISO-8859-1, which maps every byte to one character and back, and decoded here: OGR itself
would silently turn text that does not fit the declared encoding into nothing.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etl.errors import InputError, InputProblem

CHOOSABLE = {"ESRI Shapefile", "GeoJSON", "MapInfo File"}
"""Formats whose encoding is not fixed in the file, so that ``--encoding`` can help."""
JSON_SUFFIXES = (".geojson", ".json", ".geojsonl", ".topojson")
RAW = "ISO-8859-1"
DBF_LANGUAGE = {0x03: "cp1252", 0x57: "cp1252", 0x02: "cp850", 0x01: "cp437", 0x4D: "cp936", 0x58: "cp1252"}
"""Language driver id in byte 29 of a DBF → encoding (dBase level 5 file format)."""
FIELD_LIMIT = 254
"""Longest text field of a DBF in bytes; writers cut UTF-8 text there in the middle of a character."""


@dataclass
class Text:
    """How the text of one file is read: options for Fiona, and the decoding afterwards."""

    file: str
    label: str
    open_options: dict[str, str] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()

    def decoded(
        self, columns: list[str], rows: list[dict[str, Any]], driver: str
    ) -> tuple[list[str], list[dict[str, Any]], str]:
        """Column names, rows and the name of the encoding used. Raises ``InputError`` where text does not fit it."""
        if driver != "ESRI Shapefile" or not self.candidates:
            return columns, rows, self.label
        failure: InputError | None = None
        for charset in self.candidates:
            try:
                names = {c: self._decode(c, charset, None, c) for c in columns}
                out = [
                    {
                        names[c]: self._decode(v, charset, i + 1, names[c]) if isinstance(v, str) else v
                        for c, v in row.items()
                    }
                    for i, row in enumerate(rows)
                ]
                return list(names.values()), out, charset
            except InputError as trouble:
                failure = failure or trouble
        raise failure or InputError(InputProblem(self.file, "die Zeichenkodierung ist unbekannt"))

    def _decode(self, value: str, charset: str, line: int | None, column: str) -> str:
        raw = value.encode(RAW, "replace")
        try:
            return raw.decode(charset)
        except UnicodeDecodeError as trouble:
            if trouble.reason == "unexpected end of data" and len(raw) >= FIELD_LIMIT - 3:
                return raw[: trouble.start].decode(charset)
            raise InputError(
                InputProblem(
                    self.file,
                    f"der Text ist nicht in {charset.upper()} kodiert; bitte die richtige Kodierung mit --encoding "
                    "nennen (meist cp1252)",
                    line=line,
                    column=column,
                    value=raw.decode("cp1252", "replace"),
                )
            ) from trouble


def text_of(real: Path, file: str, charset: str | None) -> Text:
    """How to read the text of the file at ``real`` (called ``file`` in messages).

    Order for a Shapefile: the option, the ``.cpg``, the DBF's language id, then UTF-8 if everything fits it, else
    cp1252. Raises ``InputError`` for an unknown encoding name.
    """
    if charset is not None:
        _check_name(charset, file)
    suffix = real.suffix.lower()
    if suffix == ".shp":
        declared = charset or _cpg(real) or _language(real)
        candidates = (declared,) if declared else ("utf-8", "cp1252")
        return Text(file, candidates[0], {"encoding": RAW}, candidates)
    if suffix in JSON_SUFFIXES:
        return Text(file, charset or "utf-8")
    if suffix == ".tab" and charset:
        return Text(file, charset, {"encoding": charset})
    return Text(file, "utf-8")


def _check_name(charset: str, file: str) -> None:
    try:
        codecs.lookup(charset)
    except LookupError as trouble:
        raise InputError(
            InputProblem(file, f"die Kodierung „{charset}“ gibt es nicht; üblich sind utf-8 und cp1252")
        ) from trouble


def _sibling(real: Path, suffix: str) -> Path | None:
    return next((p for s in (suffix, suffix.upper()) if (p := real.with_suffix(s)).exists()), None)


def _cpg(real: Path) -> str | None:
    path = _sibling(real, ".cpg")
    if path is None:
        return None
    said = path.read_text("ascii", errors="ignore").strip().lower().replace("ansi ", "cp")
    said = f"cp{said}" if said.isdigit() else said
    said = {"cp65001": "utf-8", "cp88591": "iso-8859-1", "cp28591": "iso-8859-1", "system": ""}.get(said, said)
    try:
        return codecs.lookup(said).name if said else None
    except LookupError:
        return None


def _language(real: Path) -> str | None:
    path = _sibling(real, ".dbf")
    if path is None:
        return None
    with path.open("rb") as handle:
        header = handle.read(30)
    return DBF_LANGUAGE.get(header[29]) if len(header) == 30 else None


def utf8_json(real: Path, file: str, charset: str | None, folder: Path) -> Path:
    """The JSON file as UTF-8, which is all that OGR reads: ``real`` itself, or a recoded copy in ``folder``.

    Raises ``InputError`` naming the line if the text does not fit ``charset`` (UTF-8 if ``None``).
    """
    if real.suffix.lower() not in JSON_SUFFIXES:
        return real
    raw = real.read_bytes()
    try:
        text = raw.decode(charset or "utf-8")
    except UnicodeDecodeError as trouble:
        raise InputError(
            InputProblem(
                file,
                f"der Text ist nicht in {(charset or 'utf-8').upper()} kodiert; bitte die richtige Kodierung mit "
                "--encoding nennen (meist cp1252)",
                line=raw.count(b"\n", 0, trouble.start) + 1,
            )
        ) from trouble
    if charset is None or codecs.lookup(charset).name == "utf-8":
        return real
    copy = folder / real.name
    copy.write_text(text, "utf-8")
    return copy


def mojibake(text: str) -> str | None:
    """What ``text`` was meant to be if it is UTF-8 once misread as cp1252 or ISO-8859-1 (``MÃ¼hle``); else ``None``.

    A replacement character (U+FFFD) is reported as ``?``: what it was is lost.
    """
    if "\ufffd" in text:
        return text.replace("\ufffd", "?")
    if not any(c in text for c in "ÃÂâ"):
        return None
    for charset in ("cp1252", RAW):
        try:
            meant = text.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
        return meant if meant != text else None
    return None
