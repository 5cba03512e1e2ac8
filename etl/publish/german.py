"""Numbers, classes and states as German readers expect them; shared by maps, legends and tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

NBSP = "\u00a0"
MINUS = "\u2212"

STATUS = {
    "gueltig": "gültig",
    "geheim": "geheim gehalten",
    "unsicher": "unsicher",
    "folgt": "folgt später",
    "fehlt": "keine Angabe",
    "nicht_sinnvoll": "nicht sinnvoll",
    "nicht_vergleichbar": "nicht vergleichbar",
}
STATUS_SHORT = {**STATUS, "geheim": "geheim", "folgt": "folgt", "fehlt": "k." + NBSP + "A."}
SHOWN = ("gueltig", "unsicher")
"""States in which there is a value."""
QUALITY = {"exakt": "exakt", "exakt_teilung": "exakt (Teilung)", "geschaetzt": "geschätzt"}
COVERAGE = {
    "geliefert": "geliefert",
    "verspaetet": "verspätet",
    "teilweise": "teilweise",
    "anteil_geheim": "zum Teil geheim gehalten",
    "geschaetzt": "geschätzt",
    "fehlt": "fehlt",
    "kleinraeumig_nicht_verfuegbar": "kleinräumig nicht verfügbar",
    "noch_nicht_faellig": "noch nicht fällig",
}
"""What there is of an indicator's data."""
COMPARED = {"hoeher": "höher", "niedriger": "niedriger", "nicht_unterscheidbar": "nicht unterscheidbar"}
"""A value's interval beside the value of the city."""
JUDGED = {"guenstiger": "günstiger", "unguenstiger": "ungünstiger", "nicht_unterscheidbar": "nicht unterscheidbar"}
"""The same, judged by the indicator's polarity."""
TREND = {"steigend": "steigend", "fallend": "fallend", "kein_trend": "kein Trend"}
POLARITY = {"gut": "hohe Werte sind günstig", "schlecht": "hohe Werte sind ungünstig", "neutral": "ohne Wertung"}

LONGEST_CLASS_UNIT = 8


def number(value: float, decimals: int) -> str:
    """``-1234.5`` as „−1.234,5“."""
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return f"{MINUS}{text}" if value < 0 and text.strip("0,.") else text


def unit_suffix(unit: str) -> str:
    """What follows a number: „ %“ with a space that does not break; nothing for an index."""
    return "" if unit in ("", "Index") else NBSP + unit


def _decimals_needed(values: Sequence[float]) -> int:
    return next(d for d in range(7) if d == 6 or all(round(v, d) == v for v in values))


def class_labels(breaks: Sequence[float], unit: str) -> list[str]:
    """„unter 12 %“, „12 bis unter 14 %“, …, „20 % und mehr“: classes are closed below and open above.

    Long units are left out, as the legend's title names them.
    """
    decimals = _decimals_needed(breaks)
    texts = [number(value, decimals) for value in breaks]
    suffix = unit_suffix(unit) if len(unit) <= LONGEST_CLASS_UNIT else ""
    between = [f"{low} bis unter {high}{suffix}" for low, high in itertools.pairwise(texts)]
    return [f"unter {texts[0]}{suffix}", *between, f"{texts[-1]}{suffix} und mehr"]
