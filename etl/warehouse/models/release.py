"""Schema ``release``: what readers may see. True values of withheld cells are physically absent here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import QUALITY, STATUS, Base, one_of

EDITION_STATUS = ("draft", "published", "superseded", "withdrawn")


COMPARED = ("hoeher", "niedriger", "nicht_unterscheidbar")
TREND = ("steigend", "fallend", "kein_trend")


class Edition(Base):
    """A release of the report's figures; exactly one is published."""

    __tablename__ = "edition"
    __table_args__ = (
        one_of("status", EDITION_STATUS),
        Index("uq_edition_published", "status", unique=True, postgresql_where=text("status = 'published'")),
        {"schema": "release", "comment": "Releases (editions) of the published figures"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    label: Mapped[str] = mapped_column(Text, unique=True, comment="Shown to users as stand")
    status: Mapped[str] = mapped_column(Text, server_default="draft")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    catalogue_sha256: Mapped[str] = mapped_column(Text)
    deliveries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="Deliveries it was made from")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    created_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))
    published_at: Mapped[datetime | None] = mapped_column()


class Value(Base):
    """A protected indicator value of an edition."""

    __tablename__ = "value"
    __table_args__ = (
        one_of("status", STATUS),
        one_of("quality", QUALITY),
        CheckConstraint(
            "status IN ('gueltig', 'unsicher') OR num_nonnulls(numerator, denominator, value, class_no) = 0",
            name="withheld_is_absent",
        ),
        one_of("compared", COMPARED),
        one_of("trend", TREND),
        CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(ci_lower, ci_upper, compared, trend) = 0",
            name="no_interval_where_withheld",
        ),
        Index("uq_value_cell", "edition_id", "unit_id", "indicator_id", "group_code", "period", unique=True),
        Index("ix_value_indicator", "edition_id", "indicator_id", "period"),
        {"schema": "release", "comment": "Protected values by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as wert_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    group_code: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    reference_date: Mapped[date | None] = mapped_column()
    numerator: Mapped[float | None] = mapped_column(Double)
    denominator: Mapped[float | None] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double, comment="Rounded as the catalogue says")
    status: Mapped[str] = mapped_column(Text)
    quality: Mapped[str] = mapped_column(Text)
    class_no: Mapped[int | None] = mapped_column(comment="Class by the indicator's fixed breaks, from 1")
    ci_lower: Mapped[float | None] = mapped_column(Double, comment="Lower limit of the 95 % confidence interval")
    ci_upper: Mapped[float | None] = mapped_column(Double, comment="Upper limit of the 95 % confidence interval")
    compared: Mapped[str | None] = mapped_column(Text, comment="Interval against the value of the city")
    trend: Mapped[str | None] = mapped_column(Text, comment="Trend over the five years that end with this one")


class UnitPopulation(Base):
    """Newest published population of a unit, for ``gebiet.einwohner``."""

    __tablename__ = "unit_population"
    __table_args__ = ({"schema": "release", "comment": "Published population by unit and edition"},)

    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"), primary_key=True)
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    persons: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
