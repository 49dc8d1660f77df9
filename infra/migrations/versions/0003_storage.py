"""Adds the storage of the log to each cursor, because two logs of one tape have the same id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cursors", sa.Column("storage", sa.Text, nullable=False, server_default=sa.text("''")))
