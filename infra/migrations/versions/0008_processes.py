"""Adds the table of the processes that announce themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("at", _moment(), nullable=False),
    )


def _moment() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
