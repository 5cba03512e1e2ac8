"""Files of the test catalogue, taken in as any delivery is, and what is computed from them."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from etl.catalogue import AreaForm, Catalogue, RecordForm
from etl.intake.deliver import deliver

KATALOG = Path(__file__).parent / "katalog"
_number = itertools.count(1)


def take_in(  # noqa: PLR0917
    connection: Connection, catalogue: Catalogue, folder: Path, source: str, day: str, rows: list[tuple[Any, ...]]
) -> int:
    """Write a file of the source and deliver it for a day (``yyyy-mm-dd``); returns the delivery.

    Rows of records: block, one value a dimension, number. Rows of areas: area, one value a column.
    """
    form = catalogue.source[source].forms[0]
    if isinstance(form, RecordForm):
        header = ["block", *(d.column for d in form.dimensions.values()), "anzahl"]
    else:
        assert isinstance(form, AreaForm)
        header = ["gebiet", *form.values]
    path = folder / f"{source}_{next(_number)}.csv"
    path.write_text("\n".join(";".join(map(str, line)) for line in [header, *rows]) + "\n", encoding="utf-8")
    return deliver(connection, catalogue, source, path, reference_date=date.fromisoformat(day)).delivery


def computed(connection: Connection, indicator: str, unit: str, period: str, group: str = "insgesamt") -> Any:
    """The computed row of an indicator, before protection; None where there is none."""
    return connection.execute(
        text("""
        SELECT v.* FROM warehouse.indicator_value v JOIN catalogue.indicator i ON i.id = v.indicator_id
        JOIN geo.unit u ON u.id = v.unit_id
        WHERE i.code = :indicator AND u.key = :unit AND v.period = :period AND v.group_code = :group
        """),
        {"indicator": indicator, "unit": unit, "period": period, "group": group},
    ).one_or_none()


def periods(connection: Connection, indicator: str, unit: str) -> dict[str, str]:
    """Periods of an indicator's values for a unit, with their status."""
    rows = connection.execute(
        text("""
        SELECT v.period, v.status FROM warehouse.indicator_value v JOIN catalogue.indicator i ON i.id = v.indicator_id
        JOIN geo.unit u ON u.id = v.unit_id
        WHERE i.code = :indicator AND u.key = :unit AND v.group_code = 'insgesamt' ORDER BY 1
        """),
        {"indicator": indicator, "unit": unit},
    )
    return {period: status for period, status in rows}


def counted(connection: Connection, measure: str, unit: str, period: str, group: str = "insgesamt") -> Any:
    """The aggregated count of a measure; None where there is none."""
    return connection.execute(
        text("""
        SELECT c.value, c.status, c.quality, c.reference_date FROM warehouse.unit_count c
        JOIN catalogue.measure m ON m.id = c.measure_id JOIN geo.unit u ON u.id = c.unit_id
        WHERE m.code = :measure AND u.key = :unit AND c.period = :period AND c.group_code = :group
        """),
        {"measure": measure, "unit": unit, "period": period, "group": group},
    ).one_or_none()


def published(connection: Connection, indicator: str, unit: str) -> tuple[Any, ...]:
    """What the current edition holds of an indicator's newest value: numerator, denominator, value, status."""
    row = connection.execute(
        text("""
        SELECT v.numerator, v.denominator, v.value, v.status FROM release.value v
        JOIN release.edition e ON e.id = v.edition_id AND e.status = 'published'
        JOIN catalogue.indicator i ON i.id = v.indicator_id JOIN geo.unit u ON u.id = v.unit_id
        WHERE i.code = :indicator AND u.key = :unit ORDER BY v.period DESC LIMIT 1
        """),
        {"indicator": indicator, "unit": unit},
    ).one()
    return tuple(row)
