"""Queries of the weights in force."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from projections.source import Source


def weights(source: Source, account: str | None) -> Sequence[RowMapping]:
    """The row of each account, ordered by name; only of this one where an account is named."""
    rows = source.table("weights")
    chosen = select(rows).order_by(rows.c.account)
    wanted = chosen if account is None else chosen.where(rows.c.account == account)
    return source.connection.execute(wanted).mappings().all()
