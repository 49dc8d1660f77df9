"""The watchdog of positions: which open positions have no stop at the exchange, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from commands.bare_since import bare_since
from commands.covering import covered, is_covered, stops
from commands.guarding import Prices
from commands.stray_orders import gone_by
from commands.world import World
from domain.direction import Direction
from domain.log import Envelope, LogReader
from domain.market import LastPrice
from domain.portfolio import OpenPosition, Portfolio

LONGEST_BARE = timedelta(seconds=10)
"""How long a position may be without a stop that covers it: many round trips, in one of which its stop is placed."""


class Watched(Struct, frozen=True, gc=False, kw_only=True):
    """An open position as the watchdog knows it.

    `stops` are the trigger prices of its stops that rest at the exchange (quote currency), `covered` is their quantity
    (base currency). `price` is the last price. `bare_since` is when the log first had it with a quantity that no
    stop covers (UTC), None while it is covered. `gone_by` is the id of the unresolved discrepancy that states that the
    exchange does not have the position; empty where there is none.
    """

    stream: str
    instrument: str
    direction: Direction
    quantity: Decimal
    opened_at: datetime
    stops: tuple[Decimal, ...]
    covered: Decimal
    price: LastPrice | None
    bare_since: datetime | None
    gone_by: str = ""

    def age(self, now: datetime) -> timedelta:
        """How long the position is open."""
        return now - self.opened_at


class Watchdog:
    """An `Observer` that knows every open position of an engine's world. Any thread may read it; it changes nothing.

    It also sees the positions that were open before it began; one of them without a stop counts from the end of its
    last stop in the log, so that a restart changes neither the time nor the alert.
    """

    def __init__(self, world: World, prices: Prices, log: LogReader) -> None:
        """`log` is the world's, of which it reads a few streams now where a position is bare."""
        self.world, self._prices = world, prices
        held = world.portfolio.positions.values()
        self._bare: Mapping[str, datetime] = {
            one.stream: bare_since(one, world, log) for one in held if not is_covered(one, world.portfolio)
        }

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`. A price changes no protection."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`. A position is bare from the time at which the event that left it bare was recorded."""
        portfolio, at = self.world.portfolio, envelopes[-1].meta.recorded_at
        self._bare = {
            held.stream: self._bare.get(held.stream, at)
            for held in portfolio.positions.values()
            if not is_covered(held, portfolio)
        }

    def positions(self) -> Sequence[Watched]:
        """Every open position, in the order of opening."""
        portfolio, bare = self.world.portfolio, self._bare
        return [self._watched(held, portfolio, bare) for held in portfolio.positions.values()]

    def unprotected(self, now: datetime) -> Sequence[Watched]:
        """The positions that are without a covering stop for `LONGEST_BARE` or longer at `now` (UTC)."""
        return [
            one
            for one in self.positions()
            if one.bare_since is not None and now - one.bare_since >= LONGEST_BARE
        ]

    def _watched(self, held: OpenPosition, portfolio: Portfolio, bare: Mapping[str, datetime]) -> Watched:
        state = held.state
        return Watched(
            stream=held.stream,
            instrument=state.instrument,
            direction=state.direction,
            quantity=state.quantity,
            opened_at=held.opened_at,
            stops=tuple(
                one.terms.trigger_price
                for one in stops(held, portfolio)
                if one.terms.trigger_price is not None
            ),
            covered=covered(held, portfolio),
            price=self._prices.last(state.instrument),
            bare_since=bare.get(held.stream),
            gone_by=gone_by(portfolio.discrepancies, state.instrument),
        )
