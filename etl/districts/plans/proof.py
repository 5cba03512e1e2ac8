"""``districts certify-plan``: how far a stored plan is from the best possible one in the medoid model, proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Engine, text

from etl.districts import versions
from etl.districts.areas import Geometries, geometry_array
from etl.districts.plans.naming import district_keys
from etl.districts.plans.store import StoredPlan, read_plans, write_plan
from etl.districts.versions import Version
from etl.districts.zoning import model as composite
from etl.districts.zoning.certify import Certificate, Effort, ParentCertificate, certify, problem_of, relative_gap
from etl.districts.zoning.instance import Instance, Ints, from_arrays
from etl.districts.zoning.medoid import Band, MedoidWeights, value
from etl.districts.zoning.model import relabelled
from etl.districts.zoning.quality import measure
from etl.districts.zoning.shapes import shapes_of
from etl.errors import SozialberichtError

WEIGHTS = MedoidWeights()
MEDOID = "medoid"
"""Name of the plan that the certificate found and proved."""


@dataclass(frozen=True)
class Proof:
    """The certificate of a plan; ``value`` is the plan's own, ``gap`` the share of it that is not proven needed."""

    plan: str
    value: float
    certificate: Certificate

    @property
    def gap(self) -> float:
        """(value − bound) / value of the plan itself; the certificate's plan may be better."""
        return relative_gap(self.value, self.certificate.bound)

    def as_json(self) -> dict[str, Any]:
        """As stored: values of the medoid model, gaps in percent, by Stadtteil the proven bound."""
        found = self.certificate
        return {
            "modell": "Medoid",
            "zielwert": round(self.value, 8),
            "schranke": round(found.bound, 8),
            "luecke_prozent": round(100 * self.gap, 3),
            "bester_zielwert": round(found.objective, 8) if np.isfinite(found.objective) else None,
            "bester_luecke_prozent": round(100 * found.gap, 3) if np.isfinite(found.gap) else None,
            "startwert": found.seed,
            "stadtteile": [
                {
                    "stadtteil": p.parent, "bezirke": p.k, "stand": p.status, "schranke": round(p.bound, 8),
                    "luecke_prozent": round(100 * p.gap, 3) if np.isfinite(p.gap) else None,
                    "schnitte": p.cuts, "teilprobleme": p.nodes, "sekunden": round(p.seconds, 1),
                }
                for p in found.parents
            ],
        }  # fmt: skip


def prove(
    engine: Engine,
    label: str,
    plan: str | None,
    effort: Effort,
    *,
    state: Path | None = None,
    tell: Callable[[ParentCertificate], None] | None = None,
) -> Proof:
    """Prove a bound for the plan (``None``: the chosen one) and store it with the plan.

    The best plan of the medoid model is stored beside it as the plan ``MEDOID``, with its own proven gap.
    The blocks are those the version was planned with. ``state`` is a folder from which an interrupted proof goes on.
    Raises ``SozialberichtError`` if there is no such plan, ``ZoningError`` as ``certify``.
    """
    with engine.connect() as connection:
        version = versions.get(connection, label)
        stored = _stored(read_plans(connection, version), label, plan)
        blocks = _blocks(connection, version.id, stored.id)
    instance, labels, band = blocks.instance, blocks.labels, blocks.band
    counts = {
        name: len(np.unique(labels[instance.parent == number])) for number, name in enumerate(instance.parents)
    }  # the numbers of districts are the plan's
    found = certify(
        instance, WEIGHTS, band, k_by_parent=counts, start_labels=labels, state_path=state, effort=effort, tell=tell
    )
    own = 0.0
    for number in range(len(instance.parents)):
        part = problem_of(instance, number, WEIGHTS, band, counts)
        own += value(part, relabelled(labels[instance.parent == number]))
    proof = Proof(stored.name, own, found)
    with engine.begin() as connection:
        if version.status not in versions.FROZEN:
            _offer(connection, version, blocks, proof)
        connection.execute(
            text("""
                UPDATE geo.plan SET certificate = cast(:proof AS jsonb),
                    quality = quality || jsonb_build_object('luecke_prozent', cast(:gap AS float))
                WHERE id = :plan
            """),
            {
                "plan": stored.id,
                "proof": json.dumps(proof.as_json(), ensure_ascii=False),
                "gap": round(100 * proof.gap, 3),
            },
        )
    return proof


