"""The sample city's files, as a city would deliver them: figures must be those of the manifest."""

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
from etl.errors import InputError
from etl.intake.deliver import deliver
from etl.intake.outcome import DeliveryOutcome
from etl.sample import SampleManifest, write_sample
from tests.intake.support import counts, rejects

SMALL = 0.05
YEARS = (2018, 2019, 2024)
GEODATA = "stadtgebiet_synthetisch.gpkg"
SOURCE = "einwohner_bestand"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beispielstadt")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> SampleManifest:
    return write_sample(folder, years=YEARS, scale=SMALL)


@pytest.fixture
def town(db: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest) -> Engine:
    """Database with the sample's Stadtteile, blocks and addresses."""
    version = NewVersion("beispiel", "Beispiel", synthetic=True)
    city = catalogue.city
    with db.begin() as connection:
        for layer, level, key in (("stadt", "stadt", "ags"), ("stadtteile", "stadtteil", "stadtteil_nr")):
            options = Options(key, "name", None, layer, mend=True)
            load_boundaries(connection, city, Request(folder / GEODATA, level, version, options))
        options = Options("block_nr", None, "stadtteil_nr", "bloecke", mend=True)
        load_blocks(connection, city, Request(folder / GEODATA, "block", version, options))
        load_addresses(connection, city, folder / "hauskoordinaten_synthetisch.csv", synthetic=True)
    return db


def _deliver(connection: Connection, catalogue: Catalogue, path: Path, year: int) -> DeliveryOutcome:
    at = date(year, 12, 31)
    return deliver(connection, catalogue, SOURCE, path, reference_date=at, synthetic=True, allow_person_level=True)


def _by_stadtteil(connection: Connection) -> dict[str | None, float]:
    query = text(
        "SELECT b.parent_key, sum(c.value) FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
        "LEFT JOIN geo.block b ON b.id = c.block_id WHERE m.code = 'ew' AND c.group_code = 'insgesamt' GROUP BY 1"
    )
    return {key: value for key, value in connection.execute(query)}


def _entry(manifest: SampleManifest, form: str, year: int, edition: int = 1):
    wanted = f"{year}-12-31"
    return next(e for e in manifest.files if (e.form, e.reference_date, e.edition) == (form, wanted, edition))


@pytest.mark.parametrize("form", ["gezaehlt", "personen"])
def test_figures_are_those_of_the_manifest(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest, form: str
) -> None:
    entry = _entry(manifest, form, 2018)
    with town.begin() as connection:
        outcome = _deliver(connection, catalogue, folder / entry.name, 2018)
        found = {(line, column) for line, column, _, _ in rejects(connection)}
        by_stadtteil = _by_stadtteil(connection)
    assert outcome.form == form
    assert outcome.read == entry.rows
    assert outcome.rejected == entry.rejected_rows == len({line for line, _ in found})
    assert outcome.ignored == entry.secondary_rows
    assert outcome.persons == entry.persons.total
    assert outcome.persons_unlocated == entry.persons.unlocated
    assert by_stadtteil.pop(None) == entry.persons.unlocated
    assert by_stadtteil == {str(k): v for k, v in entry.persons.stadtteile.items()}
    assert found == {(p.line, p.column) for p in entry.planted}


def test_person_rows_and_counted_rows_give_equal_counts(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest
) -> None:
    measures = [m.code for m in catalogue.measures_of(SOURCE)]
    both = []
    for form in ("gezaehlt", "personen"):
        with town.begin() as connection:
            _deliver(connection, catalogue, folder / _entry(manifest, form, 2018).name, 2018)
            both.append({m: counts(connection, m) for m in measures})
            both[-1]["frauen"] = counts(connection, "ew_w", "a85_plus")
    # shares of a cohort are fractions: their sums differ with the order in the last digit
    assert both[0].keys() == both[1].keys()
    for measure, by_block in both[0].items():
        assert by_block == pytest.approx(both[1][measure], rel=1e-12)
    assert sum(both[0]["ew"].values()) > 3000


def test_the_file_in_the_wrong_encoding_is_refused_and_the_corrected_one_taken(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest
) -> None:
    wrong, right = _entry(manifest, "gezaehlt", 2019), _entry(manifest, "gezaehlt", 2019, 2)
    with town.begin() as connection:
        with pytest.raises(InputError, match="sieht nach cp1252 aus"):
            _deliver(connection, catalogue, folder / wrong.name, 2019)
        assert connection.scalar(text("SELECT count(*) FROM intake.delivery")) == 0
        outcome = _deliver(connection, catalogue, folder / right.name, 2019)
    assert (outcome.state, outcome.persons) == ("new", right.persons.total)


def test_the_corrected_file_supersedes_the_incomplete_one(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest
) -> None:
    first, second = _entry(manifest, "gezaehlt", 2024), _entry(manifest, "gezaehlt", 2024, 2)
    with town.begin() as connection:
        before = _deliver(connection, catalogue, folder / first.name, 2024)
        after = _deliver(connection, catalogue, folder / second.name, 2024)
        by_stadtteil = _by_stadtteil(connection)
        left = connection.execute(
            text("SELECT status, superseded_by, rows_read FROM intake.delivery WHERE id = :id"), {"id": before.delivery}
        ).one()
        rows = connection.scalar(
            text("SELECT count(*) FROM intake.record WHERE delivery_id = :id"), {"id": before.delivery}
        )
    assert (after.state, after.superseded) == ("superseding", before.delivery)
    assert sum(by_stadtteil.values()) == second.persons.total
    assert tuple(left) == ("superseded", after.delivery, first.rows)
    assert rows == 0


def test_the_table_by_stadtteil_is_the_same_from_csv_and_xlsx(
    town: Engine, catalogue: Catalogue, folder: Path, manifest: SampleManifest
) -> None:
    found = []
    for suffix in ("csv", "xlsx"):
        path = folder / f"arbeitslose_stadtteile_synthetisch.{suffix}"
        with town.begin() as connection:
            outcome = deliver(
                connection, catalogue, "arbeitslose_stadtteile", path, reference_date=date(2024, 12, 31), synthetic=True
            )
            rows = connection.execute(
                text(
                    "SELECT c.period, u.name, c.value, c.status FROM warehouse.count c "
                    "LEFT JOIN geo.unit u ON u.id = c.unit_id ORDER BY 1, 2"
                )
            ).all()
        assert outcome.rejected == 0
        assert {t.state for t in outcome.totals} <= {"met", "not_checkable"}
        assert outcome.periods == [str(y) for y in YEARS]
        found.append([tuple(r) for r in rows])
    assert found[0] == found[1]
    # five Stadtteile, what is not attributable, and the city's own total
    assert len(found[0]) == 7 * len(YEARS)
