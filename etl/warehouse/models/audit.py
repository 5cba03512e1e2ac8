"""Schema ``audit`` (restricted): the hash-chained log of who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import Base


class AuditEntry(Base):
    """One thing done. All but action, object and detail is filled in by the trigger of ``audit_log.sql``."""

    __tablename__ = "entry"
    __table_args__ = ({"schema": "audit", "comment": "Audit log: one hash chain, append-only"},)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="Without gaps from 1")
    at: Mapped[datetime] = mapped_column(comment="The server's clock when it was written")
    actor: Mapped[str] = mapped_column(Text, comment="Who logged in")
    role: Mapped[str] = mapped_column(Text, comment="In which role")
    application: Mapped[str] = mapped_column(Text, comment="With which program")
    action: Mapped[str] = mapped_column(Text)
    object: Mapped[str] = mapped_column(Text, comment="What it was done to")
    detail: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="More about it; nothing about persons, no withheld figure"
    )
    clock_behind_ms: Mapped[int | None] = mapped_column(
        BigInteger, comment="Milliseconds by which the clock had jumped back since the entry before"
    )
    previous_sha256: Mapped[str] = mapped_column(Text, comment="Hash of the entry before; zeros for the first")
    sha256: Mapped[str] = mapped_column(Text, comment="Hash over all columns above")
