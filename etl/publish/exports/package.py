"""The CSV files as a Frictionless Data Package: what each column is, of which type, and what an empty cell means."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from etl.catalogue import Catalogue
from etl.publish.exports.tables import exported
from etl.publish.source import Column, Source, View

KINDS = {"integer": "integer", "bigint": "integer", "smallint": "integer", "double precision": "number",
         "numeric": "number", "real": "number", "boolean": "boolean", "date": "date"}  # fmt: skip

SYNTHETIC = "Synthetische Daten, keine Aussage über die wirkliche Stadt."


def _field(column: Column, *, comma: bool) -> dict[str, Any]:
    kind = KINDS.get(column.type, "string")
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.description}
    if kind == "number":
        field["decimalChar"] = "," if comma else "."
    if kind == "boolean":
        field |= {"trueValues": ["ja"], "falseValues": ["nein"]}
    return field


def _resource(view: View, path: Path, *, comma: bool) -> dict[str, Any]:
    return {
        "name": view.name.replace("_", "-"), "path": path.name, "title": view.name, "description": view.description,
        "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8-sig",
        "bytes": path.stat().st_size, "hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
        "dialect": {"delimiter": ";", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {
            "fields": [_field(c, comma=comma) for c in view.plain],
            "primaryKey": [view.plain[0].name], "missingValues": [""],
        },
    }  # fmt: skip


def write_package(source: Source, catalogue: Catalogue, folder: Path, *, comma: bool = True) -> Path:
    """Write ``datapackage.json`` beside the CSV files of a folder."""
    publication = catalogue.city.publication
    described: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": f"sozialbericht-{catalogue.city.ags}",
        "title": catalogue.city.report_title,
        "version": source.edition.label,
        "description": SYNTHETIC if source.edition.synthetic else "",
        "resources": [
            _resource(view, folder / f"{view.name}.csv", comma=comma)
            for view in exported(source) if (folder / f"{view.name}.csv").exists()
        ],
    }  # fmt: skip
    if publication is not None:
        licence = {"name": publication.licence_name, "path": publication.licence, "title": publication.licence_title}
        described["licenses"] = [licence]
        described["contributors"] = [{"title": publication.publisher, "role": "publisher"}]
    path = folder / "datapackage.json"
    path.write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
