"""The report as one HTML page that needs nothing beside it, made of the chapters."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from etl.publish.report.model import ChapterPage, Row

FOLDER = Path(__file__).parent
ALTERNATIVE = re.compile(r'(<title id="[^"]*">)([^<]*)</title>(<desc id="[^"]*">)([^<]*)</desc>')


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
    made.filters |= {"parts": _parts, "json": _json, "svg": Markup, "html": Markup}
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
    """The page for the PDF: drawings have title and description as one alternative text, nothing for machines."""
    page = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
    return ALTERNATIVE.sub(lambda m: f"{m[1]}{m[2]}. {m[4]}</title>{m[3]}{m[4]}</desc>", page)
