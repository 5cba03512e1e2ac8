"""The page: whole, accessible by its structure, and with the numbers of the views."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.catalogue.chapters import plan_of
from etl.confidentiality.audit.files import audit_files
from etl.publish import german
from etl.publish.report.numbers import Numbers
from etl.publish.report.sentences import key_messages
from etl.publish.report.tables import by_area
from etl.publish.source import Source

LARGEST = 5_000_000


class Outline(HTMLParser):
    """Headings, ids, links and figures of a page in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.lang = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "html":
            self.lang = found.get("lang") or ""
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for key in ("href", "src"):
            if found.get(key):
                self.links.append(str(found[key]))


@pytest.fixture(scope="module")
def page(report: Path) -> str:
    return (report / "bericht.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(page: str) -> None:
    outline = Outline(page)
    assert outline.lang == "de"
    assert outline.headings[0] == 1 and outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.links and all(link[0] == "#" and link[1:] in outline.ids for link in outline.links)
    assert len(page.encode()) < LARGEST


def test_chapters_stand_in_the_order_of_the_plan(page: str, catalogue: Catalogue) -> None:
    titles = [c.title for c in plan_of(catalogue).chapters]
    found = re.findall(r'<h2 id="[^"]*">\d+.(.*?)</h2>', page)
    assert found == titles


def test_every_figure_has_an_alternative_and_its_numbers(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) > 40
    for figure in figures:
        assert re.search(r"<title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>", figure)
        # the outline of where an area lies has no numbers; maps of indices have their table right below
        assert "<table" in figure or 'id="lage-' in figure or 'id="karte-IDX' in figure
    assert page.count("<caption>") == page.count("<table ")


def test_synthetic_data_are_called_so(page: str, report: Path) -> None:
    assert "Synthetische Daten." in page.split("<main", maxsplit=1)[0]
    assert "(synthetische Daten)</title>" in page
    assert "Synthetische Daten." in (report / "aenderungen.html").read_text(encoding="utf-8")


def test_the_audit_reads_the_report_and_finds_a_changed_number(source: Source, report: Path, tmp_path: Path) -> None:
    with source.engine.connect() as connection:
        finding = audit_files(connection, "sozialbericht", report)
        assert finding.faults == () and finding.numbers > 1000
        page = (report / "bericht.html").read_text(encoding="utf-8")
        records = json.loads(re.findall(r'id="werte">(.*?)</script>', page, re.DOTALL)[0])
        first = next(r for r in records if r["wert"] is not None)
        text = json.dumps(first, ensure_ascii=False, separators=(",", ":"))
        changed = text.replace(f'"wert":{first["wert"]}', f'"wert":{first["wert"] + 1}')
        (tmp_path / "bericht.html").write_text(page.replace(text, changed, 1), encoding="utf-8")
        assert audit_files(connection, "sozialbericht", tmp_path).faults


def test_tables_say_what_the_view_says(source: Source, catalogue: Catalogue) -> None:
    numbers = Numbers(source, catalogue)
    codes = [i.code for i in catalogue.indicators]
    view = {
        (r["kennzahl"], r["ebene"], r["gebiet"], r["zeitraum"]): r
        for r in source.frame("wert", where="aktuell AND gruppe = 'insgesamt'").iter_rows(named=True)
    }
    names = {u.name: (level, u.key) for level, units in numbers.units.items() for u in units}
    withheld = shown = 0
    tables = by_area(numbers, codes, "Probe")
    assert len(tables) > 1
    there = [c for c in codes if numbers.has(c)]
    for table in tables:
        own, there = there[: len(table.columns) - 1], there[len(table.columns) - 1 :]
        for row in table.rows:
            if row.css == "gruppe":
                continue
            for code, cell in zip(own, row.cells[1:], strict=True):
                found = view.get((code, *names[row.cells[0].text], numbers.period(code)))
                if found is None or found["status"] not in german.SHOWN:
                    withheld += cell.text == "geheim"
                    assert not any(c.isdigit() for c in cell.text)
                    continue
                shown += 1
                number = float(re.sub(r"[^\d,−]", "", cell.text).replace("−", "-").replace(",", "."))
                assert number == found["wert"]
                assert ("▲" in cell.text) == (found["vergleich_stadt"] == "hoeher")
    assert shown > 100 and withheld > 20


def test_sentences_tell_only_of_what_is_shown(source: Source, catalogue: Catalogue) -> None:
    """Each number in a key message is a published value or change; no word tells of those that are not there."""
    numbers = Numbers(source, catalogue)
    codes = [c for chapter in plan_of(catalogue).chapters for c in chapter.key_figures]
    told = key_messages(numbers, codes)
    assert len(told) > 10
    for (_, words), code in zip(told, (c for c in codes if numbers.newest(c, numbers.city).shown), strict=True):
        assert not re.search(r"geheim|verborgen|zurückgehalten|zu klein", words)
        measure = numbers.measure(code)
        published = [
            measure.text(r.value)
            for units in numbers.units.values()
            for u in units
            if (r := numbers.newest(code, u)).shown and r.value is not None
        ]
        reach = re.search(r"liegen zwischen (.*?) \((?:.*?)\) und (.*?) \(", words)
        if reach:
            assert reach[1] in published and reach[2] in published


def test_own_texts_stand_in_the_page_and_are_not_written(page: str, catalogue: Catalogue) -> None:
    text = (catalogue.directory / "texte" / "anlass.md").read_text(encoding="utf-8")
    assert "Beispieltext" in text and "<em>Beispieltext" in page
    assert "Er soll helfen, über Bedarf zu sprechen" in page
