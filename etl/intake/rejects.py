"""Rejected rows while a file is read: every fault is kept, every row is counted once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from etl.errors import InputError, InputProblem
from etl.intake.wording import counted, thousands

MAX_SHARE = 0.2
"""A file with more wrong rows than this is refused as a whole: then the file is wrong, not some of its rows."""

MAX_VALUE = 80
HELD = 200_000
"""Faults held in memory; more than these are passed on while the file is still being read."""

_KINDS = 1_000
"""Kinds of faults (reason and column) whose numbers are kept; a file has seldom more than ten."""

SCHEMA = {"line": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
EXAMPLES = 5


@dataclass
class Rejects:
    """Faults found so far: line, column, value and reason.

    ``sink`` takes faults that are too many to hold; without it all are held. All faults of a line must be added before
    ``HELD`` is exceeded or in one call, so that the line is counted once.
    """

    sink: Callable[[pl.DataFrame], None] | None = None
    frames: list[pl.DataFrame] = field(default_factory=list)
    _held: int = 0
    _passed_lines: int = 0
    _passed_kinds: pl.DataFrame | None = None

    def add(self, faults: pl.DataFrame) -> None:
        """Add faults; the frame has the columns of ``SCHEMA``."""
        if not len(faults):
            return
        shown = pl.col("value").str.slice(0, MAX_VALUE)
        self.frames.append(faults.select(*SCHEMA).with_columns(shown).cast(SCHEMA))  # type: ignore[arg-type]
        self._held += len(faults)
        if self.sink is not None and self._held > HELD:
            self.pass_on()

    def add_rows(self, rows: Sequence[tuple[int, str | None, str | None, str]]) -> None:
        """Add faults given as tuples."""
        if rows:
            self.add(pl.DataFrame(list(rows), schema=SCHEMA, orient="row"))

    def table(self) -> pl.DataFrame:
        """The faults held, in the order of lines."""
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self.frames]).sort("line", maintain_order=True)

    def pass_on(self) -> None:
        """Give what is held to the sink; numbers and examples stay."""
        table = self.table()
        if self.sink is None or table.is_empty():
            return
        self._passed_kinds, self._passed_lines = self.kinds().head(_KINDS), self.lines
        self.frames, self._held = [], 0
        self.sink(table)

    @property
    def lines(self) -> int:
        """Number of lines with at least one fault."""
        return self._passed_lines + self.table()["line"].n_unique()

    def kinds(self) -> pl.DataFrame:
        """Kinds of faults, most frequent first: reason, column, number, and line and value of the first of them."""
        held = (
            self.table()
            .group_by("reason", "column")
            .agg(pl.len().cast(pl.Int64).alias("number"), pl.col("line").first(), pl.col("value").first())
        )
        if self._passed_kinds is not None:
            both = pl.concat([self._passed_kinds, held.select(self._passed_kinds.columns)]).sort("line")
            held = both.group_by("reason", "column").agg(
                pl.col("number").sum(), pl.col("line").first(), pl.col("value").first()
            )
        return held.sort(["number", "reason"], descending=[True, False])

    def top(self) -> list[tuple[str, str | None, int]]:
        """Reason, column and number of the most frequent faults."""
        return [
            (str(r), c, int(n)) for r, c, n in self.kinds().select("reason", "column", "number").head(8).iter_rows()
        ]

    def refuse(self, file: str, read: int, accepted: int) -> None:
        """Raise InputError where no row or too small a share of the rows can be used."""
        wrong = self.lines
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
        for kind in self.kinds().head(EXAMPLES).iter_rows(named=True):
            number = int(kind["number"])
            again = f" (in {counted(number, 'Zeile', 'Zeilen')})" if number > 1 else ""
            why, line = f"{kind['reason']}{again}", int(kind["line"])
            problems.append(InputProblem(file, why, line=line, column=kind["column"], value=kind["value"]))
        raise InputError(*problems)
