"""A poll that fails half-way leaves nothing out of the next one."""

# pyright: reportPrivateUsage=false
# A poll is made here by the test, not by the poll's thread.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from adapters.ccxt.arrivals import Arrivals
from adapters.ccxt.lists import Lists
from adapters.ccxt.poll import Poll, Watched
from adapters.ccxt.site import Timing
from adapters.ccxt.trade_row import TradeRow
from adapters.ccxt.unreadable import Unreadable
from adapters.instruments.document import Table
from adapters.secrecy import Credentials
from domain.direction import Side
from domain.errors import ExchangeUnreachable
from domain.order import Liquidity
from tests.domain.history import D

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def trade(name: str, age: timedelta) -> TradeRow:
    return TradeRow(
        id=name,
        venue_order_id="1",
        symbol="BTC/USDT:USDT",
        instrument="BTCUSDT-LINEAR.BINANCEUSDM",
        side=Side.BUY,
        price=D(60_000),
        quantity=D("0.1"),
        fee=D(1),
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
        at=NOON - age,
        sequence=0,
        is_forced=False,
    )


TRADES = [trade(f"t{age}", timedelta(minutes=age)) for age in (30, 20, 0)]


@dataclass(slots=True)
class Listed:
    """An account with three trades, whose funding does not answer while `fails`."""

    fails: bool = True
    asked: list[datetime] = field(default_factory=list[datetime])

    def now(self) -> datetime:
        return NOON

    def open_orders(self, _instruments: Sequence[str]) -> Sequence[object]:
        return []

    def trades(self, since: datetime, _until: datetime, _instruments: Sequence[str]) -> Sequence[TradeRow]:
        return [one for one in TRADES if one.at >= since]

    def funding(self, since: datetime, _instruments: Sequence[str]) -> Sequence[tuple[datetime, Table]]:
        self.asked.append(since)
        if self.fails:
            raise ExchangeUnreachable("no response")
        return []


def test_trades_of_a_poll_whose_funding_failed_are_in_the_next_poll() -> None:
    listed, arrivals = Listed(), Arrivals(list[None]().clear, Credentials("key", "secret"))
    poll = Poll(cast(Lists, listed), Timing(), 60.0, arrivals, Unreadable(arrivals.refuse), Watched)
    assert not poll._polled()
    assert arrivals.rows() == []
    listed.fails = False
    assert poll._polled()
    assert arrivals.rows() == TRADES
    assert listed.asked == [listed.asked[0]] * 2
