"""The exchange on the venue's matching engine with one instrument, and short functions that show it a market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.simulated.matched import MatchedExchange, MatchedRules
from commands.exchange import AnyReport, Ticket
from commands.feed import FeedState
from domain.direction import Side
from domain.market import BookUpdate, Level, MarketEvent, Quote, Trade
from tests.adapters.simulated.scene import BTC, NO_LATENCY, START, d

SECOND = timedelta(seconds=1)
AT_ONCE = MatchedRules(latency=NO_LATENCY, patience=timedelta(days=1))


class Matched:
    """Each step takes a second, unless it names a time."""

    def __init__(self, rules: MatchedRules = AT_ONCE, *, balance: str = "10000") -> None:
        self.exchange = MatchedExchange({BTC.id: BTC}, "USDT", d(balance), d("10"), rules, START)
        self.now, self._updates = START, 0

    def shown(self, bids: str, asks: str) -> Sequence[AnyReport]:
        """The whole book, as `99.9x5 99.8x10`; returns the reports."""
        self._updates += 1
        return self.moved(book(self._updates, self._next(), bids, asks, whole=True))

    def changed(self, bids: str = "", asks: str = "", *, skipped: int = 0) -> Sequence[AnyReport]:
        """The next update of the book, after some that did not arrive."""
        self._updates += 1 + skipped
        return self.moved(book(self._updates, self._next(), bids, asks, whole=False))

    def traded(
        self, side: Side, price: str, quantity: str, at: datetime | None = None
    ) -> Sequence[AnyReport]:
        return self.moved(trade(side, price, quantity, at or self._next()))

    def quoted(self, bid: str, ask: str) -> Sequence[AnyReport]:
        """The best bid and ask, as `99.9x5`."""
        (one,), (other,) = _levels(bid), _levels(ask)
        return self.moved(
            Quote(
                instrument=BTC.id,
                at=self._next(),
                bid=one.price,
                bid_size=one.size,
                ask=other.price,
                ask_size=other.size,
            )
        )

    def moved(self, *events: MarketEvent) -> Sequence[AnyReport]:
        self.exchange.on_market(events, self.now)
        return self.exchange.reports()

    def sent(self, *tickets: Ticket) -> Sequence[AnyReport]:
        """Sends them now, and lets them arrive."""
        self.exchange.submit([Ticket(one.order_id, one.terms, self.now) for one in tickets])
        return self.moved()

    def cancelled(self, order_id: str) -> Sequence[AnyReport]:
        self.exchange.cancel(order_id, self.now)
        return self.moved()

    def amended(
        self, order_id: str, *, quantity: str = "", limit: str = "", trigger: str = ""
    ) -> Sequence[AnyReport]:
        self.exchange.amend(
            order_id,
            self.now,
            quantity=_maybe(quantity),
            limit_price=_maybe(limit),
            trigger_price=_maybe(trigger),
        )
        return self.moved()

    def heard(self, *, is_live: bool) -> Sequence[AnyReport]:
        """The feed states whether its data arrives; a second passes."""
        state = FeedState(
            instrument=BTC.id, is_live=is_live, heard_at=self.now, dropped=0, fault="" if is_live else "cut"
        )
        self.exchange.on_states([state])
        self._next()
        return self.moved()

    def passes(self, time: timedelta) -> Sequence[AnyReport]:
        self.now += time
        return self.moved()

    def _next(self) -> datetime:
        self.now += SECOND
        return self.now


def book(update: int, at: datetime, bids: str, asks: str, *, whole: bool) -> BookUpdate:
    return BookUpdate(
        instrument=BTC.id,
        at=at,
        update_id=update,
        snapshot=whole,
        bids=_levels(bids),
        asks=_levels(asks),
    )


def trade(side: Side, price: str, quantity: str, at: datetime) -> Trade:
    return Trade(
        instrument=BTC.id,
        at=at,
        trade_id=f"{at}-{price}",
        side=side,
        price=d(price),
        quantity=d(quantity),
    )


def _levels(text: str) -> tuple[Level, ...]:
    return tuple(Level(d(price), d(size)) for price, _, size in (one.partition("x") for one in text.split()))


def _maybe(text: str) -> Decimal | None:
    return d(text) if text else None
