"""Protection of a release: which computed values it shows and which it withholds."""

from __future__ import annotations

from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.confidentiality import threshold


def protect(connection: Connection, catalogue: Catalogue) -> None:
    """Fill the temporary table ``protected_value``: all released values, the withheld ones without any number."""
    threshold.protect(connection, catalogue)
