"""Schema ``warehouse``: why values are withheld, and the patterns found so far. For the statistics office only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Identity, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import Base, one_of

PARTS = ("numerator", "denominator", "complement", "formula", "value")
RULES = (
    "klein", "glied", "wenige_einwohner", "zurueckgehalten", "beitragende", "dominanz", "kleiner_nenner", "schutz",
    "frueher", "bezirke",
)  # fmt: skip


class HiddenCell(Base):
    """Why a part of a withheld value of an edition is hidden."""

    __tablename__ = "hidden_cell"
    __table_args__ = (
        one_of("part", PARTS),
        one_of("rule", RULES),
        Index("ix_hidden_cell_value", "edition_id", "indicator", "unit_id", "group_code", "period"),
        {"schema": "warehouse", "comment": "Why values of a release are withheld (restricted, append-only)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("release.edition.id"))
    indicator: Mapped[str] = mapped_column(Text, comment="Code; EINWOHNER for the inhabitants in the view of the units")
    # no key to units: a version that nothing shows any more may go, the reasons stay
    unit_id: Mapped[int] = mapped_column()
    group_code: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    part: Mapped[str] = mapped_column(Text, comment="Which part of the value is hidden; value: the value as a whole")
    value: Mapped[float | None] = mapped_column(
        Double, comment="True count; withheld by who delivered it: a possible one"
    )
    rule: Mapped[str] = mapped_column(Text)
    protects: Mapped[list[dict[str, object]]] = mapped_column(
        JSONB, comment="Cells that it helps to hide: name, group, unit, year"
    )


class SolvedPart(Base):
    """The pattern of a part of the linear system, by its digest, so that it is not sought twice."""

    __tablename__ = "solved_part"
    __table_args__ = ({"schema": "warehouse", "comment": "Patterns found, by the digest of their part (restricted)"},)

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    hidden: Mapped[bytes] = mapped_column(LargeBinary, comment="A bit for each cell, packed")
    cells: Mapped[int] = mapped_column()
    price: Mapped[float] = mapped_column(Double)
    bound: Mapped[float] = mapped_column(Double)
    weak: Mapped[list[int]] = mapped_column(JSONB, comment="Cells that cannot be protected in full")
