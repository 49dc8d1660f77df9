"""Queries of the models of an account, and of the scores of a signal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from projections.source import Source


def models(source: Source, account: str | None) -> Sequence[RowMapping]:
    """The registered models, in order of their registration; only of this account where one is named."""
    rows = source.table("models")
    chosen = select(rows).order_by(rows.c.ordinal)
    wanted = chosen if account is None else chosen.where(rows.c.account == account)
    return source.connection.execute(wanted).mappings().all()


def scores(source: Source, signal: str) -> Sequence[RowMapping]:
    """The scores of a signal, by the id of its chain: the champion's first."""
    rows = source.table("signal_scores")
    wanted = select(rows).where(rows.c.signal == signal).order_by(rows.c.account, rows.c.place)
    return source.connection.execute(wanted).mappings().all()
