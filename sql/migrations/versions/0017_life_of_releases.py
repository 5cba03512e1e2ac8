"""The life of a release: its events in a hash chain, what it was made with, its counts frozen, marks of its values

Revision ID: 0017
Revises: 0016
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | Sequence[str] | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = ("draft", "published", "superseded", "withdrawn")
STATUS = ("draft", "approved", "published", "superseded", "withdrawn", "discarded")
KINDS = ("created", "audited", "approved", "published", "superseded", "withdrawn", "discarded")
WORDS = "'gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{w}'" for w in words)


def _status(words: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_edition_status"), "edition", schema="release", type_="check")
    op.create_check_constraint(op.f("ck_edition_status"), "edition", f"status IN ({_listed(words)})", schema="release")


def upgrade() -> None:
    _status(STATUS)
    for column in (
        sa.Column("code_version", sa.Text(), nullable=True, comment="Program that made it, with its commit"),
        sa.Column(
            "indicators",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="What its indicators meant: their entries in the catalogue",
        ),
        sa.Column(
            "geometry",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="District versions that it shows: label, units, hash of their outlines",
        ),
        sa.Column("figures_sha256", sa.Text(), nullable=True, comment="Of all it says, but for marks of corrections"),
        sa.Column("content_sha256", sa.Text(), nullable=True, comment="Of all it says; set when it is sealed"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True, comment="In German, for readers"),
        sa.Column(
            "values_closed",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Withdrawn because its values must not be read any more",
        ),
    ):
        op.add_column("edition", column, schema="release")
    for name, comment in (
        ("corrected", "Differs from what the release before showed"),
        ("provisional", "Rests on a provisional delivery"),
    ):
        op.add_column(
            "value",
            sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment),
            schema="release",
        )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Without gaps from 1"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="The server's clock when it was written"),
        sa.Column("actor", sa.Text(), nullable=False, comment="Who logged in"),
        sa.Column("role", sa.Text(), nullable=False, comment="In which role"),
        sa.Column("content_sha256", sa.Text(), nullable=True, comment="Of the release at that time"),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="More about it; no withheld figure",
        ),
        sa.Column(
            "clock_behind_ms",
            sa.BigInteger(),
            nullable=True,
            comment="Milliseconds by which the clock had jumped back since the event before",
        ),
        sa.Column(
            "previous_sha256", sa.Text(), nullable=False, comment="Hash of the event before; zeros for the first"
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="Hash over all columns above"),
        sa.CheckConstraint(f"kind IN ({_listed(KINDS)})", name=op.f("ck_event_kind")),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_event_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        schema="release",
        comment="What happened to releases: one hash chain, append-only",
    )
    op.create_table(
        "frozen_count",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False, comment="Code of the measure"),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=True),
        sa.CheckConstraint(f"status IN ({WORDS})", name=op.f("ck_frozen_count_status")),
        sa.CheckConstraint("quality IN ('exakt', 'exakt_teilung', 'geschaetzt')", name=op.f("ck_frozen_count_quality")),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_frozen_count_edition_id")),
        sa.PrimaryKeyConstraint(
            "edition_id", "unit_id", "measure", "group_code", "period", name=op.f("pk_frozen_count")
        ),
        schema="warehouse",
        comment="Counts that a release was made from (restricted, append-only)",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS release.keep_sealed(), release.keep_life(), release.keep_all(), release.chain(), "
               "release.fingerprint(release.event), release.approve(integer) CASCADE")  # fmt: skip
    op.drop_table("frozen_count", schema="warehouse")
    op.drop_table("event", schema="release")
    for name in ("provisional", "corrected"):
        op.drop_column("value", name, schema="release")
    for name in (
        "values_closed", "withdrawn_reason", "withdrawn_at", "content_sha256", "figures_sha256", "geometry",
        "indicators", "code_version",
    ):  # fmt: skip
        op.drop_column("edition", name, schema="release")
    op.execute("UPDATE release.edition SET status = 'draft' WHERE status IN ('approved', 'discarded')")
    _status(BEFORE)
