"""Adds to each cursor the digest of the events that it includes, so that a log that was restored is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("cursors", "alerted"):
        op.add_column(table, sa.Column("prefix", sa.Text, nullable=False, server_default=sa.text("''")))
