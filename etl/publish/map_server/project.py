"""The project as it is served: a copy without what belongs on a desktop."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import psycopg
from psycopg import sql

from etl.errors import SozialberichtError

_TABLE = re.compile(r'table="((?:[^"\\]|\\.)*)"(?:\."((?:[^"\\]|\\.)*)")?( \(\w+\))?')
_CONDITION = re.compile(r" sql=(.*)$", re.DOTALL)


def served(project: str, address: Mapping[str, str]) -> str:
    """The project's text for QGIS Server, reading the database at ``address`` (libpq parameters).

    Its layers count their rows: with the database's estimate, which opens quickly on a desktop, OGC API Features gives
    no more pages once it has passed that number. Layers of foreign servers are left out, so that nobody makes this
    one fetch their tiles. Layers with geometry that hold no rows yet are no part of WFS and OGC API Features: QGIS
    Server 3.22 does not list any collection when one of them has no extent. Raises SozialberichtError if the text is
    no project or a layer cannot be read.
    """
    exact = project.replace("estimatedmetadata=true", "estimatedmetadata=false")
    try:
        root = ET.fromstring(exact)  # noqa: S314  # the installation's own project
    except ET.ParseError as problem:
        raise SozialberichtError(f"Das QGIS-Projekt ist nicht lesbar: {problem}") from problem
    if (trust := root.find("trust")) is not None:
        # with trust QGIS would use estimates after all
        trust.set("active", "0")
    layers = {layer.findtext("id", ""): layer for layer in root.iter("maplayer")}
    foreign = {name for name, layer in layers.items() if layer.findtext("provider") == "wms"}
    _drop(root, foreign)
    with psycopg.connect(**address) as connection:  # type: ignore[arg-type]  # libpq parameters are text
        empty = {name for name, layer in layers.items() if name not in foreign and _empty(connection, layer)}
    for listed in root.iter("WFSLayers"):
        for value in list(listed):
            if value.text in empty | foreign:
                listed.remove(value)
    return ET.tostring(root, encoding="unicode")


def _drop(root: ET.Element, names: set[str]) -> None:
    """Take layers out of the project, the tree and the order of drawing."""
    for parent in root.iter():
        for child in list(parent):
            named = child.get("id") if child.tag in {"layer-tree-layer", "layer"} else None
            if child.tag == "maplayer":
                named = child.findtext("id")
            if child.tag == "item":
                named = child.text
            if named in names:
                parent.remove(child)


def _empty(connection: psycopg.Connection[tuple[object, ...]], layer: ET.Element) -> bool:
    """Whether a layer with geometry has no rows."""
    source = layer.findtext("datasource", "")
    found = _TABLE.search(source)
    if found is None or not found[3]:
        return False
    first, second = (re.sub(r"\\(.)", r"\1", part or "") for part in (found[1], found[2]))
    # A subquery stands in brackets where others have a schema and a table. Both are the project's own text, as QGIS
    # itself sends it.
    table = sql.Identifier(first, second) if second else sql.SQL(first)
    condition = _CONDITION.search(source)
    where = sql.SQL(condition[1] if condition else "true")
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {} AS x WHERE {})").format(table, where)).fetchone()
    return row == (False,)
