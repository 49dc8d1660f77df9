"""Queries of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from projections.source import Source


def accounts(source: Source) -> Sequence[RowMapping]:
    """Every opened account, ordered by name."""
    rows = source.table("accounts")
    opened = select(rows).where(rows.c.opened_at.is_not(None)).order_by(rows.c.account)
    return source.connection.execute(opened).mappings().all()
