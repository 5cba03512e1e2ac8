"""The documents: complete, German, with contents that lead somewhere, page numbers and repeated header rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document as open_docx
from docx.document import Document as Docx
from docx.oxml.ns import qn
from typer.testing import CliRunner

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.publish.profile.blocks import Document, Heading, Paragraph, Properties, Table
from etl.publish.profile.commands import app
from etl.publish.profile.content import requirement_profile
from etl.publish.profile.docx_writer import write_docx
from etl.publish.profile.html_writer import write_html
from etl.publish.profile.requests import request, write_requests
from etl.publish.profile.words import next_due

DAY = date(2026, 11, 2)
EXAMPLES = sorted(p.parent for p in (settings.PROJECT / "examples").glob("*/katalog/city.yaml"))
runner = CliRunner()


@pytest.fixture(scope="module")
def profile(catalogue: Catalogue) -> Document:
    return requirement_profile(catalogue, DAY)


@pytest.fixture(scope="module")
def docx(profile: Document, tmp_path_factory: pytest.TempPathFactory) -> Docx:
    path = tmp_path_factory.mktemp("profil") / "profil.docx"
    write_docx(path, profile)
    return open_docx(str(path))


@pytest.fixture(scope="module")
def page(profile: Document, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("profil") / "profil.html"
    write_html(path, profile)
    return path.read_text(encoding="utf-8")


def texts(document: Document) -> list[str]:
    """Everything a reader meets, in order."""
    out: list[str] = []
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                out.append(block.text)
            case Table():
                out += [block.caption, *block.header, *(cell for row in block.rows for cell in row)]
            case Properties():
                out += [block.caption, *(word for pair in block.pairs for word in pair)]
            case _:
                out += block.items
    return out


def test_every_indicator_source_office_and_gap_is_in_it(profile: Document, catalogue: Catalogue) -> None:
    headings = [b.text for b in profile.blocks if isinstance(b, Heading)]
    for indicator in catalogue.indicators:
        assert f"{indicator.code} {indicator.title}" in headings
    for source in catalogue.sources:
        assert any(source.title in h for h in headings)
    words = "\n".join(texts(profile))
    for owner in catalogue.owners:
        assert owner.title in words
    for indicator in catalogue.indicators:
        assert indicator.definition in words
        if indicator.gap:
            assert indicator.gap.closed_by in words
    for source in catalogue.sources:
        assert (source.legal_basis or "") in words


def test_no_code_of_the_machine_is_left_in_the_words(profile: Document) -> None:
    for word in texts(profile):
        assert not re.search(
            r"\b(jaehrlich|vierteljaehrlich|sehr_hoch|None|True|False|geheim_anteil)\b|§period|§date", word
        )
        assert word == word.strip()


def test_chapters_are_numbered_without_gaps(profile: Document) -> None:
    numbers = [int(b.text.split(" ")[0]) for b in profile.blocks if isinstance(b, Heading) and b.level == 1]
    assert numbers == list(range(1, len(numbers) + 1))


def test_contents_lead_to_every_chapter(docx: Docx, profile: Document) -> None:
    body = docx.element.body
    anchors = [e.get(qn("w:anchor")) for e in body.iter(qn("w:hyperlink"))]
    marks = [e.get(qn("w:name")) for e in body.iter(qn("w:bookmarkStart"))]
    assert anchors == marks
    assert len(anchors) == len(profile.headings()) == len(set(anchors)) > 40
    instructions = [e.text or "" for e in body.iter(qn("w:instrText"))]
    assert [i.split()[1] for i in instructions if "PAGEREF" in i] == anchors
    titles = {p.text for p in docx.paragraphs if p.style is not None and p.style.name in ("Heading 1", "Heading 2")}
    assert titles == {h.text for h in profile.headings()}


def test_pages_are_numbered_and_the_language_is_german(docx: Docx) -> None:
    footer = docx.sections[0].footer
    fields = [e.text for e in footer._element.iter(qn("w:instrText"))]
    assert [f.strip() for f in fields if f] == ["PAGE", "NUMPAGES"]
    assert docx.core_properties.title == "Anforderungsprofil Sozialbericht Norderstedt"
    assert docx.core_properties.language == "de-DE"
    languages = {e.get(qn("w:val")) for e in docx.styles.element.iter(qn("w:lang"))}
    assert languages == {"de-DE"}


def test_every_table_has_a_caption_a_header_row_and_whole_rows(docx: Docx, profile: Document) -> None:
    tables = docx.element.body.findall(qn("w:tbl"))
    assert len(tables) == sum(isinstance(b, Table | Properties) for b in profile.blocks)
    for table in tables:
        before = table.getprevious()
        assert before.find(f"{qn('w:pPr')}/{qn('w:pStyle')}").get(qn("w:val")) == "Caption"
        assert table.find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}").get(qn("w:val"))
        rows = table.findall(qn("w:tr"))
        heads = [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows]
        assert heads == [True] + [False] * (len(rows) - 1)
        assert len({len(row.findall(qn("w:tc"))) for row in rows}) == 1
        widths = [int(e.get(qn("w:w"))) for e in table.find(qn("w:tblGrid"))]
        assert sum(widths) == pytest.approx(17 / 2.54 * 1440, abs=10)


class Reader(HTMLParser):
    """Elements in order, whether all are closed, identifiers and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.seen[tag] += 1
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given["href"]] if given.get("href") else []
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))
        if tag == "th":
            assert given.get("scope") in ("col", "row")
        if tag not in ("meta", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_accessible_and_needs_no_other_file(page: str) -> None:
    seen = Reader(page)
    assert seen.open == []
    assert '<html lang="de">' in page
    assert seen.seen["h1"] == 1
    assert all(later - before <= 1 for before, later in zip(seen.levels, seen.levels[1:], strict=False))
    assert set(seen.links) == {f"#{name}" for name in seen.ids}
    assert seen.seen["table"] == seen.seen["caption"] == seen.seen["thead"]
    assert seen.seen["script"] == seen.seen["img"] == seen.seen["link"] == 0


def test_both_documents_say_the_same(docx: Docx, page: str, profile: Document) -> None:
    words = [*(p.text for p in docx.paragraphs), *(e.text or "" for e in docx.element.body.iter(qn("w:t")))]
    held = set(words)
    plain = re.sub(r"&#39;|&#34;|&amp;|&lt;|&gt;", "?", page)
    for word in texts(profile):
        assert word in held
        assert re.sub(r"['\"&<>]", "?", word) in plain


def test_hostile_words_stay_words(catalogue: Catalogue, tmp_path: Path) -> None:
    hostile = 'A&B <script>"x"</script> {{ 1 }} ]]>'
    document = Document(
        hostile, hostile, hostile, DAY, (hostile,), (Heading(1, hostile), Table(hostile, ("a",), ((hostile,),)))
    )
    write_docx(tmp_path / "x.docx", document)
    write_html(tmp_path / "x.html", document)
    assert hostile in [e.text for e in open_docx(str(tmp_path / "x.docx")).element.body.iter(qn("w:t"))]
    assert "<script>" not in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_request_names_only_what_its_office_delivers(catalogue: Catalogue) -> None:
    owner = next(o for o in catalogue.owners if o.code == "sozialamt")
    words = "\n".join(texts(request(catalogue, owner, DAY)))
    for source in catalogue.sources:
        assert (f"{source.code}_vorlage.xlsx" in words) == (source.owner == "sozialamt")
    assert "31.03.2027" in words  # 90 days after 31.12.2026
    assert "kapitel" in words and "ab Altersgrenze" in words


def test_every_office_that_delivers_gets_a_folder(catalogue: Catalogue, tmp_path: Path) -> None:
    written = {w.owner: w for w in write_requests(tmp_path, catalogue, DAY)}
    assert set(written) == {s.owner for s in catalogue.sources}
    assert sum(len(w.sources) for w in written.values()) == len(catalogue.sources)
    for office in written.values():
        names = {p.name for p in office.folder.iterdir()}
        assert {"anforderung.docx", "anforderung.html"} <= names
        assert len([n for n in names if n.endswith(".xlsx")]) == office.templates


@pytest.mark.parametrize(
    ("code", "period", "day"),
    [
        ("einwohner_bestand", "2026", date(2027, 3, 31)),
        ("kita_betreuung", "2027", date(2027, 6, 29)),
        ("schulentlassene", "2025/26", date(2027, 1, 27)),
        ("schuleingang", "2027/28", date(2027, 10, 30)),
    ],
)
def test_what_falls_due_next(catalogue: Catalogue, code: str, period: str, day: date) -> None:
    assert next_due(catalogue.source[code], DAY) == (period, day)


def test_the_commands_write_and_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = runner.invoke(app, ["build", "--out", str(tmp_path)], catch_exceptions=False)
    assert "anforderungsprofil.docx" in result.output
    assert {p.name for p in tmp_path.iterdir()} == {"anforderungsprofil.docx", "anforderungsprofil.html"}
    monkeypatch.setattr(settings.ui, "json", True)
    result = runner.invoke(app, ["requests", "--out", str(tmp_path / "a"), "--owner", "kita"], catch_exceptions=False)
    (office,) = json.loads(result.output)["stellen"]
    assert (office["stelle"], office["quellen"]) == ("kita", ["kita_betreuung", "kita_plaetze"])


def test_an_office_without_a_source_is_refused_with_those_known(tmp_path: Path) -> None:
    result = runner.invoke(app, ["requests", "--out", str(tmp_path), "--owner", "polizei"])
    assert "bekannt sind" in str(result.exception)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda p: p.parent.name)
def test_other_cities_get_their_profile_too(folder: Path, tmp_path: Path) -> None:
    catalogue = load_catalogue(folder)
    document = requirement_profile(catalogue, DAY)
    write_docx(tmp_path / "x.docx", document)
    assert f"Anforderungsprofil {catalogue.city.report_title}" == document.title
    assert write_requests(tmp_path / "a", catalogue, DAY)
