"""How the bytes of a file become a table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from etl.catalogue.base import Strict
from etl.catalogue.statistics import GenesisTable


class FileFormat(Strict):
    """How the bytes become a table."""

    type: Literal["csv", "xlsx", "parquet", "fixed", "genesis"] = "csv"
    encoding: str = Field("utf-8", description="utf-8 (with or without BOM) or cp1252, iso-8859-1")
    separator: str = Field(";", min_length=1, max_length=1)
    decimal: Literal[",", "."] = ","
    thousands: Literal[".", ",", " ", "'", ""] = ""
    sheet: str | int = Field(0, description="Name or number (from 0) of the sheet of a workbook")
    header_row: int = Field(1, ge=1, description="Line of the column names; what stands above is a title")
    header_rows: int = Field(
        1, ge=1, le=5, description="Lines of column names from header_row on; merged cells count for all they span"
    )
    footer: str | None = Field(
        None, description="Regular expression; from the first row whose first cell it meets on, all is footnote"
    )
    columns: tuple[str, ...] = Field((), description="Names by position where the file has no header line")
    fields: dict[str, tuple[int, int]] = Field(
        default_factory=dict, description="type fixed: column name → first position (from 1) and length"
    )
    genesis: GenesisTable | None = Field(
        None, description="type genesis: the table of official statistics, in whichever of its three layouts it comes"
    )

    @model_validator(mode="after")
    def _genesis_has_its_table(self) -> FileFormat:
        if (self.type == "genesis") != (self.genesis is not None):
            raise ValueError("„genesis“ (die Tabelle) gehört zu type genesis, und nur dazu")
        return self
