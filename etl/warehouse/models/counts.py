"""Schema ``warehouse`` (restricted): counts at the smallest unit, aggregates by unit, indicator values.

Counts and what is computed from them have no foreign keys to deliveries, measures, indicators and periods: checking
each row took longer than counting. ``sql/checks/counts_refer_to_known.sql`` asks for all of them at once. Blocks and
units of counts are kept by the trigger ``geo.keep_counted``.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Identity, Index, Text
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import QUALITY, STATUS, Base, one_of

DEFAULT_GROUP = "insgesamt"


class Count(Base):
    """A measure's count in the smallest unit that its delivery has.

    Exactly one of three: by block; by unit of a level; or neither (persons without a locatable address).
    Zero counts by block are not stored: an active delivery covers the whole city.
    """

    __tablename__ = "count"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint("num_nonnulls(block_id, unit_id) <= 1", name="one_place"),
        CheckConstraint("(value IS NULL) = (status NOT IN ('gueltig', 'unsicher'))", name="value_has_status"),
        CheckConstraint(
            "(value IS NULL OR num_nonnulls(at_least, at_most) = 0) AND (at_least <= at_most) IS NOT FALSE",
            name="bounds_where_unknown",
        ),
        Index("ix_count_delivery_id", "delivery_id"),
        {"schema": "warehouse", "comment": "Additive counts by smallest unit"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[int] = mapped_column()
    measure_id: Mapped[int] = mapped_column()
    group_code: Mapped[str] = mapped_column(Text, server_default=DEFAULT_GROUP)
    period: Mapped[str] = mapped_column(Text, comment="2025, 2025-Q1, 2024/25")
    block_id: Mapped[int | None] = mapped_column()
    unit_id: Mapped[int | None] = mapped_column()
    value: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text, server_default="gueltig")
    at_least: Mapped[float | None] = mapped_column(Double, comment="Of a value that is not known: not below this")
    at_most: Mapped[float | None] = mapped_column(Double, comment="Of a value that is not known: not above this")


class Period(Base):
    """A period: half-open range of days; a stock has a reference date besides."""

    __tablename__ = "period"
    __table_args__ = ({"schema": "warehouse", "comment": "Periods of the counts"},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)


class UnitCount(Base):
    """A measure aggregated to a unit of any level, recomputed from ``count``."""

    __tablename__ = "unit_count"
    __table_args__ = (
        one_of("status", STATUS),
        one_of("quality", QUALITY),
        {"schema": "warehouse", "comment": "Measures aggregated to units"},
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"), primary_key=True)
    measure_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    group_code: Mapped[str] = mapped_column(Text, primary_key=True, server_default=DEFAULT_GROUP)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text, server_default="gueltig")
    quality: Mapped[str] = mapped_column(Text, server_default="exakt")
    reference_date: Mapped[date | None] = mapped_column(comment="For stocks")


class IndicatorValue(Base):
    """An indicator for a unit, group and period, before protection."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        one_of("status", STATUS),
        one_of("quality", QUALITY),
        Index("ix_indicator_value_unit_id", "unit_id"),
        {"schema": "warehouse", "comment": "Indicators before protection (restricted)"},
    )

    indicator_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"), primary_key=True)
    group_code: Mapped[str] = mapped_column(Text, primary_key=True, server_default=DEFAULT_GROUP)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    reference_date: Mapped[date | None] = mapped_column()
    numerator: Mapped[float | None] = mapped_column(Double)
    denominator: Mapped[float | None] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double, comment="numerator / denominator * factor, unrounded")
    status: Mapped[str] = mapped_column(Text)
    quality: Mapped[str] = mapped_column(Text)
    smallest_count: Mapped[float | None] = mapped_column(
        Double, comment="Smallest count of persons or cases that the value is made of"
    )
    smallest_nonzero: Mapped[float | None] = mapped_column(Double, comment="The same without zeros")
    smallest_agency: Mapped[float | None] = mapped_column(
        Double, comment="Smallest count from files that withhold small counts of their own"
    )
    smallest_base: Mapped[float | None] = mapped_column(
        Double, comment="Denominator, where it is made of persons or cases"
    )
