"""The mark of an account: its equity at the last candle of one UTC hour, and a running hash of all candles played."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

HOUR = timedelta(hours=1)


class AccountMarked(Struct, frozen=True, gc=False, kw_only=True):
    """The account at the last candle that closed in the UTC hour that begins at `hour`.

    A candle that closes at the full hour belongs to the hour that ends then. Amounts are in the account's currency.
    `equity` = `balance` + `unrealised`, where `unrealised` is the profit of the open positions at the last prices when
    that candle was taken in, before the fees of closing them. Where candles are the only prices, these are the last
    closes; a live market has trades and quotes after the close, before its candle arrives. `low` and `high` are the
    lowest and the highest equity at the last prices when each candle was taken in.
    `worst` is the lowest equity at the candles' lows (longs) and highs (shorts), of positions that were held before the
    candle closed; it is never above `low`. `candles` counts all candles played up to this mark. `candle_hash` is their
    running hash, made by `hash_algorithm` (see `domain/candle_hash.py`).
    """

    hour: datetime
    balance: Decimal
    unrealised: Decimal
    equity: Decimal
    low: Decimal
    high: Decimal
    worst: Decimal
    candles: int
    candle_hash: str
    hash_algorithm: str


MarkState = AccountMarked | None
"""The last mark; None before the first."""


def evolve(_state: MarkState, event: AccountMarked) -> AccountMarked:
    """The state after the event: the event itself."""
    return event


def end_of_hour(at: datetime) -> datetime:
    """The end of the UTC hour in which a candle closes at `at`; `at` itself for a full hour."""
    begun = at.replace(minute=0, second=0, microsecond=0)
    return begun if begun == at else begun + HOUR


def cause_of(mark: AccountMarked) -> str:
    """The cause of a mark, `clock:<hour>` as in `clock:2025-01-02T11Z`: the hour is over."""
    return f"clock:{mark.hour:%Y-%m-%dT%H}Z"
