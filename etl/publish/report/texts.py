"""The office's own texts: Markdown beside the catalogue, one file a chapter, never written by the program."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

from etl.catalogue.chapters import TEXTS
from etl.errors import SozialberichtError
from etl.publish.report.model import Block, Prose

LARGEST = 500_000
"""Bytes of a text; more is a mistake."""
HIGHEST_HEADING = 2
"""Headings of a text begin below the chapter's own."""


@cache
def _markdown() -> MarkdownIt:
    # raw HTML is shown as text, images would be files of somebody's disk
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table").disable("image")


def to_html(text: str) -> str:
    """Markdown as HTML; headings are moved two levels down, tables get header cells with a scope."""
    tokens = _markdown().parse(text)
    for token in tokens:
        if token.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            token.tag = f"h{min(6, int(token.tag[1]) + HIGHEST_HEADING)}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
    return str(_markdown().renderer.render(tokens, _markdown().options, {}))


def own_text(directory: Path, chapter: str) -> tuple[Block, ...]:
    """The text of a chapter, or nothing. Raises SozialberichtError where the file is not UTF-8 or far too large."""
    path = directory / TEXTS / f"{chapter}.md"
    if not path.is_file():
        return ()
    if path.stat().st_size > LARGEST:
        raise SozialberichtError(
            f"{path} hat mehr als {LARGEST} Bytes. Abhilfe: kürzen, Tabellen und Bilder herausnehmen."
        )
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise SozialberichtError(
            f"{path} ist nicht UTF-8 (Byte {error.start + 1}). Abhilfe: in UTF-8 speichern."
        ) from error
    return (Prose(to_html(text), own=True),) if text else ()
