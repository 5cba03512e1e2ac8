"""German numbers and lists for messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def number(value: float, digits: int = 0) -> str:
    """A number as a German reader expects it: ``1234.5`` with one digit becomes ``1.234,5``; never ``-0``."""
    text = f"{value:,.{digits}f}"
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.translate(str.maketrans(",.", ".,"))


def area(square_metres: float) -> str:
    """An area in the unit in which it can be read: m² below one hectare, ha below one km², else km²."""
    size = abs(square_metres)
    if size < 10:
        return f"{number(square_metres, 2)} m²"
    if size < 10_000:
        return f"{number(square_metres)} m²"
    if size < 1_000_000:
        return f"{number(square_metres / 10_000, 2)} ha"
    return f"{number(square_metres / 1_000_000, 2)} km²"


def listed(items: Iterable[str], limit: int = 5) -> str:
    """The items quoted, the first ``limit`` of them, and how many more there are."""
    every: Sequence[str] = list(items)
    text = ", ".join(f"„{i}“" for i in every[:limit])
    return f"{text} und {len(every) - limit} weitere" if len(every) > limit else text


def count(n: int, one: str, many: str) -> str:
    """``1 Lücke`` or ``3 Lücken``."""
    return f"{number(n)} {one if n == 1 else many}"
