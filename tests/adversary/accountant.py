"""An independent accountant: recomputes a finished log from its fills, by the documented rules, in fractions.

It uses no rule of the program: no state, no fold, no decimal context. It reads what was ordered, what was filled and
what the market showed, and it compares its own sums with those that the events hold. Every figure must be equal to the
last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.account import AccountOpened, BalanceChanged, FundsReleased, FundsReserved
from domain.candle import Candle
from domain.direction import Direction, Purpose, Side
from domain.instrument import Instrument, InstrumentListed, InstrumentRulesChanged
from domain.log import Envelope
from domain.order import Liquidity, OrderAmended, OrderFilled, OrderPlaced, OrderType, amended
from domain.position import PositionClosed, PositionFunded, PositionOpened

Market = Mapping[tuple[str, datetime], Candle]
"""The candles by instrument and close time."""

_SLIP = Fraction(1, 1000)
"""More than the slippage of any taker in the tests, as a fraction of the price."""


def market_of(candles: Iterable[Candle]) -> Market:
    """The market that these candles show."""
    return {(one.instrument, one.close_time): one for one in candles}


def faults(events: Sequence[Envelope], market: Market, volume_share: Decimal) -> list[str]:
    """One sentence for each figure of the log that differs from the accountant's, or that the market did not show."""
    return list(_Books(market, Fraction(volume_share)).read(events))


@dataclass
class _Trade:
    """One instrument from flat to flat: the signed quantity held, its average price, and the sums since it was flat."""

    held: Fraction = Fraction(0)
    average: Fraction = Fraction(0)
    cash: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)
    funding: Fraction = Fraction(0)
    bought: Fraction = Fraction(0)
    largest: Fraction = Fraction(0)


