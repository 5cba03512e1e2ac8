"""How firm a class or a rank is: the index is made again many times under changed assumptions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods.composite import Baseline, Method, Part, classify, compose

Floats = NDArray[np.float64]
STABLE_FROM = 0.8
"""Share of runs in which the class must stay for an area to count as stable."""


@dataclass(frozen=True)
class Assumptions:
    """What is varied: parts left out one by one, random weights within ±``weights``, cuts shifted by ±``cut``."""

    draws: int = 200
    weights: float = 0.25
    cut: float = 0.1
    seed: int = 1


@dataclass(frozen=True)
class Stability:
    """By area: share of runs with the same class (NaN without), in all and by kind of change; 95 % rank interval."""

    share: Floats
    by_kind: dict[str, Floats]
    rank_low: Floats
    rank_high: Floats

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Areas whose class holds in at least four of five runs."""
        return np.nan_to_num(self.share) >= STABLE_FROM


def _ranks(scores: Floats) -> Floats:
    """Rank 1 for the highest score (the worst), run by run; ties share the better rank."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    order = np.sort(-filled, axis=-1)
    ranks = np.stack([np.searchsorted(o, -f) + 1 for o, f in zip(order, filled, strict=True)]).astype(np.float64)
    return np.where(np.isnan(scores), np.nan, ranks)


def drawn_shares(
    cases: ArrayLike, persons: ArrayLike, runs: int, rng: np.random.Generator
) -> Floats:  # fmt: skip
    """Parametric bootstrap of proportions: runs × areas × parts, cases drawn anew from Beta(x + ½, n - x + ½).

    The Jeffreys posterior keeps areas with 0 or n cases uncertain, which a binomial draw would not.
    """
    x, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(cases, persons))
    valid = (n > 0) & (x >= 0) & (x <= n)
    a, b = np.where(valid, x + 0.5, 1.0), np.where(valid, n - x + 0.5, 1.0)
    return np.where(valid, rng.beta(a, b, size=(runs, *x.shape)), np.nan)


def of_classes(
    values: ArrayLike,
    parts: tuple[Part, ...],
    method: Method,
    *,
    bootstrap: Floats | None = None,
    persons: ArrayLike | None = None,
    baseline: Baseline | None = None,
    assumptions: Assumptions = Assumptions(),
) -> Stability:
    """Repeat an index with a part left out, other weights, shifted cuts and (``bootstrap``: runs × areas × parts, in
    the units of ``values``) redrawn counts; the share of runs in which each area keeps its class.

    ``persons`` and ``baseline`` as in ``compose``; another sum than the baseline's is measured by its own deviation.
    """
    table = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(assumptions.seed)
    base = compose(table, parts, method, persons=persons, baseline=baseline)

    def again(columns: Floats, chosen: list[int], changed: tuple[Part, ...]) -> tuple[Floats, Floats]:
        other = changed != parts
        given = None if baseline is None else Baseline(
            tuple(baseline.parts[n] for n in chosen), None if other else baseline.total
        )  # fmt: skip
        run = compose(columns, changed, method, persons=persons, baseline=given)
        return run.score, run.classes

    everything = list(range(len(parts)))
    kinds: dict[str, list[Floats]] = {}
    scores: list[Floats] = []

    def note(kind: str, score: Floats, classes: Floats) -> None:
        kinds.setdefault(kind, []).append(np.where(np.isnan(base.classes), np.nan, classes == base.classes))
        scores.append(score)

    if len(parts) > 1:
        for left in range(len(parts)):
            kept = [n for n in range(len(parts)) if n != left]
            note("ein Teil weniger", *again(table[:, kept], kept, tuple(parts[n] for n in kept)))
    for _ in range(assumptions.draws):
        factors = rng.uniform(1 - assumptions.weights, 1 + assumptions.weights, len(parts))
        changed = tuple(replace(p, weight=p.weight * float(f)) for p, f in zip(parts, factors, strict=True))
        note("andere Gewichte", *again(table, everything, changed))
    for shift in np.linspace(-assumptions.cut, assumptions.cut, 21):
        moved = tuple(float(c + np.sign(c or 1) * shift) for c in method.cuts)
        note("andere Klassengrenzen", base.score, classify(base.score, moved, method.included))
    for redrawn in bootstrap if bootstrap is not None else ():
        note("Zufall der Fallzahlen", *again(np.where(np.isnan(table), np.nan, redrawn), everything, parts))
    by_kind = {kind: np.mean(np.stack(found), axis=0) for kind, found in kinds.items()}
    ranks = _ranks(np.stack(scores))
    low, high = np.nanquantile(ranks, [0.025, 0.975], axis=0) if not np.isnan(ranks).all() else (ranks[0], ranks[0])
    # every kind of change counts alike, whatever the number of its runs
    return Stability(np.mean(np.stack(list(by_kind.values())), axis=0), by_kind, low, high)
