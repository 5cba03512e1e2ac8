"""The PDF as a reader by ear meets it: tagged, German, with bookmarks, alternatives and table headers (PDF/UA-1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from etl.catalogue import Catalogue
from etl.catalogue.chapters import plan_of


@pytest.fixture(scope="module")
def pdf(printed: Path) -> Iterator[Any]:
    with pikepdf.open(printed) as opened:
        yield opened


def _elements(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, pikepdf.Array):
            waiting.extend(current)
        elif isinstance(current, pikepdf.Dictionary):
            if current.get("/Type") == "/StructElem":
                yield current
            if "/K" in current:
                waiting.append(current.K)


def test_it_says_what_it_is(pdf: Any) -> None:
    assert pdf.Root.Lang == "de"
    assert bool(pdf.Root.MarkInfo.Marked) and bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    with pdf.open_metadata() as metadata:
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
        assert "synthetische Daten" in metadata["dc:title"]
    assert "/CreationDate" not in pdf.docinfo


def test_bookmarks_lead_to_every_chapter(pdf: Any, short: Catalogue) -> None:
    with pdf.open_outline() as outline:
        titles = [str(item.title) for item in outline.root[0].children]
    for number, chapter in enumerate(plan_of(short).chapters, start=1):
        assert any(title.startswith(f"{number}\u2003{chapter.title}") for title in titles)


def test_figures_have_alternatives_and_tables_have_headers(pdf: Any) -> None:
    kinds: Counter[str] = Counter()
    for element in _elements(pdf.Root.StructTreeRoot.K):
        kind = str(element.S)
        kinds[kind] += 1
        if kind == "/Figure":
            assert len(str(element.get("/Alt", ""))) > 20
        if kind == "/TD" and "/A" in element and "/Headers" in element.A:
            kinds["with headers"] += len(element.A.Headers) >= 1
    assert kinds["/Figure"] >= 5 and kinds["/Table"] >= 10 and kinds["/H1"] == 1 and kinds["/H2"] == 6
    assert kinds["/TH"] > 200 and kinds["with headers"] > 0.95 * kinds["/TD"]


def test_fonts_are_embedded_and_text_is_text(pdf: Any) -> None:
    fonts = {str(f.BaseFont): f for page in pdf.pages for f in (page.Resources.get("/Font") or {}).values()}
    assert fonts
    for font in fonts.values():
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        assert any(key in inner.FontDescriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
        assert "/ToUnicode" in font