@dataclass
class _Books:
    market: Market
    volume_share: Fraction
    balance: Fraction = Fraction(0)
    leverage: Fraction = Fraction(1)
    rules: dict[str, Instrument] = field(default_factory=dict[str, Instrument])
    orders: dict[str, OrderPlaced] = field(default_factory=dict[str, OrderPlaced])
    filled: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    traded: defaultdict[tuple[str, datetime], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    reserved: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    trades: defaultdict[str, _Trade] = field(default_factory=lambda: defaultdict(_Trade))
    closed: dict[str, _Trade] = field(default_factory=dict[str, _Trade])
    executions: set[str] = field(default_factory=set[str])
    stated: Fraction = Fraction(0)

    def read(self, events: Sequence[Envelope]) -> Iterator[str]:
        for one in events:
            for fault in self._of(one):
                yield f"{type(one.event).__name__} on {one.meta.stream} at {one.meta.recorded_at}: {fault}"
        yield from self._at_the_end()

    def _of(self, one: Envelope) -> Iterator[str]:
        take = _TAKEN.get(type(one.event))
        if take is not None:
            yield from take(self, one, one.event)

    def opened_account(self, _one: Envelope, event: AccountOpened) -> Iterator[str]:
        self.balance = self.stated = Fraction(event.balance)
        self.leverage = Fraction(event.leverage)
        yield from ()

    def listed(self, _one: Envelope, event: InstrumentListed | InstrumentRulesChanged) -> Iterator[str]:
        self.rules[event.instrument.id] = event.instrument
        yield from ()

    def placed(self, one: Envelope, event: OrderPlaced) -> Iterator[str]:
        self.orders[one.meta.stream] = event
        yield from self._sized(event)

    def amended(self, one: Envelope, event: OrderAmended) -> Iterator[str]:
        self.orders[one.meta.stream] = amended(
            self.orders[one.meta.stream],
            quantity=event.quantity,
            limit_price=event.limit_price,
            trigger_price=event.trigger_price,
        )
        yield from ()

    def reserve(self, _one: Envelope, event: FundsReserved) -> Iterator[str]:
        self.reserved[event.order_id] += Fraction(event.amount)
        yield from ()

    def release(self, _one: Envelope, event: FundsReleased) -> Iterator[str]:
        self.reserved[event.order_id] -= Fraction(event.amount)
        if self.reserved[event.order_id] < 0:
            yield f"more was released for {event.order_id} than was reserved"

    def changed_balance(self, _one: Envelope, event: BalanceChanged) -> Iterator[str]:
        self.stated += Fraction(event.amount)
        yield from _differs("the running balance", event.balance, self.stated)

    def _sized(self, terms: OrderPlaced) -> Iterator[str]:
        rules = self.rules[terms.instrument]
        if terms.quantity <= 0 or Fraction(terms.quantity) % Fraction(rules.lot):
            yield f"a quantity of {terms.quantity} is no multiple of the lot {rules.lot}"
        if not terms.reduce_only and not rules.min_quantity <= terms.quantity <= rules.max_quantity:
            yield f"a quantity of {terms.quantity} is not in {rules.min_quantity} … {rules.max_quantity}"
        for price in (terms.limit_price, terms.trigger_price):
            if price is not None and (price <= 0 or Fraction(price) % Fraction(rules.tick)):
                yield f"a price of {price} is no multiple of the tick {rules.tick}"

    def executed(self, one: Envelope, fill: OrderFilled) -> Iterator[str]:
        terms = self.orders[one.meta.stream]
        rules = self.rules[terms.instrument]
        price, quantity = Fraction(fill.price), Fraction(fill.quantity)
        if fill.execution_id in self.executions:
            yield f"execution {fill.execution_id} was counted before"
        self.executions.add(fill.execution_id)
        self.filled[one.meta.stream] += quantity
        if self.filled[one.meta.stream] > Fraction(terms.quantity):
            yield f"{self.filled[one.meta.stream]} is filled of {terms.quantity}"
        if quantity % Fraction(rules.lot) or price % Fraction(rules.tick) or quantity <= 0 or price <= 0:
            yield f"{fill.quantity} at {fill.price} fits neither lot {rules.lot} nor tick {rules.tick}"
        rate = rules.maker_fee if fill.liquidity is Liquidity.MAKER else rules.taker_fee
        yield from _differs("the fee", fill.fee, price * quantity * Fraction(rate))
        yield from self._shown(one, terms, fill)
        yield from self._booked(terms, price, quantity, Fraction(fill.fee))

    def _booked(
        self, terms: OrderPlaced, price: Fraction, quantity: Fraction, fee: Fraction
    ) -> Iterator[str]:
        trade = self.trades[terms.instrument]
        signed = quantity if terms.side is Side.BUY else -quantity
        grows = trade.held * signed >= 0
        if not grows and abs(signed) > abs(trade.held):
            yield f"a fill of {quantity} turns a position of {trade.held}"
        if grows and terms.reduce_only:
            yield "a reduce-only order opened or increased a position"
        if grows:
            cost = trade.average * abs(trade.held) + price * quantity
            trade.average = cost / (abs(trade.held) + quantity)
        trade.held += signed
        trade.cash -= signed * price
        trade.fees += fee
        trade.bought += quantity * price if grows else 0
        trade.largest = max(trade.largest, abs(trade.held))
        self.balance -= fee
        if grows:
            margin = sum(abs(one.cash) for one in self.trades.values() if one.held) / self.leverage
            if margin > self.balance + fee:
                yield f"a margin of {float(margin)} is more than the balance of {float(self.balance)}"
        if trade.held == 0:
            self.balance += trade.cash
            self.closed[terms.instrument] = trade
            self.trades[terms.instrument] = _Trade()

    def _shown(self, one: Envelope, terms: OrderPlaced, fill: OrderFilled) -> Iterator[str]:
        """Whether the market traded at that price, at the order's terms, and in that quantity."""
        candle = self.market.get((terms.instrument, one.meta.recorded_at))
        if candle is None:
            yield "no candle closed then"
            return
        if terms.purpose is Purpose.LIQUIDATION:
            yield from self._liquidated(terms, fill, candle)
            return
        for bound in _BOUNDS:
            best = bound(terms, fill.liquidity, candle)
            if best is not None and _better(terms.side, fill.price, best):
                yield f"a {terms.type} {terms.side} at {fill.price} is better than {best}, which the market showed"
        yield from self._kept(one, terms, fill, candle)

    def _kept(self, one: Envelope, terms: OrderPlaced, fill: OrderFilled, candle: Candle) -> Iterator[str]:
        """Whether the fill keeps to the order's limit, and to its share of the candle's volume."""
        limit, tick = terms.limit_price, self.rules[terms.instrument].tick
        if fill.liquidity is Liquidity.MAKER and fill.price != limit:
            yield f"a resting limit of {limit} filled at {fill.price}"
        if limit is not None and _better(terms.side, limit, fill.price):
            yield f"a {terms.side} at {fill.price} is beyond its limit of {limit}"
        if (
            limit is not None
            and fill.liquidity is Liquidity.MAKER
            and not _through(terms.side, limit, tick, candle)
        ):
            yield f"a resting limit of {limit} filled in {candle.low} … {candle.high}, which did not pass it"
        key = (one.meta.stream, one.meta.recorded_at)
        self.traded[key] += Fraction(fill.quantity)
        if self.traded[key] > self.volume_share * Fraction(candle.volume):
            yield f"{self.traded[key]} was filled in a candle with a volume of {candle.volume}"

    def _liquidated(self, terms: OrderPlaced, fill: OrderFilled, candle: Candle) -> Iterator[str]:
        """A liquidation needs a price at which the margin is down to the maintenance margin; it fills at bankruptcy."""
        trade, rules = self.trades[terms.instrument], self.rules[terms.instrument]
        if trade.held == 0:
            yield "nothing was held to be liquidated"
            return
        average = trade.average
        lost = 1 / self.leverage - Fraction(rules.maintenance_margin)
        reached = (
            candle.low <= average * (1 - lost) if trade.held > 0 else candle.high >= average * (1 + lost)
        )
        if not reached and not trade.funding:
            yield f"{candle.low} … {candle.high} did not reach the liquidation price of {float(average)}"
        bankrupt = average * (1 - 1 / self.leverage if trade.held > 0 else 1 + 1 / self.leverage)
        if abs(Fraction(fill.price) - bankrupt) >= Fraction(rules.tick) and not trade.funding:
            yield f"liquidated at {fill.price}, not at the bankruptcy price of {float(bankrupt)}"

    def opened(self, _one: Envelope, event: PositionOpened) -> Iterator[str]:
        held = self.trades[event.instrument].held
        if (held > 0) is not (event.direction is Direction.LONG):
            yield f"{event.direction} was opened where {held} is held"
        yield from _differs("the cost", event.cost, Fraction(event.price) * Fraction(event.quantity))

    def funded(self, one: Envelope, event: PositionFunded) -> Iterator[str]:
        instrument = one.meta.stream.split("-", 2)[2].rsplit("-", 2)[0]
        candle, trade = self.market[instrument, one.meta.recorded_at], self.trades[instrument]
        expected = -trade.held * Fraction(candle.close) * Fraction(candle.funding_rate or 0)
        yield from _differs("the funding", event.amount, expected)
        trade.funding += Fraction(event.amount)
        self.balance += Fraction(event.amount)

    def _follows_a_gap(self, instrument: str, one: Envelope) -> bool:
        """Whether the candle before that of the event is missing.

        A request that arrived within the gap trades at the open after it, before the open is compared with the
        liquidation price, because that is the first price that it meets.
        """
        candle = self.market[instrument, one.meta.recorded_at]
        return (instrument, candle.open_time) not in self.market

    def compared(self, one: Envelope, event: PositionClosed) -> Iterator[str]:
        instrument = one.meta.stream.split("-", 2)[2].rsplit("-", 2)[0]
        trade = self.closed.pop(instrument, None)
        if trade is None:
            yield "the fills leave the position open"
            return
        yield from _differs("the gross profit", event.gross, trade.cash)
        yield from _differs("the fees", event.fees, trade.fees)
        yield from _differs("the funding", event.funding, trade.funding)
        yield from _differs("the net profit", event.net, trade.cash - trade.fees + trade.funding)
        tick = Fraction(self.rules[instrument].tick)
        most = trade.bought / self.leverage + trade.bought * _SLIP + trade.largest * tick
        if trade.cash < -most and not self._follows_a_gap(instrument, one):
            yield f"a loss of {float(trade.cash)} is more than the margin of {float(trade.bought / self.leverage)}"

    def _at_the_end(self) -> Iterator[str]:
        open_cash = sum(one.cash for one in self.trades.values() if one.held)
        realised = self.stated - self.balance
        if not open_cash and realised:
            yield f"the balance is {float(self.stated)} in the log and {float(self.balance)} by its fills"
        if self.stated < 0:
            yield f"the balance is negative: {float(self.stated)}"


def _differs(name: str, stated: Decimal, found: Fraction) -> Iterator[str]:
    if Fraction(stated) != found:
        yield f"{name} is {stated} in the log and {float(found)} by its fills"


def _better(side: Side, price: Decimal, other: Decimal) -> bool:
    """Whether a trade at `price` is better for this side than one at `other`."""
    return price < other if side is Side.BUY else price > other


def _through(side: Side, limit: Decimal, tick: Decimal, candle: Candle) -> bool:
    return candle.low <= limit - tick if side is Side.BUY else candle.high >= limit + tick


def _extreme(terms: OrderPlaced, _liquidity: Liquidity, candle: Candle) -> Decimal:
    return candle.low if terms.side is Side.BUY else candle.high


def _arriving(terms: OrderPlaced, liquidity: Liquidity, candle: Candle) -> Decimal | None:
    """A taker that is no stop trades at the open at which it arrives; a market order is always one."""
    takes = liquidity is Liquidity.TAKER and terms.trigger_price is None
    return candle.open if takes or terms.type is OrderType.MARKET else None


def _triggered(terms: OrderPlaced, _liquidity: Liquidity, candle: Candle) -> Decimal | None:
    """A stop trades at its trigger or at a worse open; what is left of it trades at the open of a later candle."""
    if terms.trigger_price is None:
        return None
    nearer = min if terms.side is Side.BUY else max
    return nearer(terms.trigger_price, candle.open)


_BOUNDS: tuple[Callable[[OrderPlaced, Liquidity, Candle], Decimal | None], ...] = (
    _extreme,
    _arriving,
    _triggered,
)
"""The best price that the market showed, or that the type of the order can have."""

_TAKEN: Mapping[type, Callable[[_Books, Envelope, Any], Iterator[str]]] = {
    AccountOpened: _Books.opened_account,
    InstrumentListed: _Books.listed,
    InstrumentRulesChanged: _Books.listed,
    OrderPlaced: _Books.placed,
    OrderAmended: _Books.amended,
    FundsReserved: _Books.reserve,
    FundsReleased: _Books.release,
    OrderFilled: _Books.executed,
    PositionOpened: _Books.opened,
    PositionFunded: _Books.funded,
    PositionClosed: _Books.compared,
    BalanceChanged: _Books.changed_balance,
}
"""What the accountant takes from each event; it ignores the others."""
