"""Writes the whole sample into a folder: geodata, addresses, register series, area table, manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from etl.errors import SozialberichtError
from etl.sample import files, plan
from etl.sample.city import City, build_city, generator
from etl.sample.dirt import Planted, soil_counted_rows, soil_person_rows
from etl.sample.facilities import facilities
from etl.sample.labour import unemployed_by_stadtteil
from etl.sample.manifest import NOTICE, FileEntry, Persons, SampleManifest, YearFigures, sha256
from etl.sample.nationalities import GERMAN
from etl.sample.people import Sex
from etl.sample.register import Extract, counted_rows, extract, person_rows, without_part
from etl.sample.simulation import Simulation, Year, simulate

REGISTER, UNEMPLOYED = "einwohner_bestand", "arbeitslose_stadtteile"
COUNTED, PERSONS = "gezaehlt", "personen"
WRONG_ENCODING_YEAR = 2019
"""The counted file of this year comes as cp1252 although UTF-8 is agreed; a corrected file follows."""
WRONG_CONTENT_YEAR = 2024
"""The counted file of this year lacks half a Stadtteil; a corrected file supersedes it."""
SERIES = tuple(range(2015, plan.LAST_YEAR + 1))

_README = """Beispielstadt {city} (synthetisch)
{line}

{notice}

Dieser Ordner enthält die Dateien so, wie eine Stadt sie geliefert bekäme:

stadtgebiet_synthetisch.gpkg              Stadt, Stadtteile, Baublöcke, Straßen, Bahn, Gewässer (EPSG:25832)
hauskoordinaten_synthetisch.csv           Adresspunkte im Aufbau der Hauskoordinaten (HK-DE)
einrichtungen_kita_synthetisch.csv        Kindertagesstätten
einrichtungen_schule_synthetisch.csv      Schulen
einwohner_bestand_gezaehlt_JJJJ_...       Einwohner am 31.12., gezählt nach Adresse, Alter, Geschlecht, Nationalität
einwohner_bestand_personen_JJJJ_...       dieselben Einwohner, eine Zeile je Person (ohne Namen)
arbeitslose_stadtteile_synthetisch...     Arbeitslose nach Stadtteilen, als CSV und als Arbeitsmappe
manifest.yaml                             was in den Dateien steht und welche Fehler absichtlich darin sind

Absichtlich enthalten: unbekannte Adressen, doppelte und fehlerhafte Zeilen, eine Datei in falscher Kodierung
({encoding_year}) und eine unvollständige Datei ({content_year}); zu beiden gibt es eine berichtigte.

