"""The people's files through the real intake: what is counted is what the manifest says, in all forms."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.districts.addresses import load_addresses
from etl.districts.blocks import load_blocks
from etl.districts.load import Request, load_boundaries
from etl.districts.prepare import Options
from etl.districts.versions import NewVersion
from etl.intake.deliver import deliver
from etl.sample import SampleManifest
from etl.sample.manifest import FileEntry
from tests.sample.conftest import YEARS

GEODATA = "stadtgebiet_synthetisch.gpkg"
LAST = max(YEARS)
PEOPLE = ("einwohner_merkmale", "einwohner_bewegung", "haushalte")


@pytest.fixture
def town(db: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest) -> Engine:
    """Database with the sample's Stadtteile, blocks and addresses."""
    version = NewVersion("beispiel", "Beispiel", synthetic=True)
    with db.begin() as connection:
        for layer, level, key in (("stadt", "stadt", "ags"), ("stadtteile", "stadtteil", "stadtteil_nr")):
            options = Options(key, "name", None, layer, mend=True)
            load_boundaries(connection, catalogue.city, Request(folder / GEODATA, level, version, options))
        options = Options("block_nr", None, "stadtteil_nr", "bloecke", mend=True)
        load_blocks(connection, catalogue.city, Request(folder / GEODATA, "block", version, options))
        load_addresses(connection, catalogue.city, folder / "hauskoordinaten_synthetisch.csv", synthetic=True)
    return db


def _entries(manifest: SampleManifest, source: str) -> list[FileEntry]:
    return [f for f in manifest.files if f.source == source and (f.reference_date or "").startswith(str(LAST))]


def _take_in(
    connection: Connection, catalogue: Catalogue, folder: Path, entry: FileEntry
) -> dict[tuple[object, ...], float]:
    """Counts by measure, group and block after the delivery, which must reject exactly the planted rows."""
    outcome = deliver(
        connection, catalogue, entry.source or "", folder / entry.name,
        reference_date=date.fromisoformat(entry.reference_date or ""), form=entry.form, synthetic=True,
        allow_person_level=True,
    )  # fmt: skip
    assert outcome.rejected == entry.rejected_rows
    found = connection.execute(
        text(
            "SELECT m.code, c.group_code, b.key, sum(c.value) FROM warehouse.count c "
            "JOIN catalogue.measure m ON m.id = c.measure_id LEFT JOIN geo.block b ON b.id = c.block_id "
            "WHERE m.source = :source GROUP BY 1, 2, 3"
        ),
        {"source": entry.source},
    )
    return {tuple(row[:3]): float(row[3]) for row in found if row[3]}


@pytest.mark.parametrize("source", PEOPLE)
def test_counts_are_those_of_the_manifest(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest, source: str
) -> None:
    by_form = {}
    for entry in _entries(manifest, source):
        with town.connect() as connection:
            by_form[entry.form] = _take_in(connection, catalogue, folder, entry)
            connection.rollback()
    first = by_form["gezaehlt"]
    assert len(by_form) == (3 if source == "einwohner_bewegung" else 1)
    for form, counts in by_form.items():
        assert counts == first, form
    totals: dict[str, float] = {}
    for (measure, group, _), value in first.items():
        if group == "insgesamt":
            totals[str(measure)] = totals.get(str(measure), 0) + value
    truth = manifest.truth[LAST].figures
    known = {code: n for code, n in totals.items() if code in truth}
    assert known == {code: truth[code] for code in known}
    assert len(known) >= 3
