"""Schema ``release``: types of areas, outlook and demand, made from the shown values of an edition. Append-only."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import STATUS, Base, one_of


class Typology(Base):
    """How the units of a version were put into types, and how well that is founded."""

    __tablename__ = "typology"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(types, silhouette, rand_units, rand_counts, structured, firm) = 0",
            name="withheld_is_absent",
        ),
        Index("uq_typology_cell", "edition_id", "version_id", "typology_code", unique=True),
        {"schema": "release", "comment": "Typologies by edition and district version (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as typologie_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id"))
    typology_code: Mapped[str] = mapped_column(Text, comment="Code in the catalogue")
    title: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(comment="Units that show all indicators")
    types: Mapped[int | None] = mapped_column()
    silhouette: Mapped[float | None] = mapped_column(comment="Mean silhouette, -1 to 1")
    structured: Mapped[bool | None] = mapped_column(comment="Whether the gap statistic prefers types to none")
    rand_units: Mapped[float | None] = mapped_column(comment="Mean adjusted Rand index, units drawn with replacement")
    rand_counts: Mapped[float | None] = mapped_column(comment="The same with cases drawn anew")
    firm: Mapped[bool | None] = mapped_column(comment="Whether the Rand index reaches the typology's limit")
    reason: Mapped[str] = mapped_column(Text, comment="In German: why so many types and how firm they are")


class TypeValue(Base):
    """The type of a unit; numbers are there only where it is gueltig."""

    __tablename__ = "type_value"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint("status = 'gueltig' OR num_nonnulls(type_no, share) = 0", name="withheld_is_absent"),
        Index("uq_type_value_cell", "typology_id", "unit_id", unique=True),
        {"schema": "release", "comment": "Types of units by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as typ_wert_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    typology_id: Mapped[int] = mapped_column(ForeignKey("release.typology.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    status: Mapped[str] = mapped_column(Text)
    type_no: Mapped[int | None] = mapped_column(comment="1 is the largest type")
    share: Mapped[float | None] = mapped_column(comment="Share of repeated runs in which the unit keeps its type")


class TypeDescription(Base):
    """A type in words."""

    __tablename__ = "type_description"
    __table_args__ = ({"schema": "release", "comment": "Types in words by edition (append-only)"},)

    typology_id: Mapped[int] = mapped_column(ForeignKey("release.typology.id"), primary_key=True)
    type_no: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    units: Mapped[int] = mapped_column(comment="Units of the type")
    name: Mapped[str] = mapped_column(Text, comment="German, short and neutral")
    description: Mapped[str] = mapped_column(Text, comment="German, from the largest deviations")


class TypeProfile(Base):
    """How a type deviates from the mean of all units in one indicator."""

    __tablename__ = "type_profile"
    __table_args__ = (
        Index("uq_type_profile_cell", "typology_id", "type_no", "indicator_id", unique=True),
        {"schema": "release", "comment": "Profiles of types by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as typprofil_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    typology_id: Mapped[int] = mapped_column(ForeignKey("release.typology.id"))
    type_no: Mapped[int] = mapped_column()
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    mean: Mapped[float] = mapped_column(comment="Mean of the type's units, unweighted, in the indicator's unit")
    deviation: Mapped[float] = mapped_column(comment="Mean z value: standard deviations from the mean of all units")


class ForecastRun(Base):
    """What a projection of an edition assumes, by scenario."""

    __tablename__ = "forecast_run"
    __table_args__ = (
        Index("uq_forecast_run_cell", "edition_id", "scenario", unique=True),
        {"schema": "release", "comment": "Scenarios of the projection by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as szenario_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    scenario: Mapped[str] = mapped_column(Text, comment="Code in the catalogue")
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    base_year: Mapped[int] = mapped_column(comment="Projected from 31 December of this year")
    fitted_from: Mapped[int] = mapped_column(comment="First stock of the base years, 31 December")
    fertility: Mapped[float] = mapped_column(comment="Factor on births")
    mortality_change: Mapped[float] = mapped_column(comment="Change of the chance to die a year, -0.01: 1 % less")
    gains: Mapped[float] = mapped_column(comment="Factor on net in-migration")
    losses: Mapped[float] = mapped_column(comment="Factor on net out-migration")
    housing: Mapped[float] = mapped_column(comment="Factor on the table of new dwellings")


class Forecast(Base):
    """Projected persons of a unit, rounded to tens."""

    __tablename__ = "forecast"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint("(status = 'gueltig') = (persons IS NOT NULL)", name="withheld_is_absent"),
        Index("uq_forecast_cell", "edition_id", "unit_id", "scenario", "year", "age_group", unique=True),
        {"schema": "release", "comment": "Population projection by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as prognose_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    scenario: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(comment="31 December of this year")
    age_group: Mapped[str] = mapped_column(Text, comment="insgesamt or ages as in a00_03")
    status: Mapped[str] = mapped_column(Text)
    persons: Mapped[int | None] = mapped_column(comment="Rounded to tens")


class ForecastError(Base):
    """How far a projection from an earlier year would have been off, beside two simple guesses."""

    __tablename__ = "forecast_error"
    __table_args__ = (
        Index("uq_forecast_error_cell", "edition_id", "unit_id", "age_group", "method", unique=True),
        {"schema": "release", "comment": "Backtest of the projection by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as prognosefehler_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    age_group: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text, comment="Kohorten, wie im letzten Jahr, linearer Trend")
    base_year: Mapped[int] = mapped_column()
    target_year: Mapped[int] = mapped_column()
    projected: Mapped[int] = mapped_column(comment="Persons, rounded to tens")
    actual: Mapped[float] = mapped_column(comment="Persons that the edition shows")
    percent: Mapped[float | None] = mapped_column(comment="Error in percent of actual, before rounding to tens")


class Demand(Base):
    """Children, demand and places of a unit."""

    __tablename__ = "demand"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint("(status = 'gueltig') = (children IS NOT NULL)", name="withheld_is_absent"),
        Index("uq_demand_cell", "edition_id", "unit_id", "scenario", "year", "kind", unique=True),
        {"schema": "release", "comment": "Demand for places by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as bedarf_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    scenario: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(comment="31 December of this year")
    kind: Mapped[str] = mapped_column(Text, comment="Code of the group of children in the catalogue")
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    children: Mapped[int | None] = mapped_column(comment="Rounded to tens")
    quota: Mapped[float | None] = mapped_column(comment="Share of the children who want a place, 0 to 1")
    needed: Mapped[int | None] = mapped_column(comment="Places, rounded to tens")
    places: Mapped[float | None] = mapped_column(comment="Places that the edition shows, where they stand")
    places_period: Mapped[str | None] = mapped_column(Text, comment="Period of the places")
    balance: Mapped[int | None] = mapped_column(comment="places - needed, rounded to tens")
