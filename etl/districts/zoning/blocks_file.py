"""Blocks of a zone design problem from any vector file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj

from etl.districts.areas import Geometries, geometry_array
from etl.districts.columns import as_text, pick
from etl.districts.read import AREA_TYPES, Features, read_features
from etl.districts.zoning.instance import Instance, from_arrays
from etl.districts.zoning.shapes import Contiguity, shapes_of
from etl.errors import InputError, InputProblem

BARRIER_COLUMN = "barrier_side"
SHOWN = 20


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; ``side`` is taken if the file has it."""

    key: str = "block_id"
    parent: str = "parent"
    pop: str = "pop"
    attributes: Sequence[str] = ()
    side: str = BARRIER_COLUMN


def from_file(
    path: Path,
    columns: Columns,
    *,
    layer: str | None = None,
    contiguity: Contiguity = "rook",
    hard_barriers: bool = False,
    bridges: Iterable[tuple[str, str]] = (),
) -> Instance:
    """The blocks of one layer of ``path`` (any format of ``etl.districts.read``) as an instance, in the file's plane.

    Raises ``InputError`` naming file, row, column and value for what cannot be read, and ``ZoningError`` as
    ``from_arrays``.
    """
    features = read_features(path, layer=layer)
    _check_plane(features)
    file = features.file
    key = pick(features.columns, columns.key, file, "--id")
    parent = pick(features.columns, columns.parent, file, "--parent")
    pop = pick(features.columns, columns.pop, file, "--pop")
    attributes = [pick(features.columns, name, file, "--attributes") for name in columns.attributes]
    polygons = _polygons(features)
    people = _numbers(features, pop)
    values = np.array([_numbers(features, name, people) for name in attributes], dtype=np.float64)
    side = [as_text(row[columns.side]) for row in features.rows] if columns.side in features.columns else None
    return from_arrays(
        _texts(features, key),
        _texts(features, parent),
        people,
        values.reshape(len(attributes), len(people)).T.copy(),
        attributes,
        shapes=shapes_of(polygons, contiguity),
        side=side,
        hard_barriers=hard_barriers,
        bridges=bridges,
    )


def _check_plane(features: Features) -> None:
    if features.crs_wkt is None:
        return
    if pyproj.CRS.from_wkt(features.crs_wkt).is_geographic:
        raise InputError(
            InputProblem(
                features.file,
                "die Koordinaten sind Grad. Flächen und Grenzlängen brauchen ein metrisches Koordinatensystem, "
                "zum Beispiel EPSG:25832; bitte die Datei umrechnen",
            )
        )


def _polygons(features: Features) -> Geometries:
    problems = [
        InputProblem(features.file, "die Geometrie fehlt oder ist keine Fläche", line=index + 1)
        for index, geom in enumerate(features.geoms)
        if geom is None or geom.is_empty or geom.geom_type not in AREA_TYPES
    ]
    problems += [
        InputProblem(features.file, "die Fläche ist ungültig (zum Beispiel überschneidet sich ihr Rand)", line=k + 1)
        for k, geom in enumerate(features.geoms)
        if geom is not None and not geom.is_valid
    ]
    if problems:
        raise InputError(*problems[:SHOWN])
    return geometry_array(features.geoms)


def _texts(features: Features, column: str) -> list[str]:
    cells = [as_text(row[column]) for row in features.rows]
    empty = [
        InputProblem(features.file, "der Wert fehlt", line=index + 1, column=column)
        for index, cell in enumerate(cells)
        if cell is None
    ]
    if empty:
        raise InputError(*empty[:SHOWN])
    return [cell or "" for cell in cells]


def _numbers(features: Features, column: str, needed: list[float] | None = None) -> list[float]:
    """The column as numbers; where ``needed`` is 0 an empty cell counts as 0."""
    result: list[float] = []
    problems: list[InputProblem] = []
    for index, row in enumerate(features.rows):
        cell = row[column]
        try:
            value = math.nan if cell is None or cell == "" else float(cell)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            if needed is not None and needed[index] == 0 and (cell is None or cell == ""):
                value = 0.0
            else:
                reason = "der Wert fehlt" if cell is None or cell == "" else "keine Zahl"
                shown = None if cell is None else str(cell)
                problems.append(InputProblem(features.file, reason, line=index + 1, column=column, value=shown))
        elif value < 0 and needed is None:
            problems.append(InputProblem(features.file, "die Einwohnerzahl ist negativ", index + 1, column, str(cell)))
        result.append(value)
    if problems:
        raise InputError(*problems[:SHOWN])
    return result
