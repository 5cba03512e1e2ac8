"""Schema ``release``: what readers may see. True values of withheld cells are physically absent here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import QUALITY, STATUS, Base, one_of

EDITION_STATUS = ("draft", "approved", "published", "superseded", "withdrawn", "discarded")
EVENTS = ("created", "audited", "approved", "published", "superseded", "withdrawn", "discarded")


COMPARED = ("hoeher", "niedriger", "nicht_unterscheidbar")
TREND = ("steigend", "fallend", "kein_trend")
CI_NOTE = (
    "unsicher", "geschaetzt", "saldo", "streuung", "bestand", "teile_fehlen", "mehr_faelle", "passt_nicht",
)  # fmt: skip
"""Why a value that is shown has no limits."""
COMPARISONS = ("compared_rest", "compared_parent", "changed_1", "changed_3", "changed_5")
"""Columns with the words of ``COMPARED`` besides ``compared``."""
DERIVED_COLUMNS = (
    "ci998_lower", "ci998_upper", *COMPARISONS, "p_value", "p_adjusted", "shrunk", "shrunk_to",
    "change_1", "change_1_lower", "change_1_upper", "change_3", "change_3_lower", "change_3_upper",
    "change_5", "change_5_lower", "change_5_upper",
)  # fmt: skip


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
    code_version: Mapped[str | None] = mapped_column(Text, comment="Program that made it, with its commit")
    indicators: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        server_default=text("'[]'::jsonb"),
        comment="What its indicators meant: their entries in the catalogue",
    )
    geometry: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        server_default=text("'[]'::jsonb"),
        comment="District versions that it shows: label, units, hash of their outlines",
    )
    figures_sha256: Mapped[str | None] = mapped_column(Text, comment="Of all it says, but for marks of corrections")
    content_sha256: Mapped[str | None] = mapped_column(Text, comment="Of all it says; set when it is sealed")
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    withdrawn_reason: Mapped[str | None] = mapped_column(Text, comment="In German, for readers")
    values_closed: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Withdrawn because its values must not be read any more"
    )


class Event(Base):
    """What happened to a release, when and by whom; the database numbers, dates, signs and chains each row."""

    __tablename__ = "event"
    __table_args__ = (
        one_of("kind", EVENTS),
        {"schema": "release", "comment": "What happened to releases: one hash chain, append-only"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="Without gaps from 1")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(comment="The server's clock when it was written")
    actor: Mapped[str] = mapped_column(Text, comment="Who logged in")
    role: Mapped[str] = mapped_column(Text, comment="In which role")
    content_sha256: Mapped[str | None] = mapped_column(Text, comment="Of the release at that time")
    detail: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="More about it; no withheld figure"
    )
    clock_behind_ms: Mapped[int | None] = mapped_column(
        BigInteger, comment="Milliseconds by which the clock had jumped back since the event before"
    )
    previous_sha256: Mapped[str] = mapped_column(Text, comment="Hash of the event before; zeros for the first")
    sha256: Mapped[str] = mapped_column(Text, comment="Hash over all columns above")


class FrozenCount(Base):
    """A measure of a unit as it was when a release was made, so that its values can be computed again."""

    __tablename__ = "frozen_count"
    __table_args__ = (
        one_of("status", STATUS),
        one_of("quality", QUALITY),
        {"schema": "warehouse", "comment": "Counts that a release was made from (restricted, append-only)"},
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"), primary_key=True)
    # no key to units: a version that nothing shows any more may go, its frozen counts stay
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(Text, primary_key=True, comment="Code of the measure")
    group_code: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text)
    quality: Mapped[str] = mapped_column(Text)
    reference_date: Mapped[date | None] = mapped_column()


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
        *(one_of(column, COMPARED) for column in COMPARISONS),
        one_of("ci_note", CI_NOTE),
        CheckConstraint(
            f"status = 'gueltig' OR num_nonnulls({', '.join(DERIVED_COLUMNS)}) = 0",
            name="nothing_derived_where_withheld",
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
    ci998_lower: Mapped[float | None] = mapped_column(Double, comment="Lower limit of the 99.8 % confidence interval")
    ci998_upper: Mapped[float | None] = mapped_column(Double, comment="Upper limit of the 99.8 % confidence interval")
    ci_note: Mapped[str | None] = mapped_column(Text, comment="Why there are no limits")
    compared_rest: Mapped[str | None] = mapped_column(Text, comment="Difference to the city without the unit")
    compared_parent: Mapped[str | None] = mapped_column(
        Text, comment="Interval against the value of the area above, unless that is the city"
    )
    p_value: Mapped[float | None] = mapped_column(Double, comment="Of the difference to the city without the unit")
    p_adjusted: Mapped[float | None] = mapped_column(
        Double, comment="Benjamini-Hochberg over units of a level and indicators of a year"
    )
    shrunk: Mapped[float | None] = mapped_column(
        Double, comment="Share drawn towards the area around (logit, empirical Bayes), beside the counted one"
    )
    shrunk_to: Mapped[int | None] = mapped_column(ForeignKey("geo.unit.id"), comment="Area that the share is drawn to")
    change_1: Mapped[float | None] = mapped_column(Double, comment="Change since one year before")
    change_1_lower: Mapped[float | None] = mapped_column(Double, comment="Its lower limit, 95 %")
    change_1_upper: Mapped[float | None] = mapped_column(Double, comment="Its upper limit, 95 %")
    changed_1: Mapped[str | None] = mapped_column(Text, comment="What its interval says")
    change_3: Mapped[float | None] = mapped_column(Double, comment="Change since three years before")
    change_3_lower: Mapped[float | None] = mapped_column(Double, comment="Its lower limit, 95 %")
    change_3_upper: Mapped[float | None] = mapped_column(Double, comment="Its upper limit, 95 %")
    changed_3: Mapped[str | None] = mapped_column(Text, comment="What its interval says")
    change_5: Mapped[float | None] = mapped_column(Double, comment="Change since five years before")
    change_5_lower: Mapped[float | None] = mapped_column(Double, comment="Its lower limit, 95 %")
    change_5_upper: Mapped[float | None] = mapped_column(Double, comment="Its upper limit, 95 %")
    changed_5: Mapped[str | None] = mapped_column(Text, comment="What its interval says")
    corrected: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Differs from what the release before showed"
    )
    provisional: Mapped[bool] = mapped_column(server_default=text("false"), comment="Rests on a provisional delivery")


class Trend(Base):
    """The trend of a unit's indicator over the five years that end with ``last_period``."""

    __tablename__ = "trend"
    __table_args__ = (
        one_of("direction", TREND),
        Index("uq_trend_cell", "edition_id", "unit_id", "indicator_id", "group_code", "last_period", unique=True),
        {"schema": "release", "comment": "Trends by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as trend_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    group_code: Mapped[str] = mapped_column(Text)
    first_period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    last_period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    points: Mapped[int] = mapped_column(comment="Yearly values that the trend rests on")
    slope: Mapped[float] = mapped_column(Double, comment="Weighted straight line: indicator's unit a year")
    slope_lower: Mapped[float] = mapped_column(Double, comment="Its lower limit, 95 %")
    slope_upper: Mapped[float] = mapped_column(Double, comment="Its upper limit, 95 %")
    direction: Mapped[str] = mapped_column(Text, comment="By the test at 99.8 % and all fits without one year")
    chi2: Mapped[float] = mapped_column(Double, comment="Of the test for trend, one degree of freedom")
    p_value: Mapped[float] = mapped_column(Double)
    p_adjusted: Mapped[float] = mapped_column(
        Double, comment="Benjamini-Hochberg over units of a level and indicators with the same last year"
    )


class UnitPopulation(Base):
    """Newest published population of a unit, for ``gebiet.einwohner``."""

    __tablename__ = "unit_population"
    __table_args__ = ({"schema": "release", "comment": "Published population by unit and edition"},)

    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"), primary_key=True)
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    persons: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
