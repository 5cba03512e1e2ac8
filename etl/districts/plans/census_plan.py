"""``districts census``: districts from census cells alone, set beside an official division if there is one."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import shapely
from fiona.model import Feature, Geometry

from etl.districts.areas import Areas, geometry_array
from etl.districts.plans.census import ATTRIBUTES, CensusBlocks, census_blocks
from etl.districts.plans.naming import district_keys
from etl.districts.plans.picture import svg
from etl.districts.versions import dissolve
from etl.districts.wording import number
from etl.districts.zoning.feasible import Piece, pieces
from etl.districts.zoning.instance import Ints, ZoningError
from etl.districts.zoning.model import COMPOSITE, Band, relabelled
from etl.districts.zoning.quality import Quality, measure
from etl.districts.zoning.search import Effort, find

SOURCE = "Daten: Statistische Ämter des Bundes und der Länder, Zensus 2011 (dl-de/by-2-0)"


@dataclass(frozen=True)
class CensusPlan:
    """Blocks, the district key of each, and quality: of the plan and, if given, of the official division."""

    blocks: CensusBlocks
    districts: list[str]
    quality: Quality
    official: Quality | None


def plan_census(  # noqa: PLR0917
    fine: Path, coarse: Path, parents: Areas, band: Band, effort: Effort, districts: int | None, official: Areas | None
) -> CensusPlan:
    """The best plan on census cells by the composite objective; ``districts``: exactly that many in all.

    The official division is measured on the same cells (each belongs to the district of its midpoint) with the same
    attributes and band. Raises ``InputError`` and ``ZoningError`` as ``census_blocks`` and ``pieces``.
    """
    blocks = census_blocks(fine, coarse, parents)
    instance = blocks.instance()
    parts, _ = pieces(instance, band)
    if districts is not None:
        parts = fixed_counts(parts, districts)
    outcome = find(parts, band, COMPOSITE, effort)
    keys = district_keys(blocks.parents, outcome.labels, blocks.geoms, blocks.persons)
    quality = replace(
        measure(instance, outcome.labels, band, COMPOSITE),
        seconds=outcome.seconds, seed=effort.seed, steps=outcome.steps, cut_by_clock=outcome.cut,
    )  # fmt: skip
    beside = None if official is None else measure(instance, _by_place(blocks, official), band, COMPOSITE)
    return CensusPlan(blocks, keys, quality, beside)


def fixed_counts(parts: Sequence[Piece], districts: int) -> list[Piece]:
    """The parts with their numbers of districts fixed so that they sum to ``districts``, in proportion to persons.

    Divisor method with standard rounding (Webster, Sainte-Laguë), within what the band allows each part. Raises
    ``ZoningError`` if the band allows no such number.
    """
    counts = [part.counts.start for part in parts]
    most = [part.counts.stop - 1 for part in parts]
    if not sum(counts) <= districts <= sum(most):
        raise ZoningError(
            f"{districts} Bezirke lässt das Band nicht zu: möglich sind {sum(counts)} bis {sum(most)}. Abhilfe: --min "
            "und --max weiten."
        )
    people = [float(part.blocks.pop.sum()) for part in parts]
    while sum(counts) < districts:
        open_ = [i for i in range(len(parts)) if counts[i] < most[i]]
        winner = max(open_, key=lambda i: (people[i] / (counts[i] + 0.5), -i))
        counts[winner] += 1
    return [Piece(part.blocks, range(k, k + 1), k) for part, k in zip(parts, counts, strict=True)]


def _by_place(blocks: CensusBlocks, official: Areas) -> Ints:
    point, area = shapely.STRtree(official.geoms).query_nearest(blocks.middle, all_matches=False)
    found = np.full(len(blocks.keys), -1, dtype=np.int64)
    found[point] = area
    return relabelled(found)


def write_census(plan: CensusPlan, parents: Areas, title: str, out: Path) -> None:
    """Write blocks (GeoPackage for ``districts solve``), assignment, quality sheets and a map to the folder ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    _blocks_file(plan.blocks, out / "bloecke.gpkg")
    with (out / "zuordnung.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["block_id", "district"])
        writer.writerows(zip(plan.blocks.keys, plan.districts, strict=True))
    sheets: dict[str, Any] = {"plan": plan.quality.as_json()}
    if plan.official is not None:
        sheets["amtlich"] = plan.official.as_json()
    (out / "guete.json").write_text(json.dumps(sheets, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    keys = sorted(set(plan.districts))
    own = np.array(plan.districts)
    polygons = geometry_array([dissolve(plan.blocks.geoms[own == k]) for k in keys])
    persons = [float(plan.blocks.persons[own == k].sum()) for k in keys]
    notes = [f"{k}: etwa {number(round(p, -2))} Einwohner" for k, p in zip(keys, persons, strict=True)]
    areas = Areas(keys, keys, [None] * len(keys), polygons)
    (out / "karte.svg").write_text(svg(areas, title, bold=parents, notes=notes, source=SOURCE), encoding="utf-8")


def _blocks_file(blocks: CensusBlocks, path: Path) -> None:
    schema = {
        "geometry": "MultiPolygon",
        "properties": {"block_id": "str", "parent": "str", "pop": "float", **dict.fromkeys(ATTRIBUTES, "float")},
    }
    path.unlink(missing_ok=True)
    with (
        fiona.Env(OGR_CURRENT_DATE="2011-05-09T00:00:00.000Z"),
        fiona.open(path, "w", driver="GPKG", layer="bloecke", crs="EPSG:25832", schema=schema) as sink,
    ):
        figures = (blocks.persons.tolist(), blocks.attributes.tolist())
        rows = zip(blocks.keys, blocks.parents, *figures, blocks.geoms, strict=True)
        sink.writerecords(
            Feature(
                geometry=Geometry.from_dict(shapely.geometry.mapping(geom)),
                properties={
                    "block_id": key, "parent": parent, "pop": persons, **dict(zip(ATTRIBUTES, own, strict=True))
                },
            )
            for key, parent, persons, own, geom in rows
        )  # fmt: skip
