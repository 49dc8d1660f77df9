"""Queries of the trading states: what keeps new exposure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, select

from domain.breaker import Mode
from domain.pause import ACCOUNT
from projections.source import Source


def trading_states(source: Source, account: str | None) -> Sequence[RowMapping]:
    """The state of each opened account, ordered by name; only of this one where an account is named."""
    rows, accounts = source.table("trading_states"), source.table("accounts")
    opened = select(accounts.c.account).where(accounts.c.opened_at.is_not(None))
    chosen = select(rows).where(rows.c.account.in_(opened)).order_by(rows.c.account)
    wanted = chosen if account is None else chosen.where(rows.c.account == account)
    return source.connection.execute(wanted).mappings().all()


def halts(row: Mapping[Any, Any]) -> Sequence[str]:
    """Why no entry is sent now, by the reasons of the risk committee (`domain/committees`); empty where nothing
    that holds for the whole account keeps entries out."""
    broken = any(one["mode"] == Mode.OPEN for one in row["breakers"].values())
    found = {
        "KILL_SWITCH": bool(row["tripped"]),
        "RECONCILING": bool(row["reconciling"]),
        "UNRESOLVED_DISCREPANCY": bool(row["unresolved"]),
        "CIRCUIT_BREAKER_OPEN": broken,
        "ACCOUNT_PAUSED_AFTER_LOSSES": ACCOUNT in row["pauses"],
    }
    return [reason for reason, holds in found.items() if holds]
