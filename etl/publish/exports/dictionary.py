"""The data dictionary: every view, column and indicator in one accessible HTML page."""

from __future__ import annotations

from pathlib import Path

import jinja2

from etl.catalogue import Catalogue
from etl.publish import german
from etl.publish.exports.tables import exported
from etl.publish.source import Source

TEMPLATE = "dictionary.html.j2"


def write_dictionary(source: Source, catalogue: Catalogue, path: Path) -> Path:
    """Write the page from the comments of the views and the catalogue."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    indicators = source.frame("kennzahl").to_dicts()
    page = environment.get_template(TEMPLATE).render(
        city=catalogue.city, edition=source.edition, views=exported(source), indicators=indicators,
        status=german.STATUS, quality=german.QUALITY, polarity=german.POLARITY,
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")
    return path
