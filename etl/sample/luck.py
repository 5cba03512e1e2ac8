"""Luck that stays with a person: random numbers made from the person number, without any generator state."""

from __future__ import annotations

import numpy as np

from etl.sample.geometry import Bools, Floats, Ints


def luck(pid: Ints, seed: int, topic: int) -> Floats:
    """A number between 0 and 1 that stays with the person over the years (SplitMix64 of the person number)."""
    with np.errstate(over="ignore"):
        z = pid.astype(np.uint64) + np.uint64((seed * 1_000_003 + topic) % 2**32) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / float(2**53)


def strikes(pid: Ints, seed: int, topic: int, chance: Floats, moment: float, *, drift: float = 0.02) -> Bools:
    """Whether something of that chance holds for each person at a moment (years; 2015.0 is 31.12.2015).

    Luck drifts by ``drift`` a year, so that with a chance c it stays with a person for about c / drift years and the
    counts of neighbouring years resemble each other.
    """
    found: Bools = (luck(pid, seed, topic) + drift * (moment - 2015.0)) % 1.0 < chance
    return found