Erzeugt mit: ./sozialbericht sample ORDNER --seed {seed} --scale {scale}
"""


def _persons(data: Extract) -> Persons:
    main = data.people.main_residence
    where = data.stadtteil[main]
    counts = {part.number: int((where == part.number).sum()) for part in plan.STADTTEILE}
    return Persons(int(main.sum()), counts, int((where == 0).sum()))


def _figures(city: City, state: Year, data: Extract) -> YearFigures:
    p = data.people.take(data.people.main_residence)
    group = np.searchsorted(plan.AGE_BOUNDS, p.age_on(data.year), side="right") - 1
    ends = [*(f"{a}-{b - 1}" for a, b in zip(plan.AGE_BOUNDS, plan.AGE_BOUNDS[1:], strict=False)), "65+"]
    m = state.movements
    return YearFigures(
        persons=_persons(data),
        age_groups={label: int((group == i).sum()) for i, label in enumerate(ends)},
        female=int((p.sex == Sex.FEMALE).sum()),
        foreign=int((p.nationality != GERMAN).sum()),
        secondary=int((~data.people.main_residence).sum()),
        births=m.births,
        deaths=m.deaths,
        arrivals=m.arrivals,
        departures=m.departures,
        moves_within=m.moves_within,
        unemployed=unemployed_by_stadtteil(city, data),
    )


class _Writer:
    """Writes one file after the other and keeps the entries of the manifest."""

    def __init__(self, folder: Path, city: City, progress: Callable[[str], None] | None) -> None:
        self.folder = folder
        self.city = city
        self.progress = progress
        self.entries: list[FileEntry] = []

    def _say(self, name: str) -> None:
        if self.progress:
            self.progress(f"{name} geschrieben")

    def add(self, name: str, role: str, rows: int | None = None, **more: object) -> None:
        self.entries.append(FileEntry(name, role, sha256(self.folder / name), rows, **more))  # type: ignore[arg-type]
        self._say(name)

    def geodata(self) -> None:
        name = "stadtgebiet_synthetisch.gpkg"
        files.write_geopackage(self.folder / name, self.city)
        self.add(name, "boundaries")
        name = "hauskoordinaten_synthetisch.csv"
        rows = files.write_house_coordinates(self.folder / name, self.city)
        self.add(name, "addresses", rows, encoding="utf-8")
        for kind in ("kita", "schule"):
            name = f"einrichtungen_{kind}_synthetisch.csv"
            table = facilities(self.city, kind)
            files.write_csv(self.folder / name, table, "utf-8")
            self.add(name, "facilities", len(table), form=kind, encoding="utf-8")

    def _register(
        self, data: Extract, form: str, rows: pl.DataFrame, planted: list[Planted], *,
        encoding: str, declared: str, corrected: bool = False, refused: bool = False, note: str | None = None,
    ) -> None:  # fmt: skip
        stem = f"{REGISTER}_{form}_{data.year}_synthetisch"
        name = f"{stem}_berichtigt.csv" if corrected else f"{stem}.csv"
        files.write_csv(self.folder / name, rows, encoding)
        self.add(
            name,
            "register",
            len(rows),
            source=REGISTER,
            form=form,
            reference_date=f"{data.year}-12-31",
            encoding=encoding,
            declared_encoding=declared,
            edition=2 if corrected else 1,
            supersedes=f"{stem}.csv" if corrected else None,
            outcome="refused" if refused else "accepted",
            note=note,
            persons=None if refused else _persons(data),
            secondary_rows=int((~data.people.main_residence).sum()) if form == PERSONS else 0,
            rejected_rows=len(planted),
            planted=planted,
        )

    def counted(self, data: Extract) -> None:
        """The counted file of a year, and in two years a faulty one before it."""
        rng = generator(self.city.seed, 100_000 + data.year)
        clean = counted_rows(self.city, data)
        if data.year == WRONG_ENCODING_YEAR:
            note = "In cp1252 statt UTF-8 geliefert; wird als Ganzes abgelehnt."
            self._register(data, COUNTED, clean, [], encoding="cp1252", declared="utf-8", refused=True, note=note)
        elif data.year == WRONG_CONTENT_YEAR:
            partial, note = without_part(self.city, data)
            rows = counted_rows(self.city, partial)
            self._register(partial, COUNTED, rows, [], encoding="utf-8", declared="utf-8", note=note)
        else:
            rows, planted = soil_counted_rows(rng, clean, data.year)
            self._register(data, COUNTED, rows, planted, encoding="utf-8", declared="utf-8")
            return
        self._register(data, COUNTED, clean, [], encoding="utf-8", declared="utf-8", corrected=True)

    def persons(self, data: Extract) -> None:
        rng = generator(self.city.seed, 200_000 + data.year)
        rows, planted = soil_person_rows(rng, person_rows(self.city, data), data.year)
        self._register(data, PERSONS, rows, planted, encoding="cp1252", declared="cp1252")

    def area_table(self, by_year: dict[int, dict[int, int]]) -> None:
        table = files.area_table(by_year)
        stem = f"{UNEMPLOYED}_synthetisch"
        files.write_area_csv(self.folder / f"{stem}.csv", table)
        files.write_area_xlsx(self.folder / f"{stem}.xlsx", table)
        for form in ("csv", "xlsx"):
            self.add(f"{stem}.{form}", "area_table", len(table) - 1, source=UNEMPLOYED, form=form)

    def readme(self) -> None:
        title = f"Beispielstadt {plan.CITY_NAME} (synthetisch)"
        text = _README.format(
            city=plan.CITY_NAME,
            line="=" * len(title),
            notice=NOTICE,
            encoding_year=WRONG_ENCODING_YEAR,
            content_year=WRONG_CONTENT_YEAR,
            seed=self.city.seed,
            scale=self.city.scale,
        )
        (self.folder / "LIESMICH.txt").write_text(text, encoding="utf-8")
        self.add("LIESMICH.txt", "readme")


def _check(years: tuple[int, ...], scale: float) -> None:
    if not years or min(years) <= plan.FIRST_YEAR or max(years) > plan.LAST_YEAR:
        raise SozialberichtError(
            f"Die Beispielstadt gibt es für die Jahre {plan.FIRST_YEAR + 1} bis {plan.LAST_YEAR}, nicht für {years}."
        )
    if not 0.02 <= scale <= 1.5:
        raise SozialberichtError(f"Der Maßstab muss zwischen 0,02 und 1,5 liegen, nicht {scale}.")


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
    writer = _Writer(folder, city, progress)
    writer.geodata()
    simulation = Simulation(city)
    truth: dict[int, YearFigures] = {}
    for state in simulate(simulation, years):
        data = extract(city, simulation.homes, state.year, state.people)
        truth[state.year] = _figures(city, state, data)
        writer.counted(data)
        writer.persons(data)
    writer.area_table({year: figures.unemployed for year, figures in truth.items()})
    writer.readme()
    manifest = SampleManifest(
        seed=seed,
        scale=scale,
        years=years,
        files=writer.entries,
        truth=truth,
        blocks=len(city.blocks),
        addresses=int((~city.addresses.missing).sum()),
        streets=len(city.streets.key),
    )
    manifest.write(folder)
    return manifest
