"""Declared sums between measures: read with the catalogue, faults named with file and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.catalogue import Catalogue, load_catalogue
from etl.errors import CatalogueError
from tests.indicators.support import KATALOG


def with_identities(folder: Path, content: str) -> Path:
    shutil.copytree(KATALOG, folder / "katalog")
    (folder / "katalog" / "identitaeten.yaml").write_text(content, encoding="utf-8")
    return folder / "katalog"


def test_shipped_sums_name_measures_and_groups(catalogue: Catalogue) -> None:
    sums = {i.total: i.addends for i in catalogue.identities}
    assert sums["alo", "insgesamt"] == (("alo_sgb2", "insgesamt"), ("alo_sgb3", "insgesamt"))
    assert ("nef_u15", "unter_3") in sums["nef_u15", "insgesamt"]


def test_they_count_for_the_hash_of_the_catalogue(tmp_path: Path) -> None:
    folder = with_identities(tmp_path, "identities:\n  - {whole: ew, parts: [ew_u3, ew_6_10]}\n")
    assert load_catalogue(folder).sha256 != load_catalogue(KATALOG).sha256
    assert load_catalogue(KATALOG).identities == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("identities:\n  - {whole: ew, parts: [ew_u3, niemand]}\n", r"identitaeten\.yaml.*identities\[1\].*niemand"),
        ("identities:\n  - {whole: ew, parts: [ew_u3]}\n", r"identitaeten\.yaml.*identities\[1\].*parts"),
        ("summen: []\n", r"identitaeten\.yaml.*identities"),
    ],
)
def test_faults_are_named(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(CatalogueError, match=said):
        load_catalogue(with_identities(tmp_path, content))
