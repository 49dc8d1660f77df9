"""Adds the tables of the chart's candles, which no log can rebuild."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from projections.columns import COLLATION

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "candles",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("instrument", sa.Text, primary_key=True),
        sa.Column("seconds", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("opens_at", _moment(), primary_key=True, autoincrement=False),
        sa.Column("closes_at", _moment(), nullable=False),
        *(sa.Column(name, _money(), nullable=False) for name in ("open", "high", "low", "close", "volume")),
        sa.Column("turnover", _money()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "candle_series",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("instrument", sa.Text, primary_key=True),
        sa.Column("seconds", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "charted",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("log_id", sa.String(36), nullable=False),
    )


def _moment() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _money() -> sa.Text:
    return sa.Text(collation=COLLATION).with_variant(sa.Numeric(), "postgresql")
