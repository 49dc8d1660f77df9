"""Matches the resting orders and the position of one instrument with its candles."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from adapters.simulated.bar import Bar
from adapters.simulated.book import waits_for_fall
from adapters.simulated.clearing import Clearing
from adapters.simulated.matching import AT_OPEN, Touch, inside, on_arrival, on_waking, reaches
from adapters.simulated.order import WorkingOrder
from adapters.simulated.wire import Wire
from domain.direction import Side
from domain.instrument import Instrument
from domain.order import OrderType

NO_VOLUME = "EC_NoImmediateQtyToFill"
CANNOT_AFFORD = "CancelByCannotAffordOrderCost"
_NEVER_LOW = Decimal(-1)
_NEVER_HIGH = Decimal("Infinity")


class MatchingEngine:
    """Reports from the open have the time that the caller gives; later reports have the candle's close time."""

    def __init__(self, clearing: Clearing, wire: Wire, version: int) -> None:
        """`version` is that of the simulator's rules."""
        self._clearing, self._wire = clearing, wire
        self._book, self._holding = clearing.book, clearing.holding
        self._tick, self._at_open = clearing.instrument.tick, AT_OPEN[version]

    def relist(self, instrument: Instrument) -> None:
        """Matches by the tick of other rules."""
        self._tick = instrument.tick

    def arrive(self, order: WorkingOrder, bar: Bar, at: datetime) -> None:
        """Matches an order that is new, activated or amended at the open: it trades there or rests."""
        if bar.levels is not None:
            order.rests_since = at
        if self._free(order, bar):
            self._meet_at_open(order, on_arrival(order, bar, self._tick), bar, at)

    def open(self, bar: Bar) -> None:
        """Compares the opening price with the liquidation price, then with resting entries, then with reduce-only
        orders.
        """
        at = bar.candle.open_time
        if self._liquidation_reached(bar.candle.open):
            self._clearing.liquidate(at)
        for order in sorted(self._book, key=lambda order: order.terms.reduce_only):
            if order.awake and self._free(order, bar):
                touch = self._at_open[order.terms.type](order, bar, self._tick)
                self._meet_at_open(order, touch, bar, at)

    def sweep(self, bar: Bar) -> set[str]:
        """Moves the price through the candle's range, first against the position (down without a position), then back.

        Repeats this until nothing more happens, because an entry that fills on one way may be stopped out on the next.
        Returns the ids of the entries that traded.
        """
        entered: set[str] = set()
        way = self._holding.closing_side
        while any([self._walk(bar, way, entered), self._walk(bar, way.opposite, entered)]):
            continue
        return entered

    def take_targets(self, bar: Bar, entered: set[str]) -> None:
        """Fills reduce-only limit orders after the other trades inside the candle.

        `entered` are the entries that traded inside this candle. Their targets are skipped, and where there are any,
        so are reduce-only limit orders without a parent.
        """
        for order in self._book.limits(reduce_only=True):
            early = order.terms.parent in entered if order.is_protection else bool(entered)
            if not early and self._free(order, bar):
                self._meet_inside(order, bar)

    def bounds(self) -> tuple[Decimal, Decimal]:
        """Two prices: a candle between them has no effect. The first is the higher where every candle has an effect."""
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
        is_left = order in self._book and order.traded_in != bar.candle.open_time
        return is_left and self._has_stood(order, bar)

    def _has_stood(self, order: WorkingOrder, bar: Bar) -> bool:
        return bar.levels is not None or order.rests_since <= bar.candle.open_time

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

    def _walk(self, bar: Bar, way: Side, entered: set[str]) -> bool:
        """Moves the price once through the range (SELL: down, BUY: up); returns whether anything happened."""
        happened = False
        while (order := self._next(bar, way)) is not None:
            if self._liquidated(bar, way, before=order.level):
                return True
            if self._meet_inside(order, bar) and not order.terms.reduce_only:
                entered.add(order.id)
            happened = True
        return self._liquidated(bar, way, before=None) or happened

    def _next(self, bar: Bar, way: Side) -> WorkingOrder | None:
        """The order whose level the price reaches first; at equal levels the entry, so that its stop can follow."""
        sign = 1 if way is Side.SELL else -1
        reached = [
            (sign * level, not order.terms.reduce_only, order)
            for order in self._book
            if (level := order.level) is not None and self._is_on(order, bar, way)
        ]
        return max(reached, key=lambda one: one[:2])[2] if reached else None

    def _is_on(self, order: WorkingOrder, bar: Bar, way: Side) -> bool:
        is_target = order.terms.reduce_only and order.terms.type is OrderType.LIMIT
        moved = waits_for_fall(order) is (way is Side.SELL)
        if is_target or not moved or not order.awake or not self._free(order, bar):
            return False
        return inside(order, bar, self._tick) is not None

    def _liquidated(self, bar: Bar, way: Side, *, before: Decimal | None) -> bool:
        if way is not self._holding.closing_side or self._clearing.held_since > bar.candle.open_time:
            return False
        if not self._liquidation_reached(bar.far(way), before):
            return False
        self._clearing.liquidate(bar.candle.close_time)
        return True

    def _liquidation_reached(self, price: Decimal, before: Decimal | None = None) -> bool:
        side, level = self._holding.closing_side, self._clearing.liquidation_price()
        if level is None or not reaches(side, price, level):
            return False
        return before is None or reaches(side, before, level)


def _takes_once(order: WorkingOrder) -> bool:
    """Whether the order is cancelled after its first fill: true of market orders and of stops that open a position.

    A protective stop fills in later candles until the position is closed.
    """
    if order.terms.type is OrderType.STOP:
        return order.triggered and not order.terms.reduce_only
    return order.terms.type is OrderType.MARKET
