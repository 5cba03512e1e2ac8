"""Files go the same way as the figures: built from the draft, audited with it, published as they were audited."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue
from etl.catalogue.city import ProductName
from etl.errors import SozialberichtError
from etl.indicators.compute import compute
from etl.publish import products
from etl.publish.products import build_draft
from etl.releases import files, steps
from etl.warehouse import databases, engine, service
from tests import small_city
from tests.conftest import clone

PEOPLE = {key: {"ew": 3000 + 10 * n, "ew_u18": 400 + n} for n, key in enumerate(small_city.BLOCKS)}


@pytest.fixture
def draft(template: str, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A sealed draft „Eins“ of the small city; files go to a folder of the test."""
    monkeypatch.setattr(files, "root", lambda database: tmp_path / database)
    name = clone(template)
    town = engine.open_engine(service.url(name, service.ADMIN))
    with town.begin() as connection:
        small_city.build(connection)
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        small_city.population(connection, delivery, PEOPLE)
        compute(connection, catalogue)
    assert steps.create(town, catalogue, "Eins").state == "draft"
    yield town
    databases.drop_database(name)


def test_exactly_the_audited_files_are_published(draft: Engine, catalogue: Catalogue) -> None:
    folder = build_draft(draft, catalogue, "Eins")
    values = folder / "exporte" / "csv" / "wert.csv"
    assert "13,3" in values.read_text(encoding="utf-8-sig")
    outcome = steps.audit(draft, catalogue, "Eins")
    assert outcome.passed and outcome.files is not None and outcome.files.numbers > 100
    steps.approve(draft, "Eins")
    as_audited = values.read_bytes()
    values.write_bytes(as_audited.replace(b"13,3", b"13,4"))
    with pytest.raises(SozialberichtError, match="nicht die geprüften"):
        steps.publish(draft, "Eins")
    assert not (folder.parent / files.CURRENT).exists()
    values.write_bytes(as_audited)
    steps.publish(draft, "Eins")
    assert (folder.parent / files.CURRENT).resolve() == folder.resolve()
    with draft.connect() as connection:
        told = connection.scalar(
            text(
                "SELECT detail ->> 'dateien_sha256' FROM release.event WHERE kind = 'audited' ORDER BY id DESC LIMIT 1"
            )
        )
    assert told == files.manifest_sha256(folder)


def having(catalogue: Catalogue, *products: ProductName) -> Catalogue:
    """The catalogue with these products alone."""
    return dataclasses.replace(catalogue, city=catalogue.city.model_copy(update={"products": products}))


def test_what_is_no_longer_wanted_is_taken_away(draft: Engine, catalogue: Catalogue) -> None:
    folder = build_draft(draft, having(catalogue, "atlas"), "Eins")
    assert {p.name for p in folder.iterdir()} == {"atlas", files.MANIFEST}
    assert build_draft(draft, having(catalogue), "Eins") == folder
    assert {p.name for p in folder.iterdir()} == {files.MANIFEST}
    assert steps.audit(draft, having(catalogue), "Eins").passed
    steps.approve(draft, "Eins")
    steps.publish(draft, "Eins")
    assert products.made((folder.parent / files.CURRENT).resolve()) == []


def test_a_file_that_says_something_else_fails_the_audit(draft: Engine, catalogue: Catalogue) -> None:
    folder = build_draft(draft, having(catalogue, "exporte"), "Eins")
    values = folder / "exporte" / "csv" / "wert.csv"
    values.write_bytes(values.read_bytes().replace(b"13,3", b"13,4"))
    files.write_manifest(folder)
    outcome = steps.audit(draft, catalogue, "Eins")
    assert not outcome.passed and outcome.faults.get("datei", 0) >= 1
    with pytest.raises(SozialberichtError, match="Prüfung"):
        steps.approve(draft, "Eins")


def test_the_list_names_every_change(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/eins.csv", "zwei.txt", "drei.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    files.write_manifest(tmp_path)
    assert files.changed(tmp_path) == []
    assert [e["datei"] for e in json.loads((tmp_path / files.MANIFEST).read_text(encoding="utf-8"))] == [
        "a/eins.csv", "drei.txt", "zwei.txt",
    ]  # fmt: skip
    (tmp_path / "a" / "eins.csv").write_text("anders", encoding="utf-8")
    (tmp_path / "drei.txt").unlink()
    (tmp_path / "neu.txt").write_text("neu", encoding="utf-8")
    assert files.changed(tmp_path) == ["a/eins.csv", "drei.txt", "neu.txt"]
    with pytest.raises(SozialberichtError, match="kann kein Ordner heißen"):
        files.folder_of("stadt", "../fremd")
