"""German descriptions of types of areas, made from the deviations of their profiles.

They name what is higher or lower than in the mean of all areas and never call an area good or bad: "günstiger" and
"ungünstiger" speak of one indicator with a declared polarity; neutral indicators get neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from etl.indicators.methods.comparison import Polarity, judged

NOTABLE, CLEAR, FAR = 0.5, 1.0, 2.0
"""Standard deviations from which a deviation is named, is "deutlich", is "sehr deutlich"."""
MOST = 4
AVERAGE = "In allen Merkmalen nahe am Mittel der Bezirke."


@dataclass(frozen=True)
class Feature:
    """An indicator of a profile: its title as users know it and its polarity."""

    title: str
    polarity: Polarity = "neutral"


def describe(centre: ArrayLike, features: Sequence[Feature], *, most: int = MOST) -> str:
    """The largest deviations of one type (z values by indicator) as a German sentence or two.

    >>> describe([1.2, -0.6, 0.1], [Feature("Jugendquotient"), Feature("Arbeitslose", "schlecht"), Feature("Ältere")])
    'Deutlich höher als im Mittel der Bezirke: Jugendquotient. Etwas niedriger: Arbeitslose (günstiger).'
    """
    z = np.asarray(centre, dtype=np.float64)
    if z.shape != (len(features),):
        raise ValueError(f"a centre has one value for each of the {len(features)} indicators, not shape {z.shape}")
    # the title decides between equal deviations, so that the order of the columns does not
    order = sorted(range(len(z)), key=lambda n: (-round(abs(float(z[n])), 9), features[n].title))
    named = [n for n in order if abs(z[n]) >= NOTABLE][:most]
    if not named:
        return AVERAGE
    groups: dict[str, list[str]] = {}
    for n in named:
        groups.setdefault(_degree(float(z[n])), []).append(_named(features[n], float(z[n])))
    first = " als im Mittel der Bezirke"
    sentences = []
    for degree, titles in groups.items():
        sentences.append(f"{degree}{first}: {', '.join(titles)}.")
        first = ""
    return " ".join(sentences)


def short_name(centre: ArrayLike, features: Sequence[Feature]) -> str:
    """The two largest deviations of a type (z values by indicator) as a neutral short name.

    >>> short_name([1.2, -0.6, 0.1], [Feature("Jugendquotient"), Feature("Arbeitslose"), Feature("Ältere")])
    'Jugendquotient höher, Arbeitslose niedriger'
    """
    z = np.asarray(centre, dtype=np.float64)
    order = sorted(range(len(z)), key=lambda n: (-round(abs(float(z[n])), 9), features[n].title))
    named = [n for n in order if abs(z[n]) >= NOTABLE][:2]
    if not named:
        return "nahe am Mittel"
    return ", ".join(f"{features[n].title} {'höher' if z[n] > 0 else 'niedriger'}" for n in named)


def _degree(deviation: float) -> str:
    size = abs(deviation)
    degree = "Sehr deutlich" if size >= FAR else "Deutlich" if size >= CLEAR else "Etwas"
    return f"{degree} {'höher' if deviation > 0 else 'niedriger'}"


def _named(feature: Feature, deviation: float) -> str:
    verdict = float(judged(np.sign(deviation), feature.polarity))
    if np.isnan(verdict):
        return feature.title
    return f"{feature.title} ({'günstiger' if verdict > 0 else 'ungünstiger'})"
