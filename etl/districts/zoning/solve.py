"""Forms districts from blocks: the one call that the command and the database layer share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import numpy as np

from etl import __version__
from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.instance import Instance, Ints, ZoningError
from etl.districts.zoning.model import GERMAN, PLANS, Band, Weights, relabelled
from etl.districts.zoning.quality import Quality, measure
from etl.districts.zoning.search import Effort, Outcome, find

LIBRARIES = ("numpy", "numba", "shapely")


@dataclass(frozen=True)
class Plan:
    """One plan: ``labels`` 0 … by block in the order of the instance, its quality sheet and the weights it follows.

    Districts are numbered Stadtteil by Stadtteil, in each from north to south.
    """

    name: str
    title: str
    weights: Weights
    labels: Ints
    quality: Quality
    remarks: tuple[str, ...] = field(default=())

    def keys(self, instance: Instance) -> list[str]:
        """Key of each block's district: the Stadtteil's key and the number inside it in at least two digits."""
        first: dict[int, int] = {}
        most = 0
        for label, parent in zip(self.labels.tolist(), instance.parent.tolist(), strict=True):
            first[parent] = min(first.get(parent, label), label)
        for label, parent in zip(self.labels.tolist(), instance.parent.tolist(), strict=True):
            most = max(most, label - first[parent] + 1)
        digits = max(2, len(str(most)))
        return [
            f"{instance.parents[parent]}{label - first[parent] + 1:0{digits}d}"
            for label, parent in zip(self.labels.tolist(), instance.parent.tolist(), strict=True)
        ]


def solve(
    instance: Instance,
    band: Band,
    *,
    plans: Sequence[str] = ("composite",),
    weights: Weights | None = None,
    effort: Effort | None = None,
    previous: Ints | None = None,
    told: Callable[[str, int, int], None] | None = None,
) -> list[Plan]:
    """The plans named in ``plans`` (keys of ``PLANS``), each the best found within the effort.

    ``weights`` replaces those of ``composite``. ``previous``: an earlier district of each block, to which the plans
    stay near as far as ``Weights.change`` says. The plans share the effort's seconds. ``told`` is called with
    the plan's name and the searches done and planned.
    Raises ``ZoningError`` where there can be no districts, or none were found within the band, and says what helps.
    """
    unknown = [name for name in plans if name not in PLANS]
    if unknown:
        raise ZoningError(f"Den Plan „{unknown[0]}“ gibt es nicht; möglich sind {', '.join(PLANS)} und all.")
    effort = effort or Effort()
    if effort.seconds is not None:
        effort = replace(effort, seconds=effort.seconds / len(plans))
    parts, remarks = pieces(instance, band)
    result: list[Plan] = []
    for name in plans:
        chosen = weights if weights is not None and name == "composite" else PLANS[name]
        if weights is not None:
            chosen = replace(chosen, change=weights.change)
        outcome = find(parts, band, chosen, effort, previous=previous, told=_named(told, name))
        result.append(_plan(instance, band, chosen, name, outcome, effort, previous, remarks))
    return result


def _named(told: Callable[[str, int, int], None] | None, name: str) -> Callable[[int, int], None] | None:
    return None if told is None else lambda done, planned: told(name, done, planned)


def _plan(  # noqa: PLR0917
    instance: Instance,
    band: Band,
    weights: Weights,
    name: str,
    outcome: Outcome,
    effort: Effort,
    previous: Ints | None,
    remarks: Sequence[str],
) -> Plan:
    labels = numbered(instance, outcome.labels)
    quality = replace(
        measure(instance, labels, band, weights, previous=previous),
        seconds=outcome.seconds,
        seed=effort.seed,
        steps=outcome.steps,
        cut_by_clock=outcome.cut,
        versions=(("sozialbericht", __version__), *((library, version(library)) for library in LIBRARIES)),
    )
    return Plan(name, GERMAN[name], weights, labels, quality, tuple(remarks))


def numbered(instance: Instance, labels: Ints) -> Ints:
    """The districts numbered Stadtteil by Stadtteil, in each from north to south (by centroids weighted with area)."""
    labels = relabelled(labels)
    k = int(labels.max(initial=-1)) + 1
    size = np.maximum(instance.area, 1e-9)
    north = np.bincount(labels, size * instance.xy[:, 1], k) / np.bincount(labels, size, k)
    parent = np.zeros(k, dtype=np.int64)
    parent[labels] = instance.parent
    rank = np.empty(k, dtype=np.int64)
    rank[np.lexsort((np.arange(k), -north, parent))] = np.arange(k)
    result: Ints = rank[labels]
    return result
