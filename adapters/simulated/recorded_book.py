"""An exchange in this process on the venue's own matching engine, filled by recorded order books.

Orders, matching, clearing, fees and liquidation are those of `MatchedExchange`, on which `whence paper --live` trades:
market orders sweep the levels, and a limit order that rests waits behind the size that stood at its price. A
book that is not known any more closes its market until the next whole one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from adapters.simulated.matched import MatchedExchange, MatchedRules
from adapters.simulated.matched_market import MatchedMarket, Source, Step, in_ms
from adapters.simulated.rules import SimulationRules
from adapters.simulated.venue import Venue
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.played import Quoted, Snapshot
from domain.arithmetic import EXACT
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.market import BookUpdate, Level, Trade


class RecordedBookMarket(MatchedMarket):
    """The market of a recorded book, whose messages were checked by the rules of its exchange.

    `pass_by` takes them while the account has neither orders nor positions; `catch_up` then shows what they add up to.
    """

    def __init__(self, venue: Venue, market: Market, account: Account) -> None:
        super().__init__(venue, market, account)
        self._levels: Mapping[Side, dict[Decimal, Decimal]] = {side: {} for side in Side}
        self._is_known, self._is_shown = False, True

    def pass_by(self, event: BookUpdate | Trade) -> None:
        """Takes an event that nobody of the account meets."""
        self._is_shown = False
        if isinstance(event, BookUpdate):
            self._keep(event)
            self._update, self._shown_at = event.update_id, in_ms(event.at)
        else:
            self._take(event)

    def catch_up(self, now: int) -> None:
        """Shows the book as it is at `now` (ms), where `pass_by` has changed it."""
        if self._is_shown:
            return
        levels = [
            Quoted(now, side, price, size)
            for side, held in self._levels.items()
            for price, size in held.items()
        ]
        self._show_all(Source.BOOK, self._update, Snapshot(now, levels), self._shown_at, now)
        self._is_whole, self._is_shown = self._is_known, True

    def _trade(self, trade: Trade, at: int, now: int) -> None:
        self._take(trade)
        super()._trade(trade, at, now)

    def _of_book(self, update: BookUpdate, at: int) -> Iterator[Step]:
        self._keep(update)
        if not self._is_known:
            yield at, self._lose
            return
        levels = [*_quoted(at, Side.BUY, update.bids), *_quoted(at, Side.SELL, update.asks)]
        if update.snapshot:
            yield at, partial(self._show_all, Source.BOOK, update.update_id, Snapshot(at, levels), at)
        else:
            yield at, partial(self._show, update.update_id, levels, at)

    def _keep(self, update: BookUpdate) -> None:
        """A whole book without levels is one that is not known; its last levels stay until the next whole one."""
        if update.snapshot:
            self._is_known = bool(update.bids or update.asks)
        if update.snapshot and self._is_known:
            for held in self._levels.values():
                held.clear()
        for side, levels in ((Side.BUY, update.bids), (Side.SELL, update.asks)):
            held = self._levels[side]
            for level in levels:
                if level.size:
                    held[level.price] = level.size
                else:
                    held.pop(level.price, None)

    def _take(self, trade: Trade) -> None:
        """What a trade has left of the levels, until the next change of the book shows it; see `PlayedMarket`."""
        if in_ms(trade.at) <= self._shown_at:
            return
        held = self._levels[trade.side.opposite]
        buys = trade.side is Side.BUY
        for price in [one for one in held if (one < trade.price if buys else one > trade.price)]:
            del held[price]
        if (left := held.get(trade.price)) is not None:
            if left > trade.quantity:
                held[trade.price] = EXACT.subtract(left, trade.quantity)
            else:
                del held[trade.price]

    def _lose(self, _now: int) -> None:
        self._is_whole = False


class RecordedBookExchange(MatchedExchange):
    """`rules` are those of the exchange on candles, of which latency and price band count here: the book has its own
    spread and sizes. For the other arguments, and the errors, see `MatchedExchange`.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        currency: str,
        balance: Decimal,
        leverage: Decimal,
        rules: SimulationRules,
        seed: int,
        began: datetime,
    ) -> None:
        matched = MatchedRules(latency=rules.latency, price_band=rules.price_band, seed=seed)
        recorded: dict[str, RecordedBookMarket] = {}

        def market_of(venue: Venue, market: Market, account: Account) -> MatchedMarket:
            made = RecordedBookMarket(venue, market, account)
            recorded[market.contract.instrument.id] = made
            return made

        super().__init__(instruments, currency, balance, leverage, matched, began, market_of)
        self._recorded = recorded

    def on_recorded(self, events: Sequence[BookUpdate | Trade]) -> None:
        """Plays events, and moves the clock to the latest of their times.

        A request is carried out before the first event that happened after its arrival, at the book of that time.
        Raises InvalidInput for an instrument that is not traded here.
        """
        if not events:
            return
        until = max(one.at for one in events)
        if not self.is_idle:
            for market in self._recorded.values():
                market.catch_up(self._latest)
            self.on_market(events, until)
            return
        for one in events:
            if one.instrument not in self._recorded:
                raise InvalidInput(f"received market data of {one.instrument}, which is not traded here")
            self._recorded[one.instrument].pass_by(one)
        self._at(in_ms(until))


def _quoted(at: int, side: Side, levels: Sequence[Level]) -> Iterator[Quoted]:
    return (Quoted(at, side, level.price, level.size) for level in levels)
