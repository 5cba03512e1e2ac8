"""Signs of official tables (the statistical offices' common legend): what stands in a cell and what it means.

``-`` nothing present (a true zero); ``0`` less than half of the last digit shown, but more than nothing; ``.`` and
``•`` unknown or secret; ``/`` not reliable enough to be shown; ``…`` follows later; ``x`` blocked because it makes no
sense; ``(5)`` of limited reliability; behind a number or in a quality column ``p`` preliminary, ``r`` corrected, ``s``
estimated, ``e`` final. The same dash means withheld in the grid of the Zensus: there it is read by another module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOTHING, SECRET, UNRELIABLE, LATER, SENSELESS = "-", ".", "/", "…", "x"
SIGNS = {
    "-": NOTHING, "–": NOTHING, "—": NOTHING,
    ".": SECRET, "•": SECRET, "·": SECRET,
    "/": UNRELIABLE, "…": LATER, "...": LATER, "x": SENSELESS, "X": SENSELESS,
}  # fmt: skip
"""Sign as written → the one this reader passes on."""
ORDER = (NOTHING, SENSELESS, LATER, UNRELIABLE, SECRET)
"""A sum with a part that has no number has none itself; the last of these among its parts is its sign."""
MARKS = {"p": "vorläufig", "r": "berichtigt", "s": "geschätzt", "e": "endgültig", "()": "eingeschränkt aussagefähig"}
"""Marks of a number and their meaning for reports."""
WEAK = ("()", "s")
"""Marks that make a number unsure."""

_BRACKETS = re.compile(r"^\(\s*(?P<inner>[^()]*?)\s*\)$")
_SUFFIX = re.compile(r"^(?P<number>.*\d)\s*(?P<mark>[prs])$")
_NUMBER = re.compile(r"^[-\u2212]?\d+(?:[.,]\d+)?$")


@dataclass(frozen=True)
class Figure:
    """A cell: a number, or one of the signs, or neither (``written`` is passed on for the reader's own fault)."""

    written: str
    number: float | None = None
    sign: str | None = None
    marks: tuple[str, ...] = ()

    @property
    def weak(self) -> bool:
        """True where the number is of limited reliability or estimated."""
        return any(m in WEAK for m in self.marks)


def read_figure(written: str, quality: str, decimal: str) -> Figure:
    """Read a cell and what its quality column says (empty where there is none); ``decimal`` is the decimal sign.

    Nothing is guessed: what is neither a number nor a sign comes back as written.
    """
    text = written.replace("\u00a0", " ").strip()
    said = quality.strip()
    marks = [said] if said in MARKS else []
    sign = SIGNS.get(text) or (SIGNS.get(said) if not text else None)
    if sign is not None:
        return Figure(text or said, sign=sign, marks=tuple(m for m in marks if m != "e"))
    if text in ("()", "( )"):
        return Figure(text, sign=UNRELIABLE)
    if match := _BRACKETS.match(text):
        marks.append("()")
        text = match["inner"]
    if match := _SUFFIX.match(text):
        marks.append(match["mark"])
        text = match["number"].strip()
    other = "." if decimal == "," else ","
    if not _NUMBER.match(text) or other in text:
        return Figure(written.strip())
    number = float(text.replace("\u2212", "-").replace(decimal, "."))
    return Figure(text, number=number, marks=tuple(dict.fromkeys(marks)))


def add(figures: list[Figure], decimal: str) -> Figure:
    """The sum of figures: signs without a number win over numbers, marks of all parts stay.

    A dash counts as 0; where all parts are dashes the sum is one. What cannot be read comes back as it is.
    """
    if len(figures) == 1:
        return figures[0]
    for figure in figures:
        if figure.number is None and figure.sign is None:
            return figure
    marks = tuple(dict.fromkeys(m for f in figures for m in f.marks))
    signs = [f.sign for f in figures if f.sign is not None]
    worst = max(signs, key=ORDER.index, default=None)
    if worst is not None and (worst != NOTHING or len(signs) == len(figures)):
        return Figure(worst, sign=worst, marks=marks)
    total = float(sum(f.number or 0.0 for f in figures))
    shown = str(int(total)) if total.is_integer() else repr(round(total, 6)).replace(".", decimal)
    return Figure(shown, number=total, marks=marks)
