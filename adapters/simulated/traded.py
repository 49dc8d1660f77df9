"""An exchange in this process on the venue's own matching engine, filled by recorded trades.

Orders, clearing, fees and liquidation are those of `MatchedExchange`, which `whence paper --live` trades on. No book
was recorded, so trades take its place:

- A request that has arrived is carried out at the next trade of its market, when that trade has happened.
- An order that takes meets the quotes that the trades show (`trade_quotes`). What they do not hold is cancelled, as at
  Bybit.
- A limit order that rests is filled at its own price by each trade at its price or beyond, up to the traded quantity.
- Stops, targets and liquidations are triggered by the price of a trade.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from adapters.simulated.matched import MatchedExchange, MatchedRules
from adapters.simulated.matched_market import MatchedMarket, Step, in_ms
from adapters.simulated.rules import SimulationRules
from adapters.simulated.trade_quotes import TradeQuotes
from adapters.simulated.venue import Venue
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.played import Printed, Quoted, Snapshot
from adapters.simulated.venue.triggers import reaches
from domain.arithmetic import EXACT
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.market import Level, MarketEvent, Trade

_UNTIL_TRADED = timedelta(days=36_500)
"""A request waits for the next trade, however late it is; an entry that has become stale then expires."""


class TradedMarket(MatchedMarket):
    """The market of recorded trades: it is open at the instant of a trade alone.

    Its quotes are in the book only at a trade that somebody of the account meets: `is_awaited` is set by the exchange
    where requests wait, and orders whose price the trade reaches show themselves.
    """

    def __init__(
        self, rules: SimulationRules, seed: int, venue: Venue, market: Market, account: Account
    ) -> None:
        super().__init__(venue, market, account)
        self._quotes = TradeQuotes(market.contract.instrument, rules, seed)
        self.is_awaited = False

    def steps(self, event: MarketEvent) -> Iterator[Step]:
        """See `MatchedMarket.steps`; only trades move this market."""
        if not isinstance(event, Trade):
            return
        at = in_ms(event.at)
        self._quotes.take(event)
        if self.is_awaited or any(_is_reached(one, event.price) for one in self._working()):
            yield at, partial(self._show_quotes, event, at)
            yield at, partial(self._open, event, at)
            yield at, partial(self._close, at)
        else:
            yield at, partial(self._print, event, at)

    def pass_by(self, trade: Trade) -> None:
        """A trade while the account has neither orders nor positions: only later quotes depend on it."""
        self._quotes.take(trade)

    def _show_quotes(self, trade: Trade, at: int, now: int) -> None:
        shown, own = self._quotes.shown(), self._own_prices()
        bids = (one for one in shown.bids if all(one.price < price for price in own[Side.SELL]))
        asks = (one for one in shown.asks if all(one.price > price for price in own[Side.BUY]))
        levels = [
            *_quoted(at, Side.BUY, _with_traded(bids, trade, Side.SELL)),
            *_quoted(at, Side.SELL, _with_traded(asks, trade, Side.BUY)),
        ]
        self._player.play(Snapshot(at, levels), now)

    def _print(self, trade: Trade, at: int, now: int) -> None:
        self._player.play(Printed(at, trade.side, trade.price, trade.quantity), now)

    def _open(self, trade: Trade, at: int, now: int) -> None:
        self._print(trade, at, now)
        self._is_whole = True

    def _close(self, at: int, now: int) -> None:
        self._player.play(Snapshot(at, ()), now)
        self._is_whole = False

    def _own_prices(self) -> Mapping[Side, Sequence[Decimal]]:
        """The prices of our orders in the book: the quotes that are shown never trade with them."""
        return {side: [one.price for one in self._resting() if one.side is side] for side in Side}

    def _working(self) -> Sequence[Order]:
        return self._account.working(self._market.symbol)


class TradedExchange(MatchedExchange):
    """`rules` are those of the exchange on candles; `seed` is that of the slippage's jitter; for the other arguments,
    and the errors, see `MatchedExchange`.
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
        matched = MatchedRules(
            latency=rules.latency, patience=_UNTIL_TRADED, price_band=rules.price_band, seed=seed
        )
        traded: dict[str, TradedMarket] = {}

        def market_of(venue: Venue, market: Market, account: Account) -> MatchedMarket:
            made = TradedMarket(rules, seed, venue, market, account)
            traded[market.contract.instrument.id] = made
            return made

        super().__init__(instruments, currency, balance, leverage, matched, began, market_of)
        self._traded = traded

    def on_trades(self, trades: Sequence[Trade]) -> Iterator[datetime]:
        """Plays trades in order of time; yields the time after each one at which an order or a position was open.

        Raises InvalidInput for an instrument that is not traded here.
        """
        for trade in trades:
            market = self._traded.get(trade.instrument)
            if market is None:
                raise InvalidInput(f"received a trade of {trade.instrument}, which is not traded here")
            if self.is_idle:
                market.pass_by(trade)
            else:
                market.is_awaited = bool(self.waiting)
                self.on_market((trade,), trade.at)
                yield max(trade.at, self.server_time())


def _is_reached(order: Order, price: Decimal) -> bool:
    """Whether a trade at this price triggers the order, or fills it where it rests."""
    if order.waits:
        trigger = order.trigger_price
        return trigger is not None and reaches(order.request.trigger_direction, price, trigger)
    return price <= order.price if order.side is Side.BUY else price >= order.price


def _with_traded(levels: Iterable[Level], trade: Trade, taker: Side) -> Iterator[Level]:
    """The levels, of which the one at the price of a taker's `trade` has its quantity, too.

    The trade takes that quantity when it is played, and what the trades show is left. Without slippage all levels are
    at its price.
    """
    for one in levels:
        takes = trade.side is taker and one.price == trade.price
        yield Level(one.price, EXACT.add(one.size, trade.quantity)) if takes else one


def _quoted(at: int, side: Side, levels: Iterator[Level]) -> Iterator[Quoted]:
    return (Quoted(at, side, level.price, level.size) for level in levels)
