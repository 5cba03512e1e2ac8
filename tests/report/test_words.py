"""Texts of the office, words for periods and lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import SozialberichtError
from etl.publish.report.numbers import spoken_period
from etl.publish.report.outlook import age_words
from etl.publish.report.sentences import listed
from etl.publish.report.texts import LARGEST, own_text, to_html


@given(st.text(max_size=200))
def test_no_markup_of_a_text_reaches_the_page(text: str) -> None:
    html = to_html(text + "\n\n<script>alert(1)</script>\n\n<img src=x onerror=y>")
    assert "<script" not in html and "<img" not in html


def test_markdown_becomes_parts_of_a_chapter() -> None:
    html = to_html("# Titel\n\n**fett** [Seite](https://sozialbericht.example/a)\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<h3>Titel</h3>" in html and "<strong>fett</strong>" in html and '<th scope="col">a</th>' in html
    assert 'href="https://sozialbericht.example/a"' in html
    assert "href" not in to_html("[x](javascript:alert(1))")


def test_a_text_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "texte"
    folder.mkdir()
    assert own_text(tmp_path, "anlass") == ()
    (folder / "anlass.md").write_bytes("Größe".encode("latin-1"))
    with pytest.raises(SozialberichtError, match=r"anlass\.md ist nicht UTF-8"):
        own_text(tmp_path, "anlass")
    (folder / "anlass.md").write_bytes(b"a" * (LARGEST + 1))
    with pytest.raises(SozialberichtError, match="kürzen"):
        own_text(tmp_path, "anlass")
    (folder / "anlass.md").write_text(" \n", encoding="utf-8")
    assert own_text(tmp_path, "anlass") == ()


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2025", "2025"),
        ("2024/25", "Schuljahr 2024/25"),
        ("2025-Q3", "3. Quartal 2025"),
        ("2023-2025", "2023 bis 2025"),
        ("2023/24-2025/26", "Schuljahre 2023/24 bis 2025/26"),
    ],
)
def test_periods_in_words(period: str, words: str) -> None:
    assert spoken_period(period) == words


def test_ages_and_lists_in_words() -> None:
    assert age_words("a00_03") == "0 bis unter 3 Jahre" and age_words("a80_plus") == "80 Jahre und älter"
    assert listed(["A"]) == "A" and listed(["A", "B", "C"]) == "A, B und C"
