"""The people's files through the real intake: what is counted is what the manifest says, in all forms."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.districts.addresses import load_addresses
from etl.districts.agency.deliver import deliver_agency
from etl.districts.blocks import load_blocks
from etl.districts.load import Request, load_boundaries
from etl.districts.prepare import Options
from etl.districts.versions import NewVersion
from etl.intake.deliver import deliver
from etl.main_job.sample_city import LABEL
from etl.sample import SampleManifest, load_manifest
from etl.sample.agency_answer import answer
from etl.sample.manifest import FileEntry
from tests.conftest import Published
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


@pytest.fixture
def answered(published: Published, catalogue: Catalogue, tmp_path: Path) -> tuple[list[FileEntry], Path]:
    """The agency's answer for the districts of the published small sample."""
    with published.engine.connect() as connection:
        report = deliver_agency(connection, catalogue, LABEL, tmp_path / "gliederung")
    out = tmp_path / "antwort"
    return answer(report.grid_file, report.areas_file, published.folder, out), out


def test_the_agency_answers_for_the_districts_of_the_city(
    published: Published, catalogue: Catalogue, answered: tuple[list[FileEntry], Path]
) -> None:
    """Every table is taken in, only planted rows are rejected, and every total is met but the planted one."""
    entries, out = answered
    truth = load_manifest(published.folder).truth
    with published.engine.connect() as connection:
        for entry in entries:
            outcome = deliver(
                connection, catalogue, entry.source or "", out / entry.name, synthetic=True, again=True,
                reference_date=date.fromisoformat(entry.reference_date or ""), form=entry.form,
            )  # fmt: skip
            assert outcome.rejected == entry.rejected_rows, entry.name
            wrong = [t for t in outcome.totals if t.state == "not_met"]
            planted = [p for p in entry.planted if p.reason == "Summe stimmt nicht"]
            assert len(wrong) == len(planted), entry.name
        found = connection.execute(
            text(
                "SELECT m.code, extract(year FROM d.reference_date)::int, count(DISTINCT c.period) "
                "FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
                "JOIN intake.delivery d ON d.id = c.delivery_id WHERE m.source LIKE 'akg%' GROUP BY 1, 2"
            )
        ).all()
        connection.rollback()
    assert {year for _, year, _ in found} == set(truth)
    assert {n for *_, n in found} == {4}
