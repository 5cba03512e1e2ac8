"""Which views are exported, and how a cell becomes text that no spreadsheet program runs as a formula."""

from __future__ import annotations

import polars as pl

from etl.publish.source import Source, View

NOT_EXPORTED = frozenset({"eigene_lieferung"})
"""Views that show each reader something else."""

DANGEROUS = r"^[=+\-@\t\r]"
"""How a text begins that spreadsheet programs take for a formula (OWASP, CSV injection)."""


def exported(source: Source) -> list[View]:
    """The views that go into exports, by name."""
    return [view for name, view in sorted(source.views.items()) if name not in NOT_EXPORTED]


def defused(column: pl.Expr) -> pl.Expr:
    """Texts with an apostrophe before what would be a formula."""
    return pl.when(column.str.contains(DANGEROUS)).then(pl.lit("'") + column).otherwise(column)


def as_text(frame: pl.DataFrame, *, comma: bool = True) -> pl.DataFrame:
    """All cells as text: numbers as short as they are exact, „ja“/„nein“, ISO dates, texts defused; NULL stays."""
    columns = []
    for name, kind in frame.schema.items():
        cell = pl.col(name)
        if kind.is_float():
            number = cell.cast(pl.String).str.replace(r"\.0$", "")
            columns.append(number.str.replace(".", ",", literal=True) if comma else number)
        elif kind == pl.Boolean:
            columns.append(pl.when(cell).then(pl.lit("ja")).when(~cell).then(pl.lit("nein")).alias(name))
        elif kind == pl.String:
            columns.append(defused(cell).alias(name))
        else:
            columns.append(cell.cast(pl.String))
    return frame.select(columns)
