"""Print layouts of the QGIS project as plain data."""

from __future__ import annotations

from typing import Any

from etl.catalogue import Catalogue


def layouts(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The described layouts, as JSON-ready data; depends on the catalogue alone."""
    del catalogue
    return []
