"""Tokens, and the bookkeeping of each build of a read model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tokens()
    _builds()
    _cursors()
    _parked()


def _moment() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("revoked_at", _moment()),
    )
    in_force = sa.text("revoked_at IS NULL")
    op.create_index(
        "ix_tokens_one_name",
        "tokens",
        ["name"],
        unique=True,
        postgresql_where=in_force,
        sqlite_where=in_force,
    )


def _builds() -> None:
    op.create_table(
        "builds",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("projection", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sqlite_autoincrement=True,
    )
    live = sa.text("status = 'LIVE'")
    op.create_index(
        "ix_builds_one_live",
        "builds",
        ["projection", "kind"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )


def _build_id() -> sa.Column[int]:
    return sa.Column("build_id", sa.Integer, sa.ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)


def _cursors() -> None:
    op.create_table(
        "cursors",
        _build_id(),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("log_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )


def _parked() -> None:
    op.create_table(
        "parked",
        _build_id(),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("sequence", sa.Text, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_parked_sequence", "parked", ["build_id", "partition", "sequence"])
