"""Where resting orders and the position of one instrument meet its candles."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from adapters.simulated.bar import Bar
from adapters.simulated.book import waits_for_fall
from adapters.simulated.clearing import Clearing
from adapters.simulated.matching import Touch, at_open, inside, on_arrival, on_waking, reaches
from adapters.simulated.order import WorkingOrder
from adapters.simulated.wire import Wire
from domain.order import OrderType, Side

NO_VOLUME = "EC_NoImmediateQtyToFill"
CANNOT_AFFORD = "CancelByCannotAffordOrderCost"
_NEVER_LOW = Decimal(-1)
_NEVER_HIGH = Decimal("Infinity")


class MatchingEngine:
    """What happens at the open is told with the time it is given, what happens inside with the candle's close."""

    def __init__(self, clearing: Clearing, wire: Wire) -> None:
        self._clearing, self._wire = clearing, wire
        self._book, self._holding = clearing.book, clearing.holding
        self._tick = clearing.instrument.tick

    def arrive(self, order: WorkingOrder, bar: Bar, at: datetime) -> None:
        """An order comes to life (or to new terms) at the open: it trades there, or rests."""
        if self._free(order, bar):
            self._meet_at_open(order, on_arrival(order, bar, self._tick), bar, at)

    def open(self, bar: Bar) -> None:
        """The first price of the candle meets what rested before it: liquidation, then stops, then limits."""
        at = bar.candle.open_time
        if self._liquidation_reached(bar.candle.open):
            self._clearing.liquidate(at)
        for order in sorted(self._book, key=lambda order: order.terms.type is not OrderType.STOP):
            if order.awake and self._free(order, bar):
                self._meet_at_open(order, at_open(order, bar, self._tick), bar, at)

    def suffer(self, bar: Bar) -> None:
        """Stops of the position and its liquidation, in the order in which the price comes to them."""
        for stop in self._stops_in_reach(bar):
            if self._liquidated(bar, before=stop.terms.trigger_price):
                return
            if self._free(stop, bar):
                self._meet_inside(stop, bar)
        self._liquidated(bar, before=None)

    def enter(self, bar: Bar) -> bool:
        """Orders that open or grow a position; whether any of them traded."""
        entries = [order for order in self._book if order.awake and not order.terms.reduce_only]
        traded = [self._meet_inside(order, bar) for order in entries if self._free(order, bar)]
        return any(traded)

    def take_targets(self, bar: Bar) -> None:
        """Limits that reduce the position."""
        for order in self._book.resting(OrderType.LIMIT, reduce_only=True):
            if self._free(order, bar):
                self._meet_inside(order, bar)

    def bounds(self) -> tuple[Decimal, Decimal]:
        """The two prices between which nothing happens; they meet when something happens at any price."""
        below, above = _NEVER_LOW, _NEVER_HIGH
        for falls, level in self._levels():
            if level is None:
                return _NEVER_HIGH, _NEVER_LOW
            below, above = (max(below, level), above) if falls else (below, min(above, level))
        return below, above

    def _levels(self) -> list[tuple[bool, Decimal | None]]:
        levels = [(waits_for_fall(order), order.level) for order in self._book if order.awake]
        liquidation = self._clearing.liquidation_price()
        if liquidation is not None:
            levels.append((self._holding.closing_side is Side.SELL, liquidation))
        return levels

    def _free(self, order: WorkingOrder, bar: Bar) -> bool:
        return order in self._book and order.traded_in != bar.candle.open_time

    def _meet_at_open(self, order: WorkingOrder, touch: Touch | None, bar: Bar, at: datetime) -> None:
        for child in self._meet(order, touch, bar, at):
            self.arrive(child, bar, at)

    def _meet_inside(self, order: WorkingOrder, bar: Bar) -> bool:
        filled, touch, at = order.filled, inside(order, bar, self._tick), bar.candle.close_time
        if touch is not None:
            for child in self._meet(order, touch, bar, at):
                self._meet(child, on_waking(child, touch.price), bar, at)
        return order.filled != filled

    def _meet(self, order: WorkingOrder, touch: Touch | None, bar: Bar, at: datetime) -> list[WorkingOrder]:
        if touch is None or not self._triggers(order, touch, bar, at):
            return []
        woken = self._clearing.execute(order, touch, bar, at)
        self._end_remainder(order, at)
        return woken

    def _triggers(self, order: WorkingOrder, touch: Touch, bar: Bar, at: datetime) -> bool:
        if order.terms.type is not OrderType.STOP or order.triggered:
            return True
        order.triggered = True
        self._wire.triggered(order.id, at, touch.price)
        if self._clearing.unaffordable(order, touch, bar) is None:
            return True
        self._clearing.end(order, at, CANNOT_AFFORD)
        return False

    def _end_remainder(self, order: WorkingOrder, at: datetime) -> None:
        if order not in self._book or not _takes_once(order):
            return
        if order.filled or order.triggered:
            self._clearing.end(order, at, NO_VOLUME)
        else:
            self._clearing.reject(order.id, at, NO_VOLUME)

    def _stops_in_reach(self, bar: Bar) -> list[WorkingOrder]:
        side = self._holding.closing_side
        stops = [
            order
            for order in self._book.resting(OrderType.STOP, reduce_only=True)
            if order.terms.side is side and inside(order, bar, self._tick) is not None
        ]
        return sorted(stops, key=lambda stop: stop.level or _NEVER_LOW, reverse=side is Side.SELL)

    def _liquidated(self, bar: Bar, *, before: Decimal | None) -> bool:
        if not self._liquidation_reached(bar.far(self._holding.closing_side), before):
            return False
        self._clearing.liquidate(bar.candle.close_time)
        return True

    def _liquidation_reached(self, price: Decimal, before: Decimal | None = None) -> bool:
        side, level = self._holding.closing_side, self._clearing.liquidation_price()
        if level is None or not reaches(side, price, level):
            return False
        return before is None or reaches(side, before, level)


def _takes_once(order: WorkingOrder) -> bool:
    """Market orders, and stops that open a position: what the candle cannot fill is cancelled.

    A stop that protects goes on until the position is closed.
    """
    if order.terms.type is OrderType.STOP:
        return order.triggered and not order.terms.reduce_only
    return order.terms.type is OrderType.MARKET
