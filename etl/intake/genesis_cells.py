"""What the three layouts of GENESIS tables have in common: a value a row with time, region and attributes."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from etl.catalogue.statistics import GenesisTable
from etl.intake.csvtable import LINE
from etl.intake.rejects import Rejects

TIME, REGION, NAME, VALUE, WRITTEN, QUALITY = "§time", "§region", "§name", "§variable", "§text", "§quality"
TOTAL = ""
"""Attribute code of a variable's total."""


@dataclass
class Parts:
    """Values of a table as found in the file.

    ``cells``: line, time and region as written (region: official key where the file has one, else its name), name of
    the region, code of the value variable, one column a declared variable (``attribute``) with the attribute's code or
    ``TOTAL``, text of the cell, and text of its quality column. ``titles`` and ``notes``: line and text.
    """

    cells: pl.DataFrame
    titles: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    code: str | None = None
    rejects: Rejects = field(default_factory=Rejects)


def attribute(variable: str) -> str:
    """Name of the column with a variable's attribute."""
    return f"§v:{variable}"


def is_total(code: pl.Expr, label: pl.Expr) -> pl.Expr:
    """Whether an attribute is its variable's total: without a code, or called so."""
    called = label.str.to_lowercase().str.strip_chars().str.contains(r"^(insgesamt|total|zusammen)$")
    return (code == "") | called | code.str.to_lowercase().is_in(["insgesamt", "total"])


def official_key(code: pl.Expr) -> pl.Expr:
    """The official key of a region: 2, 5 or 8 digits; of 12 digits (ARS) the municipality's 8.

    An ARS is state 2, region 1, district 2, association 4, municipality 3 digits; the AGS leaves the association out.
    """
    text = code.str.strip_chars()
    return pl.when(text.str.contains(r"^\d{12}$")).then(text.str.slice(0, 5) + text.str.slice(9, 3)).otherwise(text)


def empty(declared: GenesisTable) -> dict[str, type[pl.DataType]]:
    """The columns of ``Parts.cells`` with their types."""
    texts = [TIME, REGION, NAME, VALUE, *(attribute(v) for v in declared.variables), WRITTEN, QUALITY]
    return {LINE: pl.Int64, **dict.fromkeys(texts, pl.String)}
