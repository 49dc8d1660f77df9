"""One instrument's market. A candle is processed in this order:

1. The open is the first price. Requests that arrived by then are processed. Then the open is compared with the
  liquidation price, and with the level of each resting order; an order whose level the open has passed trades. Then
  requests that arrive later in the candle are processed; they, too, trade at the open.
2. After the open only the candle's range is known. The price is assumed to move through it first against the position,
  then back, repeatedly until nothing more happens. It reaches entries, stops and the liquidation price in the order of
  their levels.
3. Reduce-only limit orders (targets) are filled last, and not for positions entered inside this candle.
4. Funding is settled at the close.

Between candles, readings of the order book (`read`, `meet`) fill orders from their levels. A request is carried out at
the last reading before its arrival, while that is no older than the given patience. Each later reading is compared with
the resting orders as an open is, at the middle of its best prices. A candle in which a reading was taken then moves
through its range alone, and only orders that stood at its open, and a position of that time, meet it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.simulated.bar import Bar, bar_of, bar_of_reading
from adapters.simulated.clearing import Clearing
from adapters.simulated.desk import OrderDesk
from adapters.simulated.engine import MatchingEngine
from adapters.simulated.idle import IdleBounds
from adapters.simulated.requests import Inbox
from adapters.simulated.restoring import Standing
from adapters.simulated.wire import Wire
from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.market import BookReading
from domain.venue import VenuePosition

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Market:
    """Processes each candle once, in order of time."""

    def __init__(self, clearing: Clearing, wire: Wire, band: Decimal, version: int) -> None:
        """`version` is that of the simulator's rules."""
        self.inbox = Inbox()
        self._clearing = clearing
        self._engine = MatchingEngine(clearing, wire, version)
        self._desk = OrderDesk(clearing, self._engine, wire, band)
        self._before: Candle | None = None
        self._over_at = self._read_at = _LONG_AGO
        self._shown: Bar | None = None
        # A candle whose range lies between these two prices affects no order or position.
        self._below, self._above = self._engine.bounds()

    def restore(self, standing: Standing) -> None:
        """Restores orders and holding in a market that has received no requests."""
        self._clearing.restore(standing)
        self._below, self._above = self._engine.bounds()

    @property
    def position(self) -> Decimal:
        """The signed quantity held, in base currency."""
        return self._clearing.holding.quantity

    @property
    def instrument(self) -> Instrument:
        """The instrument traded here, with its trading rules."""
        return self._clearing.instrument

    def relist(self, instrument: Instrument) -> None:
        """Puts other rules in force."""
        self._clearing.instrument = instrument
        self._engine.relist(instrument)
        self._below, self._above = self._engine.bounds()

    @property
    def leverage(self) -> Decimal:
        """The ratio of a position's value to its margin."""
        return self._clearing.leverage

    def lever(self, leverage: Decimal) -> None:
        """Puts another leverage in force for later positions."""
        self._clearing.leverage = leverage
        self._below, self._above = self._engine.bounds()

    def order_ids(self) -> Sequence[str]:
        """The client order ids of the working orders, by arrival."""
        return [order.id for order in self._clearing.book]

    def shown_position(self) -> VenuePosition | None:
        """The position as the venue's query returns it; None without a position."""
        holding = self._clearing.holding
        if not holding.quantity:
            return None
        return VenuePosition(
            instrument=self.instrument.id,
            direction=Direction.LONG if holding.quantity > 0 else Direction.SHORT,
            quantity=holding.size,
            average_price=holding.cost / holding.size,
            liquidation_price=self._clearing.liquidation_price(),
        )

    def idle(self, candle: Candle) -> bool:
        """Whether the candle changes nothing in this market. If so, the candle is processed, and `begin` is not called.

        Raises InvalidInput for a candle that begins before the previous candle ends.
        """
        if candle.open_time < self._over_at:
            raise InvalidInput(
                f"{candle.instrument}: the candle of {candle.open_time.isoformat()} begins before the previous candle "
                f"ends ({self._over_at.isoformat()}); pass candles in order of time, each once"
            )
        if not self._below < candle.low or not candle.high < self._above or self.inbox.waiting:
            return False
        if candle.funding_rate is not None and self.position:
            return False
        self._before, self._over_at = candle, candle.open_time + candle.interval
        return True

    def idle_bounds(self) -> IdleBounds:
        """What a later candle may do so that `idle` is true of it."""
        waiting = [request.arrives_at for request in self.inbox.waiting]
        return IdleBounds(
            float(self._below), float(self._above), bool(self.position), min(waiting, default=None)
        )

    def pass_over(self, last: Candle) -> None:
        """Takes candles up to `last` as processed, of which each is within `idle_bounds`."""
        self._before, self._over_at = last, last.close_time

    def begin(self, candle: Candle) -> Bar:
        """Processes all that trades at the open; returns the bar to pass to `finish`."""
        bar = bar_of(candle, self._before)
        requests = self.inbox.take(candle)
        late = [request for request in requests if request.arrives_at > candle.open_time]
        for request in requests[: len(requests) - len(late)]:
            self._desk.deal(request, bar)
        if self._read_at <= candle.open_time:
            self._engine.open(bar)
        for request in late:
            self._desk.deal(request, bar)
        return bar

    def finish(self, bar: Bar) -> None:
        """Processes the rest of the candle and its close."""
        entered = self._engine.sweep(bar)
        self._engine.take_targets(bar, entered)
        if bar.candle.funding_rate is not None:
            self._clearing.fund(bar.candle.close_time, bar.candle.close, bar.candle.funding_rate)
        self._before, self._over_at = bar.candle, bar.candle.close_time
        self._below, self._above = self._engine.bounds()

    def read(self, reading: BookReading, at: datetime) -> None:
        """Takes a reading of the book that was received at `at`, and compares it with the resting orders."""
        self._shown = bar = bar_of_reading(reading, at)
        if bar is None:
            return
        self._read_at = at
        if reading.bids[0].price <= self._below or reading.asks[0].price >= self._above:
            self._engine.open(bar)
            self._below, self._above = self._engine.bounds()

    def meet(self, until: datetime, patience: timedelta) -> None:
        """Carries out the requests that have arrived by `until` at the last reading, if the book is known.

        Those that arrive later than `patience` after it wait for the next reading or candle.
        """
        if self._shown is None or not self.inbox.waiting:
            return
        for request in self.inbox.take_met(self._shown.candle, until, patience):
            self._desk.deal(request, self._shown)
        self._below, self._above = self._engine.bounds()

    def forget_book(self) -> None:
        """Takes the book as unknown until the next reading."""
        self._shown = None

    def fund(self, at: datetime, price: Decimal, rate: Decimal) -> None:
        """Settles funding between two candles (see `Clearing.fund`)."""
        self._clearing.fund(at, price, rate)
        self._below, self._above = self._engine.bounds()

    def answer(self, moment: datetime) -> None:
        """Processes the requests that arrive before `moment` in a market without a price, where nothing trades."""
        for request in self.inbox.take_until(moment):
            self._desk.deal(request, None)
        self._below, self._above = self._engine.bounds()