def _stored(plans: list[StoredPlan], label: str, name: str | None) -> StoredPlan:
    for plan in plans:
        if plan.chosen if name is None else plan.name == name:
            return plan
    there = ", ".join(f"„{p.name}“" for p in plans) or "noch keiner"
    wanted = "einen gewählten Plan" if name is None else f"den Plan „{name}“"
    raise SozialberichtError(f"Für „{label}“ gibt es {wanted} nicht; vorhanden: {there}.")


@dataclass(frozen=True)
class _Blocks:
    """The blocks as the version was planned with them, and the plan's districts."""

    ids: list[int]
    geoms: Geometries
    instance: Instance
    labels: Ints
    band: Band


def _offer(connection: Connection, version: Version, blocks: _Blocks, proof: Proof) -> None:
    """Store the certificate's own plan, if every Stadtteil has one."""
    instance = blocks.instance
    labels = np.full(len(instance), -1, dtype=np.int64)
    offset = 0
    for number, part in enumerate(proof.certificate.parents):
        if part.labels is None:
            return
        labels[instance.parent == number] = part.labels + offset
        offset += part.k
    parents = [instance.parents[p] for p in instance.parent.tolist()]
    keys = district_keys(parents, labels, blocks.geoms, instance.pop)
    band = composite.Band(blocks.band.smallest, blocks.band.target, blocks.band.largest)
    facts = proof.as_json()
    sheet = measure(instance, labels, band, composite.COMPOSITE).as_json()
    sheet |= {"luecke_prozent": facts["bester_luecke_prozent"], "gewichte": asdict(WEIGHTS)}
    write_plan(connection, version, MEDOID, dict(zip(blocks.ids, keys, strict=True)), sheet)
    connection.execute(
        text("UPDATE geo.plan SET certificate = cast(:c AS jsonb) WHERE version_id = :v AND name = :n"),
        {"c": json.dumps(facts, ensure_ascii=False), "v": version.id, "n": MEDOID},
    )


def _blocks(connection: Connection, version_id: int, plan_id: int) -> _Blocks:
    rows = connection.execute(
        text("""
            SELECT b.key, b.parent_key, w.persons, w.scores, w.barrier_side, ST_AsBinary(b.geom), a.district, b.id
            FROM warehouse.planning_block w
            JOIN geo.block b ON b.id = w.block_id
            JOIN geo.plan_assignment a ON a.plan_id = :plan AND a.block_id = b.id
            WHERE w.version_id = :version ORDER BY b.key
        """),
        {"version": version_id, "plan": plan_id},
    ).all()
    given = connection.scalar(
        text("SELECT parameters FROM geo.district_version WHERE id = :version"), {"version": version_id}
    ) or {}  # fmt: skip
    sides = [r[4] for r in rows]
    geoms = geometry_array([shapely.from_wkb(bytes(r[5])) for r in rows])
    scores = np.array([list(r[3]) for r in rows], dtype=np.float64)
    instance = from_arrays(
        [str(r[0]) for r in rows],
        [str(r[1]) for r in rows],
        [float(r[2]) for r in rows],
        scores,  # z-scores stay what they are when standardised again
        list(given.get("merkmale", [])),
        shapes=shapes_of(geoms),
        side=None if any(s is None for s in sides) else sides,
        hard_barriers=given.get("barrieren") == "hard",
    )
    labels = relabelled(np.unique(np.array([str(r[6]) for r in rows]), return_inverse=True)[1].astype(np.int64))
    band = given["band"]
    size = Band(band["min"], band["target"], band["max"])
    return _Blocks([int(r[7]) for r in rows], geoms, instance, labels, size)
