"""Schema ``intake`` (restricted): deliveries, located rows, rejected rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import Base, one_of

DELIVERY_STATUS = ("active", "superseded")


class Delivery(Base):
    """One delivered file of a source for a reference date."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("status", DELIVERY_STATUS),
        UniqueConstraint("source", "sha256", "reference_date"),
        Index(
            "uq_delivery_active",
            "source",
            "reference_date",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        {"schema": "intake", "comment": "Journal of deliveries"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("catalogue.source.code"))
    form: Mapped[str] = mapped_column(Text, comment="Which of the source's forms the file has")
    reference_date: Mapped[date] = mapped_column()
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    rows_read: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rows_accepted: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rows_rejected: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rows_ignored: Mapped[int] = mapped_column(
        BigInteger, server_default=text("0"), comment="Correct rows the source's mapping leaves out on purpose"
    )
    rows_unlocated: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    status: Mapped[str] = mapped_column(Text, server_default="active")
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("intake.delivery.id"))
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    mapping_sha256: Mapped[str] = mapped_column(Text, comment="Hash of the source's mapping when it was read")
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    received_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))
    purged_at: Mapped[datetime | None] = mapped_column(comment="When its rows were deleted for good")
    purged_by: Mapped[str | None] = mapped_column(Text)


class DimensionCell(Base):
    """A combination of dimension values of a source, stored once; rows refer to it by number."""

    __tablename__ = "dimension_cell"
    __table_args__ = (
        UniqueConstraint("source", "dims"),
        {"schema": "intake", "comment": "Combinations of dimension values, for example age, sex and nationality"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("catalogue.source.code"))
    dims: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Record(Base):
    """Located, counted rows: nothing finer than the block is kept. ``block_id`` NULL: not locatable.

    One row a block: the dimension cells that occur in it and the persons in each, in two arrays of equal length. A row
    a block and cell would be a hundred times as many rows. Each delivery has an unlogged partition of its own
    (``etl/intake/partitions.py``); a foreign key would lock what it refers to while the partition is attached.
    """

    __tablename__ = "record"
    __table_args__ = (
        CheckConstraint("cardinality(cells) = cardinality(counts)", name="equal_length"),
        {
            "schema": "intake",
            "comment": "Rows of the deliveries, counted by block and dimension cell; an unlogged partition a delivery",
            "postgresql_partition_by": "LIST (delivery_id)",
        },
    )

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=text("nextval('intake.record_id_seq')")
    )
    block_id: Mapped[int | None] = mapped_column()
    cells: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="Ids of intake.dimension_cell")
    counts: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="Persons or cases in each of the cells")


class RejectedRow(Base):
    """A row that could not be taken in, with the reason in German."""

    __tablename__ = "rejected_row"
    __table_args__ = (
        {
            "schema": "intake",
            "comment": "Quarantined rows; an unlogged partition a delivery",
            "postgresql_partition_by": "LIST (delivery_id)",
        },
    )

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=text("nextval('intake.rejected_row_id_seq')")
    )
    line: Mapped[int | None] = mapped_column(BigInteger, comment="Line in the file; the header is line 1")
    column_name: Mapped[str | None] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    weight: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
