"""Small helpers for German texts: numbers, proposals after a misspelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def thousands(number: float) -> str:
    """A number as the office writes it: ``84.119`` or ``3,5``."""
    text = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
    return text.translate(str.maketrans(",.", ".,"))


def counted(number: int, one: str, many: str) -> str:
    """``1 Zeile`` or ``2 Zeilen``."""
    return f"{thousands(number)} {one if number == 1 else many}"


def _folded(word: str) -> str:
    return word.casefold().translate(_UMLAUTS)


def similar(word: str, known: Iterable[str]) -> str | None:
    """The known word that resembles ``word`` most, ignoring case and ``ae`` for ``ä``, or None."""
    folded = {_folded(k): k for k in known}
    close = difflib.get_close_matches(_folded(word), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None
