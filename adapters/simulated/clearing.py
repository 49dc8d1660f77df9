"""Executions of one instrument and their consequences for balance, position, margin and other orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from adapters.simulated.admission import too_expensive
from adapters.simulated.bar import Bar
from adapters.simulated.book import Book
from adapters.simulated.holding import Holding
from adapters.simulated.ids import draw
from adapters.simulated.margin import bankruptcy_price, liquidation_price, order_cost, position_margin
from adapters.simulated.matching import Touch, execution_price
from adapters.simulated.order import WorkingOrder
from adapters.simulated.restoring import Standing
from adapters.simulated.rules import SimulationRules
from adapters.simulated.shown_levels import ShownLevels
from adapters.simulated.steps import to_lot, to_tick
from adapters.simulated.wallet import Wallet
from adapters.simulated.wire import Wire
from domain.arithmetic import ONE, ZERO
from domain.direction import Side
from domain.instrument import Instrument
from domain.order import Liquidity, OrderPlaced, OrderType

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
POSITION_GONE = "CancelByTpSlTsClear"
NOTHING_TO_REDUCE = "CancelByReduceOnly"
LIQUIDATION = "CancelAllBeforeLiq"
_OTHER_TRIGGERED = {
    OrderType.STOP: "CancelByOcoTpCanceledBySlTriggered",
    OrderType.LIMIT: "CancelByOcoSlCanceledByTpTriggered",
    OrderType.MARKET: POSITION_GONE,
}


class Clearing:
    """Holds the position and the working orders of one instrument.

    - A fill never reverses a position: it is split into an execution that closes and an execution that opens.
    - A reduce-only order is cut to the position as that shrinks, and cancelled when the position is closed. A
      protective order is not cut; each of its fills is limited to the position at that time.
    - When the stop or target of an entry has filled, the rest of the entry is cancelled.

    `held_since` is the time at which levels of a reading opened the position: a candle that opened before has prices of
    before the position, and does not liquidate it.
    """

    def __init__(
        self,
        instrument: Instrument,
        leverage: Decimal,
        rules: SimulationRules,
        seed: int,
        wallet: Wallet,
        wire: Wire,
        drawn_as: Callable[[str], str] = str,
    ) -> None:
        self.instrument = instrument
        self.book = Book()
        self.holding = Holding()
        self.leverage = leverage
        self.held_since = _LONG_AGO
        self._rules, self._seed, self._wallet, self._wire = rules, seed, wallet, wire
        self._drawn_as = drawn_as
        wallet.keep(self.claim)

    def restore(self, standing: Standing) -> None:
        """Restores holding and orders; derives from both which orders are cut and which are active."""
        held = standing.holding
        self.holding.quantity, self.holding.cost = held.quantity, held.cost
        for order_id, filled in standing.ended.items():
            self.book.end(order_id, filled)
        for order in standing.working:
            self.book.add(order)
        for order in standing.working:
            parent = order.terms.parent
            order.awake = parent is None or (self._has_opened(parent) and self._protects(order))
            self.cut(order)

    def _has_opened(self, order_id: str) -> bool:
        return self.book.knows(order_id) and self.book.filled(order_id) > 0

    def claim(self) -> Decimal:
        """The part of the balance that position and resting limit orders reserve. An untriggered stop reserves none."""
        held = position_margin(self.holding, self.leverage, self.instrument.taker_fee)
        for order in self.book.limits(reduce_only=False):
            held += self.cost_of(order.terms, order.leaves, order.terms.limit_price or ZERO)
        return held

    def cost_of(self, terms: OrderPlaced, quantity: Decimal, price: Decimal) -> Decimal:
        """The available balance that the order requires; the part that closes a position requires none."""
        opening = ZERO if terms.reduce_only else max(ZERO, quantity - self.holding.reducible(terms.side))
        return order_cost(terms.side, opening, price, self.leverage, self.instrument.taker_fee)

    @property
    def available(self) -> Decimal:
        """The balance available for new orders."""
        return self._wallet.available

    def unaffordable(self, order: WorkingOrder, touch: Touch, bar: Bar) -> str | None:
        """Why the balance does not cover the order; None where it does.

        The price is the limit, else the execution price. A reduce-only order requires no balance at any price.
        """
        if order.terms.reduce_only:
            return None
        limit = order.terms.limit_price
        price = self._price_of(order, touch, bar) if limit is None else limit
        return too_expensive(self.cost_of(order.terms, order.leaves, price), self.available)

    def execute(self, order: WorkingOrder, touch: Touch, bar: Bar, at: datetime) -> list[WorkingOrder]:
        """Fills as much as the market and the position allow; returns the children that the fill activated.

        The market is the levels of a reading, or a share of the candle's volume.
        """
        order.traded_in = bar.candle.open_time
        if bar.levels is not None and not self.holding.quantity:
            self.held_since = at
        filled = order.filled
        for price, quantity in self._met(order, touch, bar):
            for part in self._parts(order.terms.side, quantity):
                self._fill(order, part, price, touch.liquidity, at)
                self._wire.fills[bar.source] += 1
        if order.filled == filled:
            return []
        self._report_cut(order, at)
        self._end_siblings(order, at)
        return self._wake_children(order, at)

    def end(self, order: WorkingOrder, at: datetime, reason: str) -> None:
        """Cancels the order and its inactive children; has no effect where the order has ended."""
        if order in self.book:
            self.book.end(order.id, order.filled)
            self._wire.cancelled(order.id, at, reason)
            self._end_sleepers(order, at)

    def reject(self, order_id: str, at: datetime, reason: str) -> None:
        self.book.end(order_id, ZERO)
        self._wire.rejected(order_id, at, reason)

    def expire(self, order_id: str, at: datetime, reason: str) -> None:
        self.book.end(order_id, ZERO)
        self._wire.expired(order_id, at, reason)

    def fund(self, at: datetime, price: Decimal, rate: Decimal) -> None:
        """Settles funding of the position: quantity x price x rate; longs pay where the rate is positive."""
        if rate and self.holding.quantity:
            amount = -(self.holding.quantity * price * rate)
            self._wallet.add(amount)
            self._drain(amount)
            self._wire.funded(self.instrument.id, at, amount)

    def liquidation_price(self) -> Decimal | None:
        """The price at which the position is liquidated; None without a position."""
        if not self.holding.quantity:
            return None
        return liquidation_price(self.holding, self.instrument, self.leverage)

    def liquidate(self, at: datetime) -> None:
        """Cancels every order, then closes the position at its bankruptcy price: the loss is limited to the margin."""
        for order in self.book:
            self.end(order, at, LIQUIDATION)
        side, quantity = self.holding.closing_side, self.holding.size
        price = to_tick(bankruptcy_price(self.holding, self.leverage), side, self.instrument.tick)
        fee = quantity * price * self.instrument.taker_fee
        self._wallet.add(self.holding.trade(side, quantity, price) - fee)
        instrument = self.instrument
        self._wire.liquidated(instrument.id, at, side, price, quantity, fee, instrument.quote)

    def cut(self, order: WorkingOrder) -> None:
        """Limits a reduce-only order to the position; not a protective order, because the position may still grow."""
        if order.terms.reduce_only and not order.is_protection:
            order.quantity = min(order.quantity, order.filled + self.holding.reducible(order.terms.side))

    def _met(self, order: WorkingOrder, touch: Touch, bar: Bar) -> Sequence[tuple[Decimal, Decimal]]:
        """The prices and quantities at which the market fills the order now."""
        if bar.levels is not None:
            return self._met_levels(order, touch, bar.levels)
        share = to_lot(bar.candle.volume * self._rules.volume_share, self.instrument.lot)
        quantity = min(self._fillable(order), share)
        return [(self._price_of(order, touch, bar), quantity)] if quantity else []

    def _met_levels(
        self, order: WorkingOrder, touch: Touch, levels: ShownLevels
    ) -> Sequence[tuple[Decimal, Decimal]]:
        """A taker gets the price of each level, a maker its own for what has reached it."""
        is_maker = touch.liquidity is Liquidity.MAKER
        taken = levels.take(order.terms.side, self._fillable(order), order.terms.limit_price)
        lots = [
            (touch.price if is_maker else one.price, to_lot(one.size, self.instrument.lot)) for one in taken
        ]
        return [one for one in lots if one[1]]

    def _fillable(self, order: WorkingOrder) -> Decimal:
        reducible = self.holding.reducible(order.terms.side)
        return min(order.leaves, reducible) if order.terms.reduce_only else order.leaves

    def _price_of(self, order: WorkingOrder, touch: Touch, bar: Bar) -> Decimal:
        rules = self._rules
        if bar.levels is not None:  # they have the cost that slippage stands for
            return execution_price(order.terms, touch, bar, ZERO, self.instrument.tick)
        drawn = (
            draw(self._seed, self._drawn_as(order.id), order.executions) if rules.slippage_jitter else ZERO
        )
        stray = rules.slippage_jitter * drawn
        slippage = rules.slippage * (ONE + stray)
        return execution_price(order.terms, touch, bar, slippage, self.instrument.tick)

    def _parts(self, side: Side, quantity: Decimal) -> list[Decimal]:
        closing = min(quantity, self.holding.reducible(side))
        return [part for part in (closing, quantity - closing) if part]

    def _fill(
        self, order: WorkingOrder, quantity: Decimal, price: Decimal, liquidity: Liquidity, at: datetime
    ) -> None:
        instrument = self.instrument
        rate = instrument.maker_fee if liquidity is Liquidity.MAKER else instrument.taker_fee
        fee = quantity * price * rate
        self._wallet.add(self.holding.trade(order.terms.side, quantity, price) - fee)
        self._wire.filled(order.id, order.executions, at, price, quantity, fee, instrument.quote, liquidity)
        order.filled += quantity
        order.executions += 1
        if not order.leaves:
            self.book.end(order.id, order.filled)
        self._follow_position(at)

    def _follow_position(self, at: datetime) -> None:
        for order in self.book.reducing():
            if self.holding.quantity:
                self.cut(order)
            else:
                self._end_with_position(order, at)

    def _end_with_position(self, order: WorkingOrder, at: datetime) -> None:
        self.end(order, at, POSITION_GONE if order.is_protection else NOTHING_TO_REDUCE)
        self._end_parent(order, at)

    def _end_parent(self, order: WorkingOrder, at: datetime) -> None:
        parent = self.book.get(order.terms.parent)
        if parent is not None:
            self.end(parent, at, POSITION_GONE)

    def _report_cut(self, order: WorkingOrder, at: datetime) -> None:
        if not order.leaves and order.quantity < order.terms.quantity:
            self._wire.cancelled(order.id, at, NOTHING_TO_REDUCE)

    def _end_siblings(self, order: WorkingOrder, at: datetime) -> None:
        if order.terms.parent is None or (order.leaves and not order.triggered):
            return
        for sibling in self.book.children(order.terms.parent):
            if sibling is not order:
                self.end(sibling, at, _OTHER_TRIGGERED[order.terms.type])
        self._end_parent(order, at)

    def _wake_children(self, order: WorkingOrder, at: datetime) -> list[WorkingOrder]:
        woken = [child for child in self.book.children(order.id) if not child.awake and self._protects(child)]
        for child in woken:
            child.awake = True
        if order not in self.book:
            self._end_sleepers(order, at)
        return woken

    def _protects(self, child: WorkingOrder) -> bool:
        return bool(self.holding.reducible(child.terms.side))

    def _end_sleepers(self, order: WorkingOrder, at: datetime) -> None:
        for child in self.book.children(order.id):
            if not child.awake:
                self.end(child, at, POSITION_GONE)

    def _drain(self, amount: Decimal) -> None:
        # Bybit takes funding from the available balance first, and what exceeds it from the position's margin.
        short = min(-amount, -self._wallet.available)
        self.holding.drained += max(ZERO, short)
