"""Reads the departments' files of a sample back, for the tests of these files."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl

from etl.sample import SampleManifest
from etl.sample.manifest import FileEntry

ADDRESS = ["strassenschluessel", "hausnummer", "zusatz"]
COLUMNS = {
    "gebaeude": ["gebaeudeart", "wohnflaeche_je_wohnung", "wohnungen"],
    "bautaetigkeit": ["vorgang", "gebaeudeart", "wohnungen"],
    "sozialwohnungen": ["bindungsende", "wohnungen"],
    "sgb12": ["kapitel", "altersgruppe", "einrichtung", "anzahl"],
    "wohngeld": ["haushaltsgroesse", "anzahl"],
    "asylblg": ["unterkunft", "anzahl"],
    "bildung_teilhabe": ["alter", "anzahl"],
    "jugendhilfe": ["hilfeart", "alter", "anzahl"],
    "uvg": ["alter", "anzahl"],
    "jugendeinrichtungen": ["einrichtung_nr", "einrichtungsart", "plaetze"],
    "kita_betreuung": ["alter", "stunden", "familiensprache", "art", "anzahl"],
    "kita_plaetze": ["einrichtung_nr", "altersbereich", "plaetze"],
    "schuleingang": [
        "untersucht", "sprachbefund", "gewicht", "heft", "frueherkennung", "zurueckgestellt", "anzahl",
    ],
    "schuluebergaenge": ["schulart", "anzahl"],
    "ganztag_grundschule": ["angebot", "anzahl"],
}  # fmt: skip
"""Columns behind the reference date and the address of every counted file, the count last."""


def counted(manifest: SampleManifest, source: str | None = None) -> list[FileEntry]:
    """The departments' counted files, of one source if it is named."""
    wanted = COLUMNS if source is None else {source}
    return [f for f in manifest.deliveries("gezaehlt") if f.source in wanted]


def rows(folder: Path, entry: FileEntry) -> pl.DataFrame:
    """A text file with one header line; every column is text."""
    lines = list(
        csv.reader((folder / entry.name).read_bytes().decode(entry.encoding or "").splitlines(), delimiter=";")
    )
    return pl.DataFrame(lines[1:], schema=lines[0], orient="row")


def sound(folder: Path, entry: FileEntry) -> pl.DataFrame:
    """The rows without the planted faults."""
    bad = [p.line - 2 for p in entry.planted]
    return rows(folder, entry).with_row_index("@").filter(~pl.col("@").is_in(bad)).drop("@")


def of_year(folder: Path, manifest: SampleManifest, source: str, year: int) -> pl.DataFrame:
    """The sound rows of the counted file of a year, its count as the whole number ``n``."""
    (entry,) = [f for f in counted(manifest, source) if (f.reference_date or "")[:4] == str(year)]
    return sound(folder, entry).with_columns(pl.col(COLUMNS[source][-1]).cast(pl.Int64).alias("n"))


def known_addresses(folder: Path) -> pl.DataFrame:
    """Address keys of the address file."""
    with (folder / "hauskoordinaten_synthetisch.csv").open(encoding="utf-8", newline="") as stream:
        found = [(r[8], r[9], r[10]) for r in csv.reader(stream, delimiter=";")]
    return pl.DataFrame(found, schema=ADDRESS, orient="row")


def register(folder: Path, manifest: SampleManifest, year: int) -> pl.DataFrame:
    """Main residents of 31 December as person rows, with their birth date as ``born``."""
    (entry,) = [f for f in manifest.deliveries("personen") if f.reference_date == f"{year}-12-31"]
    found = sound(folder, entry).filter(pl.col("wohnungsstatus") != "N")
    return found.with_columns(pl.col("geburtsdatum").str.to_date("%d.%m.%Y").alias("born"))
