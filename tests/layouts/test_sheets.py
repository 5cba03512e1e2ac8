"""Profile sheets as PDF: complete, the same each time, drawn as lines, without a trace of the machine."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.publish import qgis_project, steckbriefe
from etl.publish.source import Schema
from tests.conftest import Published
from tests.layouts.conftest import source_of

pytestmark = pytest.mark.qgis


def test_all_districts_together_and_alone(sheets: Path, published: Published) -> None:
    query = text("SELECT gebiet FROM sozialbericht.gebiet WHERE aktuell AND ebene = 'bezirk' ORDER BY gebiet")
    with published.engine.connect() as connection:
        keys = list(connection.scalars(query))
    assert len(keys) > 5
    assert sorted(p.stem for p in (sheets / "einzeln").iterdir()) == [f"steckbrief_{key}" for key in keys]
    with pikepdf.open(sheets / "steckbriefe.pdf") as whole:
        assert len(whole.pages) == 2 * len(keys)
        with whole.open_outline() as outline:
            assert [str(item.title).split(" ")[0] for item in outline.root] == keys
    for path in (sheets / "einzeln").iterdir():
        with pikepdf.open(path) as single:
            assert len(single.pages) == 2


def test_a_draft_gives_the_same_bytes(published: Published, catalogue: Catalogue, tmp_path: Path) -> None:
    wanted = ("202", "405")
    schemas: tuple[Schema, ...] = ("sozialbericht", "kandidat")
    made = [
        steckbriefe.build(source_of(published.name, schema), catalogue, tmp_path / schema, wanted) for schema in schemas
    ]
    assert all(m.together is None and tuple(m.single) == wanted for m in made)
    for key in wanted:
        assert made[0].single[key].read_bytes() == made[1].single[key].read_bytes()


def test_lines_and_letters_with_title_and_language(sheets: Path) -> None:
    with pikepdf.open(next((sheets / "einzeln").iterdir())) as single:
        assert str(single.Root.Lang) == "de-DE"
        assert "Steckbrief" in str(single.docinfo["/Title"])
        assert "(synthetische Daten)" in str(single.docinfo["/Title"])
        assert not {"/CreationDate", "/ModDate", "/Producer", "/Creator"} & set(single.docinfo.keys())
        kinds = [str(o.get("/Subtype", "")) for o in single.objects if isinstance(o, pikepdf.Stream)]
        assert "/Image" not in kinds
        fonts = [f for page in single.pages for f in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in f.DescendantFonts[0].FontDescriptor for f in fonts)
        assert float(single.pages[0].MediaBox[3]) == pytest.approx(842, abs=1)


def test_no_table_outside_the_draft_is_read(published: Published, catalogue: Catalogue, tmp_path: Path) -> None:
    project, _service = steckbriefe.reading_project(source_of(published.name, "kandidat"), catalogue, tmp_path)
    words = project.read_text(encoding="utf-8")
    shipped = qgis_project.SHIPPED.read_text(encoding="utf-8")
    assert '"sozialbericht"."' in shipped
    for name in ('"sozialbericht"."', "&quot;sozialbericht&quot;.&quot;", "FROM sozialbericht.", "JOIN sozialbericht."):
        assert name not in words


def test_an_unknown_district_is_named(published: Published, catalogue: Catalogue, tmp_path: Path) -> None:
    source = source_of(published.name, "sozialbericht")
    key = "1' OR '1' = '1"
    with pytest.raises(SozialberichtError, match="hat keinen Steckbrief"):
        steckbriefe.build(source, catalogue, tmp_path / "leer", (key,))
    assert not (tmp_path / "leer").exists()
