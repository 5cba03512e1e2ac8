"""Writes the whole sample into a folder: geodata, addresses, the files of every year, series, manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from etl.errors import SozialberichtError
from etl.sample import files, plan, register_files
from etl.sample.city import build_city
from etl.sample.departments import ALL_YEARS, EACH_YEAR
from etl.sample.facilities import facilities
from etl.sample.families import families
from etl.sample.manifest import SampleManifest, YearFigures, program
from etl.sample.readme import write_readme
from etl.sample.register import extract
from etl.sample.register_files import year_figures
from etl.sample.simulation import Simulation, simulate
from etl.sample.situation import situation
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

UNEMPLOYED = "arbeitslose_stadtteile"
SERIES = tuple(range(plan.REPORT_FROM - 1, plan.LAST_YEAR + 1))


def _geodata(writer: Writer) -> None:
    name = "stadtgebiet_synthetisch.gpkg"
    files.write_geopackage(writer.folder / name, writer.city)
    writer.add(name, "boundaries")
    name = "hauskoordinaten_synthetisch.csv"
    rows = files.write_house_coordinates(writer.folder / name, writer.city)
    writer.add(name, "addresses", rows, encoding="utf-8")
    for kind in ("kita", "schule"):
        name = f"einrichtungen_{kind}_synthetisch.csv"
        table = facilities(writer.city, kind)
        files.write_csv(writer.folder / name, table, "utf-8")
        writer.add(name, "facilities", len(table), form=kind, encoding="utf-8")


def _area_table(writer: Writer, by_year: dict[int, dict[int, int]]) -> None:
    table = files.area_table(by_year)
    stem = f"{UNEMPLOYED}_synthetisch"
    files.write_area_csv(writer.folder / f"{stem}.csv", table)
    files.write_area_xlsx(writer.folder / f"{stem}.xlsx", table)
    for form in ("csv", "xlsx"):
        writer.add(f"{stem}.{form}", "area_table", len(table) - 1, source=UNEMPLOYED, form=form, deliver=form == "csv")


def _check(years: tuple[int, ...], scale: float) -> None:
    if not years or min(years) <= plan.FIRST_YEAR or max(years) > plan.LAST_YEAR:
        raise SozialberichtError(
            f"Die Beispielstadt gibt es für die Jahre {plan.FIRST_YEAR + 1} bis {plan.LAST_YEAR}, nicht für {years}."
        )
    if not 0.02 <= scale <= 1.5:
        raise SozialberichtError(f"Der Maßstab muss zwischen 0,02 und 1,5 liegen, nicht {scale}.")


def _years(writer: Writer, years: tuple[int, ...]) -> tuple[dict[int, YearFigures], list[Snapshot]]:
    """Write what is written year by year; the true figures, and the snapshots of the years with all files."""
    city = writer.city
    simulation = Simulation(city)
    truth: dict[int, YearFigures] = {}
    snapshots: list[Snapshot] = []
    for state in simulate(simulation, years):
        data = extract(city, simulation.homes, state.year, state.people)
        truth[state.year] = year_figures(city, state, data)
        register_files.counted(writer, data)
        if state.year < plan.REPORT_FROM:
            continue
        register_files.persons(writer, data)
        homes = families(data)
        snapshots.append(Snapshot(city, simulation.homes, state, data, homes, situation(city, data, homes)))
        for department in EACH_YEAR:
            department(writer, snapshots[-1])
    return truth, snapshots


def write_sample(
    folder: Path,
    *,
    seed: int = 1,
    years: tuple[int, ...] = SERIES,
    scale: float = 1.0,
    progress: Callable[[str], None] | None = None,
) -> SampleManifest:
    """Write the sample city and return its manifest; the same arguments give the same bytes.

    ``scale`` 1 is the whole city of about 84,000 persons; 0.05 a small one for tests. Files of the same name in
    ``folder`` are replaced.

    Raises:
        SozialberichtError: a year or the scale is out of range.
    """
    years = tuple(sorted(set(years)))
    _check(years, scale)
    folder.mkdir(parents=True, exist_ok=True)
    city = build_city(seed, scale)
    if progress:
        progress(f"Stadt gezeichnet: {len(city.blocks)} Blöcke, {len(city.addresses)} Adressen")
    writer = Writer(folder, city, years, progress)
    _geodata(writer)
    truth, snapshots = _years(writer, years)
    _area_table(writer, {s.year: truth[s.year].unemployed for s in snapshots})
    for series in ALL_YEARS if snapshots else ():
        series(writer, snapshots)
    truth = {year: replace(found, figures=writer.figures.get(year, {})) for year, found in truth.items()}
    write_readme(writer)
    manifest = SampleManifest(
        seed=seed,
        scale=scale,
        years=years,
        files=writer.entries,
        truth=truth,
        blocks=len(city.blocks),
        addresses=int((~city.addresses.missing).sum()),
        streets=len(city.streets.key),
        program=program(),
    )
    manifest.write(folder)
    return manifest
