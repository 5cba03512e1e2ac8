"""The report as one HTML page that needs nothing beside it, made of the chapters."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from etl.publish.drawing.figure import Figure
from etl.publish.report.model import ChapterPage, Row

FOLDER = Path(__file__).parent
DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
WORDS = re.compile(r"<(?:title|desc)[^>]*>([^<]*)</")
SIZE = re.compile(r'\swidth="([\d.]+)" height="([\d.]+)"')


LONGEST_NAME = 26


@dataclass(frozen=True)
class Front:
    """What stands on the first page."""

    title: str
    subtitle: str
    city: str
    publisher: str
    stand: str
    citation: str
    synthetic: bool


@dataclass(frozen=True)
class Part:
    """Rows of a table below a heading of their own; the first may have none."""

    head: str
    rows: list[Row]


def _parts(rows: tuple[Row, ...]) -> list[Part]:
    found = [Part("", [])]
    for row in rows:
        if row.css == "gruppe":
            found.append(Part(row.cells[0].text, []))
        else:
            found[-1].rows.append(row)
    return [p for p in found if p.rows]


def _worded(figure: Figure) -> frozenset[int]:
    """Columns of a figure's table that hold words rather than numbers."""
    cells = list(zip(*figure.rows, strict=True))
    return frozenset({0, *(n for n, column in enumerate(cells) if not any(c[-1:].isdigit() for c in column))})


def _named(figure: Figure) -> bool:
    """Whether the rows of a figure's table have short names, of areas or periods."""
    return all(len(row[0]) <= LONGEST_NAME for row in figure.rows)


def _json(records: list[dict[str, Any]]) -> Markup:
    # a value may not close the element that holds it
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  # escaped just now


def environment() -> jinja2.Environment:
    """Templates with everything escaped but the drawings, which are ours, and Markdown, which allows no HTML."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"parts": _parts, "worded": _worded, "named": _named, "json": _json, "svg": Markup, "html": Markup}
    return made


def to_html(front: Front, chapters: list[ChapterPage], records: list[dict[str, Any]]) -> str:
    """The page; ``records``: the values it shows, as rows of the view ``wert``, for machines."""
    text = environment().get_template("page.html.j2").render(
        title=front.title, subtitle=front.subtitle, city=front.city, publisher=front.publisher, stand=front.stand,
        citation=front.citation, synthetic=front.synthetic, chapters=chapters, records=records,
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
    )  # fmt: skip
    return re.sub(r"\n\s*\n+", "\n", text)


def for_print(page: str) -> str:
    """The page for the PDF: drawings as images with title and description as their alternative text.

    As images they are no part of the document's tree, which halves the time; nothing is there for machines.
    """
    page = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
    return DRAWING.sub(_image, page)


def _image(found: re.Match[str]) -> str:
    drawing = found[0]
    words = " ".join(f"{text.strip().rstrip('.')}." for text in WORDS.findall(drawing))
    size = SIZE.search(drawing)
    attributes = f' width="{size[1]}" height="{size[2]}"' if size else ""
    source = base64.b64encode(drawing.encode()).decode()
    # the words are escaped already, as they stood in an element; a quote would end the attribute
    return f'<img alt="{words.replace(chr(34), "&quot;")}"{attributes} src="data:image/svg+xml;base64,{source}">'
