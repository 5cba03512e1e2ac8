"""Tables by grid cell (Zensus 2022) in YAML: which columns give which amounts, and what spreads coarse cells."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from etl.catalogue.base import Code, Strict


class GridAmount(Strict):
    """An amount of a cell, from headings of the tables: count × shares in percent × means.

    ``shares`` are percentages of what was there before, ``less`` percentages that are taken away, ``times`` means by
    which the count is multiplied (a mean rent, so that means of areas are weighted right).
    """

    count: str = Field(description="Heading of the number (dwellings, persons)")
    shares: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    size: Literal[100, 1000, 10000] | None = Field(None, description="Cell size in metres; default: the form's")
    by: str | None = Field(
        None, description="Heading of a finer table whose numbers spread the cell (dasymetric); default: evenly"
    )

    @property
    def headings(self) -> tuple[str, ...]:
        """All headings of the cell's own size that it needs."""
        return (self.count, *self.shares, *self.less, *self.times)


class GridForm(Strict):
    """Several tables of one grid in one archive, joined by cell and brought to blocks as estimates.

    The tables of the Zensus are perturbed cell by cell: their sums do not add up, so what comes out are estimates.
    ``amounts``: column code (for measures) → amount. ``fill``: headings of shares whose withheld cells get what the
    1-km cell around them leaves over (where the archive has that table), else its mean, else that of the whole file,
    weighted by the count; without it the cell is left out.
    """

    kind: Literal["grid"]
    name: Code
    size: Literal[100, 1000, 10000] = 100
    epsg: int = Field(3035, description="Coordinate system of the cells")
    decimal: Literal[",", "."] = ","
    withheld: tuple[str, ...] = Field(("–", "-", ".", "*"), description="Signs of a cell that is not given")
    mark: str = Field("werterlaeuternde_Zeichen", description="Heading of the column with marks of the value")
    weak: tuple[str, ...] = Field(("KLAMMERN",), description="Marks of limited reliability")
    amounts: dict[Code, GridAmount] = Field(min_length=1)
    fill: tuple[str, ...] = ()
    weights: Literal["addresses", "buildings", "area"] = Field(
        "addresses", description="What divides a cell among the blocks it meets; always by area where there is none"
    )
    assumed: bool = Field(False, description="The layout is not public: it is assumed, and only mapped here")

    @model_validator(mode="after")
    def _sound(self) -> GridForm:
        shares = {h for a in self.amounts.values() for h in (*a.shares, *a.less)}
        if strange := set(self.fill) - shares:
            raise ValueError(f"„fill“: {', '.join(sorted(strange))} steht bei keinem Wert unter „shares“ oder „less“")
        return self

    def column_codes(self) -> set[str]:
        """The codes that measures of this source may refer to."""
        return set(self.amounts)
