"""Nationalities of arriving people, by the official three-digit keys, with weights that change over the years."""

from __future__ import annotations

import numpy as np

from etl.sample.geometry import Ints

GERMAN = 0

# key, weight, then years in which many more came and the factor.
_GROUPS: tuple[tuple[int, float, tuple[int, ...], float], ...] = (
    (163, 9.0, (), 1.0),  # Türkei
    (152, 14.0, (), 1.0),  # Polen
    (154, 9.0, (), 1.0),  # Rumänien
    (125, 6.0, (), 1.0),  # Bulgarien
    (130, 5.0, (), 1.0),  # Kroatien
    (170, 3.0, (), 1.0),  # Serbien
    (134, 3.5, (), 1.0),  # Griechenland
    (137, 4.0, (), 1.0),  # Italien
    (161, 3.0, (), 1.0),  # Spanien
    (153, 3.0, (), 1.0),  # Portugal
    (129, 1.5, (), 1.0),  # Frankreich
    (168, 2.0, (), 1.0),  # Vereinigtes Königreich
    (160, 4.0, (), 1.0),  # Russische Föderation
    (166, 3.0, (2022, 2023), 9.0),  # Ukraine
    (475, 5.0, (2015, 2016, 2017), 4.0),  # Syrien
    (423, 6.0, (2015, 2016, 2021), 2.5),  # Afghanistan
    (438, 3.0, (2015, 2016), 2.0),  # Irak
    (439, 3.5, (), 1.0),  # Iran
    (436, 4.0, (2021, 2022, 2023, 2024, 2025), 2.0),  # Indien
    (479, 2.0, (), 1.0),  # China
    (476, 1.0, (), 1.0),  # Thailand
    (998, 0.5, (), 1.0),  # ungeklärt
)


def foreign_keys(rng: np.random.Generator, year: int, count: int) -> Ints:
    """Keys of ``count`` foreign nationals who arrive in ``year``."""
    weights = np.array([w * (factor if year in peak else 1.0) for _, w, peak, factor in _GROUPS])
    keys = np.array([key for key, *_ in _GROUPS], dtype=np.int64)
    return rng.choice(keys, count, p=weights / weights.sum())
