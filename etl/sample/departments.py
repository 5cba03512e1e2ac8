"""Who writes which files of the sample: a writer more is one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.sample.agency import write_agency, write_commuters
from etl.sample.daycare import write_daycare
from etl.sample.housing import write_housing
from etl.sample.official import write_official
from etl.sample.official_geo import write_geo
from etl.sample.official_grid import write_grid
from etl.sample.people_files import households, movements, traits
from etl.sample.schools import write_school_series, write_schools
from etl.sample.snapshot import Snapshot
from etl.sample.welfare_files import write_welfare
from etl.sample.writer import Writer
from etl.sample.youth import write_youth

EACH_YEAR: tuple[Callable[[Writer, Snapshot], None], ...] = (
    traits,
    movements,
    households,
    write_agency,
    write_housing,
    write_welfare,
    write_youth,
    write_schools,
    write_daycare,
)
"""Called once a year in this order, from ``plan.REPORT_FROM`` on."""
ALL_YEARS: tuple[Callable[[Writer, Sequence[Snapshot]], None], ...] = (
    write_commuters,
    write_school_series,
    write_official,
    write_grid,
    write_geo,
)
"""Called once at the end with the snapshots of all years, for files that hold a series."""
