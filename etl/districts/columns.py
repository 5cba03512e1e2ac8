"""Columns by the name the user typed, and their values as text."""

from __future__ import annotations

import datetime
import difflib
import math
from collections.abc import Sequence
from typing import Any

from etl.districts.wording import listed
from etl.errors import InputError, InputProblem


def pick(columns: Sequence[str], wanted: str, file: str, option: str) -> str:
    """The column called ``wanted``; upper and lower case may differ if that is unambiguous.

    Raises ``InputError`` naming the columns there are and the most similar one.
    """
    if wanted in columns:
        return wanted
    same = [c for c in columns if c.casefold().strip() == wanted.casefold().strip()]
    if len(same) == 1:
        return same[0]
    lowered = {c.casefold(): c for c in columns}
    close = difflib.get_close_matches(wanted.casefold(), list(lowered), n=1)
    guess = f" Gemeint ist vielleicht „{lowered[close[0]]}“." if close else ""
    raise InputError(
        InputProblem(
            file,
            f"die Spalte „{wanted}“ ({option}) fehlt.{guess} Vorhanden sind: {listed(columns, 40)}",
            column=wanted,
        )
    )


def as_text(value: Any) -> str | None:
    """A cell as trimmed text, ``None`` if empty. Whole numbers lose the ``.0`` that dBase and Excel give them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if math.isnan(value):  # how tables say empty
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return str(value).strip() or None
