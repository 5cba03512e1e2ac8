"""Footnote marks behind names and numbers: ``Glashütte 1)``, ``123 ¹``."""

from __future__ import annotations

import re

_RAISED = "¹²³⁰⁴⁵⁶⁷⁸⁹"
_MARK = re.compile(
    rf"^(?P<rest>.*\S)(?:\s+(?P<mark>(?:\d{{1,2}}|[a-z]|\*{{1,3}})\))|\s*(?P<raised>[{_RAISED}]+\)?))$", re.DOTALL
)
_UNIT = re.compile(r"(?:^|[\s(/])[a-zµ]{1,3}[²³]$")


def split_mark(text: str) -> tuple[str, str]:
    """The text without a footnote mark at its end, and the mark; an empty mark where there is none.

    A mark is a number, small letter or asterisks with a closing bracket after a blank, or raised figures. A bracket
    that closes one opened before (``Gebiet (Teil 1)``) is no mark, and neither is the square of a unit (``m²``).
    """
    match = _MARK.match(text)
    if match is None:
        return text, ""
    rest, mark = match["rest"].rstrip(), match["mark"] or match["raised"]
    if mark.endswith(")") and rest.count("(") > rest.count(")"):
        return text, ""
    if match["raised"] and _UNIT.search(text):
        return text, ""
    return rest, mark
