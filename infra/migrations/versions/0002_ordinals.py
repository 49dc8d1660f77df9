"""Renames columns for a place in the log to `ordinal`, because `position` means what an account holds."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("cursors", "parked"):
        op.alter_column(table, "position", new_column_name="ordinal")
