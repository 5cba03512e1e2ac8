"""Writes one file after the other and keeps the entries of the manifest and the true figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from etl.sample import files
from etl.sample.city import City
from etl.sample.dirt import Planted
from etl.sample.manifest import FileEntry, sha256


class Writer:
    """The folder that is being filled."""

    def __init__(
        self, folder: Path, city: City, years: Sequence[int], progress: Callable[[str], None] | None = None
    ) -> None:
        self.folder = folder
        self.years = tuple(years)
        """All years of the sample in order."""
        self.city = city
        self.progress = progress
        self.entries: list[FileEntry] = []
        self.figures: dict[int, dict[str, int]] = {}
        """True figures by year, see :meth:`truth`."""

    def _say(self, name: str) -> None:
        if self.progress:
            self.progress(f"{name} geschrieben")

    def truth(self, year: int, figures: Mapping[str, int]) -> None:
        """Remember true figures of a year for the manifest (``truth[year].figures``), by measure-like code."""
        self.figures.setdefault(year, {}).update({code: int(value) for code, value in figures.items()})

    def add(self, name: str, role: str, rows: int | None = None, **more: object) -> None:
        """Enter a file that already stands in the folder; ``more`` are fields of ``FileEntry``."""
        self.entries.append(FileEntry(name, role, sha256(self.folder / name), rows, **more))  # type: ignore[arg-type]
        self._say(name)

    def records(
        self, source: str, form: str, date: str, rows: pl.DataFrame, planted: list[Planted] | None = None, *,
        encoding: str = "utf-8", deliver: bool = True, count: str | None = None, total: int | None = None,
        unlocated: int | None = None, note: str | None = None,
    ) -> None:  # fmt: skip
        """Write a records file ``<source>_<form>_<year>_synthetisch.csv`` of the ISO ``date`` and enter it.

        ``rows`` (all columns text) hold the ``planted`` faulty rows already. ``count`` names the count column, from
        which ``total``, what the sound rows add up to, follows where it is not given.
        """
        planted = planted or []
        if total is None and count is not None:
            bad = [p.line - 2 for p in planted]
            good = rows.with_row_index("@").filter(~pl.col("@").is_in(bad))
            total = int(good[count].cast(pl.Int64).sum())
        name = f"{source}_{form}_{date[:4]}_synthetisch.csv"
        files.write_csv(self.folder / name, rows, encoding)
        self.add(
            name,
            "records",
            len(rows),
            source=source,
            form=form,
            reference_date=date,
            encoding=encoding,
            declared_encoding=encoding,
            deliver=deliver,
            total=total,
            unlocated=unlocated,
            rejected_rows=len(planted),
            planted=planted,
            note=note,
        )
