"""The folder itself: the same bytes from the same release, nothing foreign in it, every number that of a view."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from etl.catalogue import Catalogue
from etl.confidentiality.audit.files import audit_files
from etl.confidentiality.audit.tables import read_tables
from etl.errors import SozialberichtError
from etl.publish.atlas.build import FIRST, WEB, build
from etl.publish.atlas.encode import compact, write_json
from etl.publish.atlas.leaflet import copy_leaflet
from etl.publish.source import Source

FIRST_VIEW_BYTES = 1_500_000


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_release_gives_the_same_bytes(
    sample_source: Source, catalogue: Catalogue, atlas_folder: Path, tmp_path: Path
) -> None:
    build(sample_source, catalogue, tmp_path)
    assert contents(tmp_path) == contents(atlas_folder)


def test_every_table_is_read_back_by_the_audit(sample_source: Source, atlas_folder: Path) -> None:
    with sample_source.engine.connect() as connection:
        found = audit_files(connection, "sozialbericht", atlas_folder)
    assert found.faults == ()
    assert found.numbers > 20_000
    assert set(found.unread) == {"zeichen.svg"}


def test_a_changed_number_is_found(sample_source: Source, atlas_folder: Path, tmp_path: Path) -> None:
    table = json.loads((atlas_folder / "daten" / "thema_soziale_sicherung.json").read_text(encoding="utf-8"))
    at = table["spalten"].index("wert")
    row = next(r for r in table["zeilen"] if r[at] is not None)
    row[at] += 0.1
    write_json(tmp_path / "daten" / "thema_soziale_sicherung.json", table)
    with sample_source.engine.connect() as connection:
        found = audit_files(connection, "sozialbericht", tmp_path)
    assert [f.kind for f in found.faults] == ["datei"]


def test_hidden_values_have_no_number(atlas_folder: Path) -> None:
    hidden = 0
    for path in sorted((atlas_folder / "daten").glob("thema_*.json")):
        (table,) = read_tables(path) or []
        columns = {name: n for n, name in enumerate(table.columns)}
        for row in table.rows:
            if row[columns["status"]] == "geheim":
                hidden += 1
                assert [row[columns[c]] for c in ("wert", "ki_unten", "ki_oben", "zaehler", "klasse")] == [None] * 5
    assert hidden


def test_a_compact_table_says_the_same_as_its_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"ebene": ["b"] * 4, "gebiet": ["1", "2", "1", None], "wert": [1.5, None, 2.0, 3.25], "n": [1, 2, 3, 4]}
    )
    path = write_json(tmp_path / "eins.json", {"drin": [compact("wert", frame)]})
    (table,) = read_tables(path) or []
    assert table.name == "wert"
    assert sorted(table.columns) == sorted(frame.columns)
    assert [dict(zip(table.columns, row, strict=True)) for row in table.rows] == frame.to_dicts()
    damaged = compact("wert", frame)
    damaged["zeilen"][0].append(7)
    with pytest.raises(ValueError, match="statt 3 Zellen"):
        read_tables(write_json(tmp_path / "zwei.json", damaged))


def test_the_pages_name_no_other_host_and_allow_none(atlas_folder: Path) -> None:
    page = (atlas_folder / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1] and "unsafe" not in policy[1] and "http" not in policy[1]
    assert "<script>" not in page and " style=" not in page and "onclick" not in page
    for path in (*WEB.glob("*.js"), *WEB.glob("*.css"), atlas_folder / "index.html"):
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", path.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path.name
    assert "Synthetische Daten" in page


def test_modules_of_the_first_view_are_all_that_it_imports() -> None:
    waiting, seen = ["main.js"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        text = (WEB / name).read_text(encoding="utf-8")
        waiting += [n for n in re.findall(r'^import .* from "\./([\w.]+)"', text, re.MULTILINE) if n not in seen]
    assert seen - {"main.js"} == set(FIRST)


def test_the_first_view_is_small(atlas_folder: Path) -> None:
    first = [*(atlas_folder / name for name in (*FIRST, "main.js", "index.html", "atlas.css", "zeichen.svg")),
             *(atlas_folder / "leaflet").glob("leaflet.*"),
             *(atlas_folder / "daten" / f"{n}.json" for n in ("atlas", "umrisse", "thema_bevoelkerung"))]  # fmt: skip
    assert sum(p.stat().st_size for p in first) < FIRST_VIEW_BYTES


def test_without_leaflet_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SozialberichtError, match="libjs-leaflet"):
        copy_leaflet(tmp_path / "ziel", packaged=tmp_path)
