"""The quality sheet: how good a division into districts is, by figures that can be compared between methods.

Definitions follow those of the comparison with other tools (see ``docs/zone_design.md``), so that figures of any plan,
also of one made elsewhere, can be set beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from etl.districts.wording import number
from etl.districts.zoning.anneal import ground_of
from etl.districts.zoning.instance import Instance, Ints, components
from etl.districts.zoning.kernel import seeded
from etl.districts.zoning.model import (
    Band,
    Weights,
    minority_people,
    polsby_popper,
    relabelled,
    sums_by,
    terms_of,
    within_ss,
)
from etl.districts.zoning.trees import grow_plan

RANDOM_PLANS = 5
"""Random connected plans with the same numbers of districts that heterogeneity is compared with."""


@dataclass(frozen=True)
class Quality:
    """Figures of a plan. Inhabitants are persons, ``*_percent`` percent, lengths km; ``None``: not to be had.

    ``heterogeneity``: weighted sum of squares of the z-scores inside districts as share of the city's (0 best, 1 no
    better than no districts); ``heterogeneity_unweighted`` the same with each block counted once. ``against_random``:
    heterogeneity divided by the mean of random connected plans. ``intra_area_correlation``: one-way ANOVA, mean over
    attributes, blocks counted once. ``outside_percent``: share of the inhabited districts outside the band; empty
    ones are counted in ``empty`` instead. ``not_contiguous``: districts in several pieces; ``crossing``: districts in
    several Stadtteile; ``uncovered``: blocks in no district; ``misfits``:
    blocks that overlap others or do not match their edges. ``bound`` and ``gap_percent`` come from a certificate.
    """

    districts: int
    blocks: int
    pop_min: float
    pop_max: float
    deviation_percent: float
    variation: float
    below: int
    above: int
    empty: int
    outside_percent: float
    heterogeneity: float
    heterogeneity_unweighted: float
    against_random: float | None
    intra_area_correlation: float | None
    compactness: float | None
    compactness_min: float | None
    cut_km: float | None
    barrier_percent: float | None
    changed_percent: float | None
    not_contiguous: int
    crossing: int
    uncovered: int
    objective: float
    bound: float | None = None
    gap_percent: float | None = None
    seconds: float | None = None
    seed: int | None = None
    steps: int | None = None
    cut_by_clock: bool | None = None
    versions: tuple[tuple[str, str], ...] = ()
    misfits: int = 0

    @property
    def violations(self) -> int:
        """Breaches of hard rules: districts outside the band, in pieces or across Stadtteile, blocks left out."""
        return self.below + self.above + self.not_contiguous + self.crossing + self.uncovered

    def with_bound(self, bound: float, gap_percent: float) -> Quality:
        """The sheet with the figures of a certificate."""
        return replace(self, bound=bound, gap_percent=gap_percent)

    def as_json(self) -> dict[str, Any]:
        """The figures under their German names."""
        return {
            "bezirke": self.districts,
            "bloecke": self.blocks,
            "einwohner_min": self.pop_min,
            "einwohner_max": self.pop_max,
            "abweichung_prozent": _rounded(self.deviation_percent, 2),
            "variationskoeffizient": _rounded(self.variation, 4),
            "unter_band": self.below,
            "ueber_band": self.above,
            "unbewohnt": self.empty,
            "ausserhalb_prozent": _rounded(self.outside_percent, 2),
            "heterogenitaet": _rounded(self.heterogeneity, 5),
            "heterogenitaet_ungewichtet": _rounded(self.heterogeneity_unweighted, 5),
            "heterogenitaet_zu_zufall": _rounded(self.against_random, 4),
            "intraklassenkorrelation": _rounded(self.intra_area_correlation, 4),
            "kompaktheit": _rounded(self.compactness, 4),
            "kompaktheit_min": _rounded(self.compactness_min, 4),
            "schnittlaenge_km": _rounded(self.cut_km, 2),
            "barriere_prozent": _rounded(self.barrier_percent, 3),
            "wechsel_prozent": _rounded(self.changed_percent, 3),
            "nicht_zusammenhaengend": self.not_contiguous,
            "ueber_stadtteilgrenzen": self.crossing,
            "ohne_bezirk": self.uncovered,
            "bloecke_mit_ueberlappung": self.misfits,
            "zielwert": _rounded(self.objective, 5),
            "schranke": _rounded(self.bound, 5),
            "luecke_prozent": _rounded(self.gap_percent, 3),
            "sekunden": _rounded(self.seconds, 1),
            "startwert": self.seed,
            "schritte": self.steps,
            "von_der_uhr_beendet": self.cut_by_clock,
            "fassungen": dict(self.versions),
        }

    def table(self) -> list[tuple[str, str]]:
        """The sheet as rows of German name and value, short enough for five plans side by side."""
        return [
            ("Bezirke", number(self.districts)),
            ("Einwohner im kleinsten", number(self.pop_min)),
            ("Einwohner im größten", number(self.pop_max)),
            ("Abweichung vom Ziel", f"{number(self.deviation_percent, 1)} %"),
            ("Variationskoeffizient", number(self.variation, 3)),
            ("außerhalb des Bandes", f"{number(self.outside_percent, 1)} %"),
            *([("unbewohnt", number(self.empty))] if self.empty else []),
            ("Heterogenität (klein ist gut)", number(self.heterogeneity, 4)),
            ("… gegen Zufallspläne", _shown(self.against_random, 3)),
            ("Intraklassenkorrelation", _shown(self.intra_area_correlation, 3)),
            ("Kompaktheit, Mittel", _shown(self.compactness, 3)),
            ("Kompaktheit, kleinste", _shown(self.compactness_min, 3)),
            ("Grenzen der Bezirke", _shown(self.cut_km, 1, " km")),
            ("jenseits einer Barriere", _shown(self.barrier_percent, 2, " %")),
            *(
                [("Bezirk wechselt für", _shown(self.changed_percent, 1, " %"))]
                if self.changed_percent is not None
                else []
            ),
            ("nicht zusammenhängend", number(self.not_contiguous)),
            ("über Stadtteilgrenzen", number(self.crossing)),
            ("Blöcke ohne Bezirk", number(self.uncovered)),
            *([("überlappende Blöcke", number(self.misfits))] if self.misfits else []),
            ("Zielwert (klein ist gut)", number(self.objective, 4)),
            ("bewiesene Schranke", _shown(self.bound, 4)),
            ("Lücke", _shown(self.gap_percent, 2, " %")),
            ("Rechenzeit", _shown(self.seconds, 1, " s")),
            ("Startwert", "–" if self.seed is None else str(self.seed)),
        ]


def measure(
    instance: Instance,
    labels: Ints,
    band: Band,
    weights: Weights,
    *,
    previous: Ints | None = None,
    random_plans: int = RANDOM_PLANS,
) -> Quality:
    """The figures of any division of the blocks; ``labels`` is any number a district, −1 for a block in none.

    ``previous``: districts of an earlier version by block. The same input gives the same figures.
    """
    placed = np.flatnonzero(labels >= 0).astype(np.int64)
    if len(placed) < len(labels):
        uncovered = len(labels) - len(placed)
        own = None if previous is None else previous[placed]
        rest = measure(instance.part(placed), labels[placed], band, weights, previous=own, random_plans=random_plans)
        return replace(rest, uncovered=uncovered, blocks=len(labels))
    labels = relabelled(labels)
    k = int(labels.max(initial=-1)) + 1
    people = sums_by(labels, instance.pop, k)
    inhabited = people > 0
    below = int((inhabited & (people < band.low)).sum())
    above = int((people > band.high).sum())
    terms = terms_of(instance, labels, band, previous)
    even = np.ones(len(instance))
    total_even = within_ss(instance, np.zeros(len(instance), dtype=np.int64), even, 1)
    ratios = polsby_popper(instance, labels, k)
    edges = instance.edges
    inner = labels[edges.i] == labels[edges.j]
    cut = edges.length[~inner & (instance.parent[edges.i] == instance.parent[edges.j])].sum()
    changed = None
    if previous is not None:
        changed = 100.0 * float(minority_people(labels, previous, instance.pop, k).sum()) / float(instance.pop.sum())
    return Quality(
        districts=k,
        blocks=len(instance),
        pop_min=float(people.min()),
        pop_max=float(people.max()),
        deviation_percent=100.0 * terms.deviation / k,
        variation=float(people.std() / people.mean()),
        below=below,
        above=above,
        empty=int((~inhabited).sum()),
        outside_percent=100.0 * (below + above) / max(1, int(inhabited.sum())),
        heterogeneity=terms.within,
        heterogeneity_unweighted=within_ss(instance, labels, even, k) / total_even if total_even > 0 else 0.0,
        against_random=_against_random(instance, labels, terms.within, random_plans),
        intra_area_correlation=_intra_area_correlation(instance, labels, k),
        compactness=float(ratios.mean()) if instance.shaped else None,
        compactness_min=float(ratios.min()) if instance.shaped else None,
        cut_km=float(cut) / 1000.0 if instance.shaped else None,
        barrier_percent=None if instance.side is None else 100.0 * terms.barrier,
        changed_percent=changed,
        not_contiguous=_in_pieces(instance, labels, k),
        crossing=int(sum(len(np.unique(instance.parent[labels == d])) > 1 for d in range(k))),
        uncovered=0,
        misfits=instance.misfits,
        objective=terms.objective(weights if instance.shaped else replace(weights, compactness=0.0)),
    )


def _in_pieces(instance: Instance, labels: Ints, k: int) -> int:
    """Districts that are not connected along neighbours (bridges count as neighbours)."""
    edges = instance.edges
    inner = edges.where(labels[edges.i] == labels[edges.j])
    found = components(len(instance), inner)
    pairs = np.unique(np.stack([labels, found]), axis=1)
    return int((np.bincount(pairs[0], minlength=k) > 1).sum())


def _intra_area_correlation(instance: Instance, labels: Ints, k: int) -> float | None:
    """(MSB − MSW) / (MSB + (n₀ − 1) MSW) of a one-way ANOVA with unequal groups, mean over attributes.

    n₀ = (n − Σnᵢ²/n) / (k − 1). Source: Donner (1986), International Statistical Review 54, 67–82.
    """
    n = len(instance)
    if k < 2 or n <= k or not instance.attributes:
        return None
    sizes = np.bincount(labels, minlength=k).astype(np.float64)
    typical = (n - float((sizes**2).sum()) / n) / (k - 1)
    values: list[float] = []
    for column in instance.z.T:
        means = sums_by(labels, column, k) / sizes
        between = float((sizes * (means - column.mean()) ** 2).sum()) / (k - 1)
        within = float(((column - means[labels]) ** 2).sum()) / (n - k)
        below = between + (typical - 1) * within
        values.append((between - within) / below if below > 0 else 0.0)
    return float(np.mean(values))


def _against_random(instance: Instance, labels: Ints, within: float, plans: int) -> float | None:
    """Heterogeneity divided by its mean over random plans with as many districts in every Stadtteil."""
    if plans < 1 or instance.city_ss <= 0:
        return None
    sums: list[float] = []
    parts = [part for part in instance.by_component() if len(part)]
    counts = _counts_by_part(instance, labels, parts)
    if counts is None:
        return None
    for plan in range(plans):
        inside = 0.0
        for part, k in zip(parts, counts, strict=True):
            state = seeded(0, plan, int(part.rows[0]))
            random = grow_plan(ground_of(part, None, False), k, state, 1)
            inside += within_ss(part, random, part.pop, int(random.max()) + 1)
        sums.append(inside / instance.city_ss)
    mean = float(np.mean(sums))
    return within / mean if mean > 0 else None


def _counts_by_part(instance: Instance, labels: Ints, parts: list[Instance]) -> list[int] | None:
    """Districts in each connected part; ``None`` if a district lies in several, so that there is nothing to compare."""
    row = {int(r): k for k, r in enumerate(instance.rows.tolist())}
    own = [np.unique(labels[[row[int(r)] for r in part.rows.tolist()]]) for part in parts]
    counts = [len(o) for o in own]
    return counts if sum(counts) == len(np.unique(labels)) else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _shown(value: float | None, digits: int, unit: str = "") -> str:
    return "–" if value is None else number(value, digits) + unit
