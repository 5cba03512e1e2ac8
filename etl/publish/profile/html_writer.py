"""A document as one HTML page: headings with anchors, linked table of contents, captions and scoped headers."""

from __future__ import annotations

from pathlib import Path

import jinja2

from etl.publish.profile.blocks import Block, Document


def write_html(path: Path, document: Document) -> None:
    """Write the document to ``path``; the page needs no other file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(document=document, kind=_kind)
    path.write_text(page, encoding="utf-8")


def _kind(block: Block) -> str:
    """Name of a block's class, for the template."""
    return type(block).__name__.lower()
