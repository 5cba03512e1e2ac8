"""Age groups as products read and name them."""

from __future__ import annotations

import re

AGE_GROUP = re.compile(r"a(\d{2})_(\d{2}|plus)")
"""Codes of groups of five years: „a05_10“ are those from 5 to under 10, „a85_plus“ all others."""


def age_label(group: str) -> str:
    """„a00_05“ as „0–4“, „a05_10“ as „5–9“, „a85_plus“ as „85+“. Raises ValueError if it is no code of an age group."""
    found = AGE_GROUP.fullmatch(group)
    if found is None:
        raise ValueError(group)
    first, after = found.groups()
    return f"{int(first)}+" if after == "plus" else f"{int(first)}–{int(after) - 1}"
