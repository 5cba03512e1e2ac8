"""Tables of official statistics (GENESIS databases) in YAML: which combination of attributes is which column."""

from __future__ import annotations

from pydantic import Field, model_validator

from etl.catalogue.base import Code, Strict

REGIONS = (
    "DINSG", "DLAND", "DLANDU", "REGBEZ", "KREISE", "KREISU", "GEMEIN", "PGEMEIN",
    "GEODL1", "GEODL3", "GEOBL1", "GEOBL3", "GEOLK1", "GEOLK3", "GEOGM1", "GEOGM2", "GEOGM3", "GEOGM4",
)  # fmt: skip
"""Codes of the variables that name a region (regionalstatistik.de, GENESIS-Online, Zensus database)."""


class GenesisVariable(Strict):
    """A classifying variable: its label, and code → label of its attributes (classic tables have labels only)."""

    label: str
    attributes: dict[str, str] = Field(min_length=1)


class GenesisColumn(Strict):
    """One column: a value variable for the attributes listed, added up; variables not named are at their total."""

    value: str = Field(description="Code of the value variable, for example BEVSTD")
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Variable → attributes to add up")


class GenesisTable(Strict):
    """What a table contains and which columns are taken from it."""

    table: str = Field(description="Code of the table, for example 12411-02-03-5")
    regions: tuple[str, ...] = Field(REGIONS, description="Codes of the variable that names the region")
    values: dict[str, str] = Field(min_length=1, description="Code of a value variable → its label")
    variables: dict[str, GenesisVariable] = Field(default_factory=dict)
    columns: dict[Code, GenesisColumn] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> GenesisTable:
        for name, column in self.columns.items():
            if column.value not in self.values:
                raise ValueError(f"„columns.{name}.value“: {column.value} steht nicht unter „values“")
            for variable, codes in column.where.items():
                if variable not in self.variables:
                    raise ValueError(f"„columns.{name}.where“: {variable} steht nicht unter „variables“")
                if strange := set(codes) - set(self.variables[variable].attributes):
                    listed = ", ".join(sorted(strange))
                    raise ValueError(f"„columns.{name}.where.{variable}“: unbekannt sind {listed}")
                if not codes or len(set(codes)) != len(codes):
                    raise ValueError(f"„columns.{name}.where.{variable}“: jede Ausprägung genau einmal nennen")
        return self
