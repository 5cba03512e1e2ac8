"""Schema ``catalogue``: what the YAML catalogue declares, as tables, so that views can show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import Base


class City(Base):
    """The one city of this database."""

    __tablename__ = "city"
    __table_args__ = ({"schema": "catalogue", "comment": "The city of this database (one row)"},)

    ags: Mapped[str] = mapped_column(Text, primary_key=True, comment="Official municipality key, 8 digits")
    name: Mapped[str] = mapped_column(Text)
    catalogue_sha256: Mapped[str] = mapped_column(Text, comment="Hash over the catalogue files last synchronised")
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Confidentiality policy in force")


class Owner(Base):
    """An office that owns data."""

    __tablename__ = "owner"
    __table_args__ = ({"schema": "catalogue", "comment": "Offices that own data"},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)


class Source(Base):
    """A source of deliveries."""

    __tablename__ = "source"
    __table_args__ = ({"schema": "catalogue", "comment": "Sources of deliveries"},)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(ForeignKey("catalogue.owner.code"))
    periodicity: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str | None] = mapped_column(Text)
    smallest_level: Mapped[str] = mapped_column(Text, comment="Smallest level at which it may be kept")
    reference: Mapped[str] = mapped_column(Text, server_default="stock", comment="stock or flow")
    reference_day: Mapped[str | None] = mapped_column(Text, comment="Reference day of a yearly stock, MM-DD")
    note: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    place: Mapped[str] = mapped_column(Text, server_default="wohnort", comment="wohnort, standort, arbeitsort")
    first_year: Mapped[int | None] = mapped_column(comment="First year for which it is expected")
    due_days: Mapped[int] = mapped_column(
        server_default="120", comment="Days after the reference date until a delivery is due"
    )
    delivery: Mapped[str | None] = mapped_column(Text, comment="How and when it is to be delivered")
    quality: Mapped[str | None] = mapped_column(Text, comment="What is required of the data's quality")
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'::jsonb"), comment="Breaks in the definition: since, reason"
    )
    estimate: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Values by area are estimates (spread over areas, perturbed)"
    )
    assumed: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="The layout of a form is not public and assumed"
    )


class Theme(Base):
    """A field of action of the report."""

    __tablename__ = "theme"
    __table_args__ = ({"schema": "catalogue", "comment": "Themes (Handlungsfelder)"},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    rank: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(Text)


class Measure(Base):
    """Something counted or summed from one source."""

    __tablename__ = "measure"
    __table_args__ = ({"schema": "catalogue", "comment": "Measures: additive counts and sums"},)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(ForeignKey("catalogue.source.code"), comment="None: from geometry")
    kind: Mapped[str] = mapped_column(Text, comment="count (persons, cases), sum, area_km2")
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Indicator(Base):
    """A published figure, derived from measures."""

    __tablename__ = "indicator"
    __table_args__ = (UniqueConstraint("code"), {"schema": "catalogue", "comment": "Indicators"})

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    theme: Mapped[str] = mapped_column(ForeignKey("catalogue.theme.code"))
    rank: Mapped[int] = mapped_column(comment="Order within the theme")
    title: Mapped[str] = mapped_column(Text)
    definition: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, comment="anzahl, anteil, quotient, mittelwert, veraenderung, ...")
    numerator_text: Mapped[str] = mapped_column(Text)
    denominator_text: Mapped[str | None] = mapped_column(Text)
    factor: Mapped[float] = mapped_column()
    unit: Mapped[str] = mapped_column(Text)
    polarity: Mapped[str] = mapped_column(Text, comment="gut, schlecht, neutral")
    decimals: Mapped[int] = mapped_column()
    ci_method: Mapped[str] = mapped_column(Text)
    class_breaks: Mapped[list[float]] = mapped_column(JSONB, comment="Inner class limits, ascending")
    sources: Mapped[list[str]] = mapped_column(JSONB, comment="Codes of the sources it needs")
    periodicity: Mapped[str] = mapped_column(Text)
    lowest_level: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    owner: Mapped[str | None] = mapped_column(Text, comment="Code of the responsible office")
    reference: Mapped[str] = mapped_column(
        Text, server_default="31.12.", comment="Reference date or period, as shown to readers"
    )
    source_text: Mapped[str | None] = mapped_column(Text, comment="Source as shown to readers; NULL: titles of sources")
    formula: Mapped[str] = mapped_column(Text, server_default="ratio", comment="ratio or segregation")
    pool: Mapped[int] = mapped_column(
        server_default="1", comment="Successive periods that numerator and denominator are summed over"
    )
    disclosure_risk: Mapped[str] = mapped_column(Text, server_default="mittel", comment="gering to sehr_hoch")
    index_part: Mapped[str | None] = mapped_column(Text, comment="Part of an index that it is (S1, S2, ...)")
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        server_default=text("'[]'::jsonb"),
        comment="Breaks in the definition, of the indicator and of its sources: since, reason, source",
    )
    gap: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="Why it cannot be computed, what would help, whom to ask"
    )
    comparison: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="The same figure for comparison areas"
    )
    place: Mapped[str] = mapped_column(Text, server_default="wohnort", comment="Where the numerator lies")


class SocialIndex(Base):
    """An index that joins indicators."""

    __tablename__ = "social_index"
    __table_args__ = ({"schema": "catalogue", "comment": "Indices that join indicators"},)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    needs: Mapped[list[str]] = mapped_column(JSONB, comment="Codes of the indicators or indices it is made of")
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="As declared in the catalogue")
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Replaceable(Base):
    """Which functions and views stand: the hash of their texts (one row), so that an unchanged set is left alone."""

    __tablename__ = "replaceable"
    __table_args__ = ({"schema": "catalogue", "comment": "Hash of the functions and views last built (one row)"},)

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    built_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
