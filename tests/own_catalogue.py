"""The shipped catalogue on a database of a test."""

from __future__ import annotations

import shutil
from pathlib import Path

from etl.settings import DEFAULT_CATALOGUE

SHIPPED = "\n  database: sozialbericht\n"


def catalogue_for(database: str, folder: Path, products: str = "") -> Path:
    """A copy in ``folder`` that names ``database``, and only these ``products`` (a list as YAML) if any are given."""
    shutil.copytree(DEFAULT_CATALOGUE, folder)
    file = folder / "city.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(SHIPPED) == 1
    chosen = f"  products: {products}\n" if products else ""
    file.write_text(text.replace(SHIPPED, f"\n  database: {database}\n{chosen}"), encoding="utf-8")
    return folder
