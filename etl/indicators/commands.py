"""The command ``compute``."""

from __future__ import annotations

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.indicators.compute import compute as compute_indicators
from etl.warehouse.session import prepared_engine


def compute() -> None:
    """Kennzahlen aus allen gültigen Lieferungen neu berechnen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        number = compute_indicators(connection, catalogue)
    tell(f"{number} Kennzahlenwerte berechnet.", werte=number)
