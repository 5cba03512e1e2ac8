"""Schema ``release``: figures made from the shown values of an edition. Append-only like the values."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import STATUS, Base, one_of

MEASURES = ("dissimilaritaet", "isolation", "gini", "theil", "moran")


class IndexValue(Base):
    """An index of a unit and year; numbers are there only where it is gueltig."""

    __tablename__ = "index_value"
    __table_args__ = (
        one_of("status", STATUS),
        CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(score, class_no, rank, rank_lower, rank_upper, firmness, firm) = 0",
            name="withheld_is_absent",
        ),
        Index("uq_index_value_cell", "edition_id", "index_code", "unit_id", "period", unique=True),
        {"schema": "release", "comment": "Indices by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Published as index_wert_id")
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    index_code: Mapped[str] = mapped_column(ForeignKey("catalogue.social_index.code"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    status: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(comment="Units that took part")
    score: Mapped[float | None] = mapped_column(comment="Rounded as the index says; classes are cut before rounding")
    class_no: Mapped[int | None] = mapped_column(comment="Code of the class in the catalogue")
    rank: Mapped[int | None] = mapped_column(comment="1 has the highest score")
    rank_lower: Mapped[int | None] = mapped_column(comment="Best rank of 95 % of the repeated runs")
    rank_upper: Mapped[int | None] = mapped_column(comment="Last rank of 95 % of the repeated runs")
    firmness: Mapped[float | None] = mapped_column(comment="Share of repeated runs in which the class stays, 0 to 1")
    firm: Mapped[bool | None] = mapped_column(comment="Whether that share reaches the index's limit")
    without_part: Mapped[float | None] = mapped_column(comment="The same with one part left out")
    other_weights: Mapped[float | None] = mapped_column(comment="The same with other weights")
    other_limits: Mapped[float | None] = mapped_column(comment="The same with shifted class limits")
    other_counts: Mapped[float | None] = mapped_column(comment="The same with cases drawn anew")


class IndexPart(Base):
    """A part of a unit's index: its value and z."""

    __tablename__ = "index_part"
    __table_args__ = ({"schema": "release", "comment": "Parts of the indices by edition (append-only)"},)

    index_value_id: Mapped[int] = mapped_column(ForeignKey("release.index_value.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    part: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name within the index, for example S1")
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    value: Mapped[float] = mapped_column(comment="In the indicator's unit; change over years where the index says so")
    z: Mapped[float] = mapped_column(comment="In the direction of the index")


class Inequality(Base):
    """How unequally an indicator is spread over the units of a level."""

    __tablename__ = "inequality"
    __table_args__ = (
        one_of("measure", MEASURES),
        one_of("status", STATUS),
        CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(value, lower, upper, p_value) = 0", name="withheld_is_absent"
        ),
        Index(
            "uq_inequality_cell", "edition_id", "version_id", "level", "indicator_id", "period", "measure", unique=True
        ),
        {"schema": "release", "comment": "Inequality between units by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id"))
    level: Mapped[str] = mapped_column(Text)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    measure: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(comment="Units that took part")
    value: Mapped[float | None] = mapped_column()
    lower: Mapped[float | None] = mapped_column(comment="95 % interval of redrawn cases; none for Moran's I")
    upper: Mapped[float | None] = mapped_column()
    p_value: Mapped[float | None] = mapped_column(comment="Moran's I: two-sided, by permutation")


class Neighbourhood(Base):
    """How a unit and its neighbours stand, for the newest year of an indicator."""

    __tablename__ = "neighbourhood"
    __table_args__ = (
        Index("uq_neighbourhood_cell", "edition_id", "indicator_id", "unit_id", unique=True),
        {"schema": "release", "comment": "Local spatial association by edition (append-only)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("catalogue.indicator.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id"))
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"))
    local_i: Mapped[float] = mapped_column(comment="Local Moran's I")
    p_adjusted: Mapped[float] = mapped_column(comment="Two-sided, adjusted for testing all units")
    quadrant: Mapped[int] = mapped_column(
        comment="1 high among high, 2 low among high, 3 low among low, 4 high among low"
    )
    found: Mapped[bool] = mapped_column(comment="Adjusted p below 5 %")
