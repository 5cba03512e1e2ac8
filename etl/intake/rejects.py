"""Rejected rows while a file is read: every fault is kept, every row is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from etl.errors import InputError, InputProblem
from etl.intake.wording import counted, thousands

MAX_SHARE = 0.2
"""A file with more wrong rows than this is refused as a whole: then the file is wrong, not some of its rows."""

MAX_VALUE = 80
SCHEMA = {"line": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
EXAMPLES = 5


@dataclass
class Rejects:
    """Faults found so far, as frames with line, column, value and reason."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, faults: pl.DataFrame) -> None:
        """Add faults; the frame has the columns of ``SCHEMA``."""
        if len(faults):
            shown = pl.col("value").str.slice(0, MAX_VALUE)
            self.frames.append(faults.select(*SCHEMA).with_columns(shown).cast(SCHEMA))  # type: ignore[arg-type]

    def add_rows(self, rows: Sequence[tuple[int, str | None, str | None, str]]) -> None:
        """Add faults given as tuples."""
        self.add(pl.DataFrame(list(rows), schema=SCHEMA, orient="row"))

    def table(self) -> pl.DataFrame:
        """All faults in the order of lines."""
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self.frames]).sort("line", maintain_order=True)

    def top(self, table: pl.DataFrame) -> list[tuple[str, str | None, int]]:
        """Reason, column and number of the most frequent faults."""
        groups = table.group_by("reason", "column").len().sort(["len", "reason"], descending=[True, False]).head(8)
        return [(str(r), c, int(n)) for r, c, n in groups.iter_rows()]

    def refuse(self, file: str, read: int, accepted: int) -> None:
        """Raise InputError where no row or too small a share of the rows can be used."""
        table = self.table()
        wrong = table["line"].n_unique()
        if accepted and wrong <= MAX_SHARE * read:
            return
        if read == 0:
            raise InputError(InputProblem(file, "die Datei enthält keine Zeilen unter den Spaltennamen"))
        share = f"{thousands(round(100 * wrong / read, 1))} %"
        if accepted:
            reason = (
                f"{counted(wrong, 'Zeile', 'Zeilen')} von {thousands(read)} ({share}) sind falsch; bei mehr als "
                f"{MAX_SHARE:.0%} wird die ganze Datei abgelehnt".replace("%;", " %;").replace("20%", "20 %")
            )
        else:
            reason = f"keine der {counted(read, 'Zeile', 'Zeilen')} ist verwendbar"
        problems = [InputProblem(file, reason)]
        for why, column, number in self.top(table)[:EXAMPLES]:
            rows = table.filter(pl.col("reason") == why)
            first = rows.row(0, named=True)
            again = f" (in {counted(number, 'Zeile', 'Zeilen')})" if number > 1 else ""
            problems.append(
                InputProblem(file, f"{why}{again}", line=int(first["line"]), column=column, value=first["value"])
            )
        raise InputError(*problems)
