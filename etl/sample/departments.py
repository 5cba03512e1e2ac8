"""Who writes which files of the sample: a writer more is one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

EACH_YEAR: tuple[Callable[[Writer, Snapshot], None], ...] = ()
"""Called once a year in this order, from ``plan.REPORT_FROM`` on."""
ALL_YEARS: tuple[Callable[[Writer, Sequence[Snapshot]], None], ...] = ()
"""Called once at the end with the snapshots of all years, for files that hold a series."""
