"""One cell of an area table: a number as agreed, a sign with a meaning, or a fault. Nothing is guessed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from etl.catalogue.sources import FileFormat, Symbol
from etl.intake.marks import split_mark
from etl.intake.wording import similar

_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_GLUED = re.compile(r"^\d[\d.,]*\)$")
NO_NUMBER = "ist keine Zahl und kein vereinbartes Zeichen"
_SIGN = re.compile(r"^([-\u2212])\s*(?=\d)")


@dataclass(frozen=True)
class Value:
    """A number with its status, a status without a number, or the German reason why neither.

    ``at_least`` and ``at_most`` bound a number that is withheld; ``mark`` is a footnote mark that was taken off.
    """

    value: float | None = None
    status: str | None = None
    fault: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    mark: str = ""


def _agreed(layout: FileFormat) -> str:
    marks = {" ": "Leerzeichen"}
    text = f"vereinbart ist Dezimalzeichen „{layout.decimal}“"
    if layout.thousands:
        return f"{text} mit Tausenderzeichen „{marks.get(layout.thousands, layout.thousands)}“"
    return f"{text} ohne Tausenderzeichen"


def _ambiguous(written: str, digits: str) -> str:
    whole = re.sub(r"[.,' ]", "", digits)
    fraction = digits.replace(".", ",")
    return f"„{written}“ ist mehrdeutig: mit Tausenderzeichen hieße es {whole}, mit Dezimalzeichen {fraction}"


def _pattern(layout: FileFormat) -> re.Pattern[str]:
    decimals = rf"(?:{re.escape(layout.decimal)}\d+)?"
    plain = rf"\d+{decimals}"
    if not layout.thousands or layout.thousands == layout.decimal:
        return re.compile(f"^{plain}$")
    return re.compile(rf"^(?:{plain}|\d{{1,3}}(?:{re.escape(layout.thousands)}\d{{3}})+{decimals})$")


_GROUPED = re.compile(r"^\d{1,3}(?:[.,' ]\d{3})+$")


def read_number(written: str, layout: FileFormat, *, integer: bool, negative: bool) -> Value:
    """Read a number strictly in the agreed notation.

    ``1.234`` where the decimal sign is a comma and no thousands sign is agreed is a fault that names both readings,
    and so is ``1,234`` where whole numbers are expected.
    """
    text = _BLANKS.sub(" ", written).strip()
    minus = _SIGN.match(text)
    digits = text[minus.end() :] if minus else text
    if not _pattern(layout).match(digits):
        if _GROUPED.match(digits):
            return Value(fault=f"{_ambiguous(text, digits)}; {_agreed(layout)}")
        if re.fullmatch(r"[\d.,' ]+", digits) and re.search(r"\d", digits):
            return Value(fault=f"ist keine Zahl in der vereinbarten Schreibweise; {_agreed(layout)}")
        return Value(fault=NO_NUMBER)
    number = float(digits.replace(layout.thousands, "").replace(layout.decimal, ".") if layout.thousands
                   else digits.replace(layout.decimal, "."))  # fmt: skip
    if not math.isfinite(number):
        return Value(fault="ist keine sinnvolle Zahl")
    if integer and not number.is_integer():
        if _GROUPED.match(digits):
            return Value(fault=f"{_ambiguous(text, digits)}; erwartet ist eine ganze Zahl, {_agreed(layout)}")
        return Value(fault="erwartet ist eine ganze Zahl")
    if integer and layout.decimal in digits and _GROUPED.match(digits):
        return Value(fault=f"{_ambiguous(text, digits)}; erwartet ist eine ganze Zahl, {_agreed(layout)}")
    if minus and number and not negative:
        return Value(fault="eine Anzahl kann nicht negativ sein")
    return Value(-number if minus and number else number, "gueltig")


def _symbol(text: str, layout: FileFormat, symbols: dict[str, Symbol]) -> Value | None:
    """The meaning of an agreed sign."""
    # a sign that is a number may come as -9 or, from a column with fractions, as -9.0
    plain = re.sub(rf"^(-?\d+){re.escape(layout.decimal)}0+$", r"\1", text)
    found = symbols.get(text) or symbols.get(plain)
    if found is None:
        return None
    return Value(found.value, found.status, at_least=found.at_least, at_most=found.at_most)


def read_cell(written: str, layout: FileFormat, symbols: dict[str, Symbol], *, integer: bool, negative: bool) -> Value:
    """Read a cell: first the source's signs, then a number; a footnote mark behind either is taken off."""
    text = written.strip()
    if (meant := _symbol(text, layout, symbols)) is not None:
        return meant
    if not text:
        return Value(fault="die Zelle ist leer, und für leere Zellen ist nichts vereinbart (symbols)")
    plain, mark = split_mark(text)
    if mark:
        found = _symbol(plain, layout, symbols) or read_number(plain, layout, integer=integer, negative=negative)
        if found.fault is None:
            return replace(found, mark=mark)
    found = read_number(text, layout, integer=integer, negative=negative)
    if found.fault is not None and _GLUED.match(text):
        return Value(fault="eine Klammer hinter der Zahl: ein Fußnotenzeichen muss von der Zahl getrennt stehen")
    if found.fault == NO_NUMBER and symbols:
        shown = ", ".join(f"„{s}“" if s else "leer" for s in symbols)
        close = similar(text, [s for s in symbols if len(s) > 2])
        hint = f"; ähnlich ist „{close}“" if close else ""
        return Value(fault=f"{found.fault} (vereinbart sind {shown}){hint}")
    return found
