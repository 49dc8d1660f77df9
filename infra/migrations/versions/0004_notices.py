"""Adds the tables of notices: what was sent to a person, and who acknowledged it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _notices()
    _deliveries()
    op.create_table(
        "alerted",
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("log_id", sa.String(36), nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
    )


def _moment() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("ordinal", sa.BigInteger),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("acknowledged_at", _moment()),
        sa.Column("acknowledged_by", sa.Text),
    )
    is_open = sa.text("acknowledged_at IS NULL")
    op.create_index(
        "ix_notices_one_open",
        "notices",
        ["account", "kind", "subject"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column(
            "notice", sa.String(100), sa.ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("place", sa.String(16), primary_key=True),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("sent_at", _moment()),
        sa.Column("due_at", _moment()),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["due_at"])
