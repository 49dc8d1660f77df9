"""A recorded market: trades and books in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.venue.market import Market
from adapters.simulated.venue.venue import Venue
from domain.arithmetic import ZERO
from domain.direction import Side


class Printed(Struct, frozen=True, gc=False):
    """A trade; `side` is the taker's, `at` in ms."""

    at: int
    side: Side
    price: Decimal
    size: Decimal


class Reported(Struct, frozen=True, gc=False):
    """A trade that the book shows already: it moves the last price, and takes nothing. Fields as of `Printed`."""

    at: int
    side: Side
    price: Decimal
    size: Decimal


class Quoted(Struct, frozen=True, gc=False):
    """The size at a price of the book from now on; zero where nothing is left."""

    at: int
    side: Side
    price: Decimal
    size: Decimal


class Snapshot(Struct, frozen=True, gc=False):
    """The whole book: every price that is not in it is empty."""

    at: int
    levels: Sequence[Quoted]


Event = Printed | Reported | Quoted | Snapshot


def emptied_first(levels: Iterable[Quoted]) -> Sequence[Quoted]:
    """The levels of one change of a book in the order in which they are played.

    A quote that moves beyond the other side's old one would otherwise trade with what is not there any more.
    """
    return sorted(levels, key=lambda one: one.size > ZERO)


class PlayedMarket:
    """Plays events into one market of a venue. The market stands still after the last one. Where its quotes have left
    the last price behind without a trade, as in a recording of a book, the last price goes with them.
    """

    def __init__(self, venue: Venue, market: Market, events: Iterable[Event] = ()) -> None:
        self._venue, self._market = venue, market
        self._events = iter(events)
        self._next = next(self._events, None)

    @property
    def is_over(self) -> bool:
        return self._next is None

    def move(self, now: int) -> None:
        """Plays the events up to `now` (ms)."""
        while self._next is not None and self._next.at <= now:
            event = self._next
            at = self._market.not_before(event.at)
            self.play(event, at)
            self._next = next(self._events, None)
            if not isinstance(event, Printed | Reported) and (self._next is None or self._next.at > event.at):
                self.follow(at)

    def play(self, event: Event, now: int) -> None:
        """Plays one event at `now` (ms), whatever its own time is."""
        match event:
            case Printed():
                self._print(event, now)
            case Reported():
                symbol, category = self._market.symbol, self._market.category
                self._venue.print_trade(symbol, event.side, event.price, event.size, now, category)
            case Quoted():
                self._show(event.side, event.price, event.size, now)
            case Snapshot():
                self._replace(event, now)

    def follow(self, now: int) -> None:
        """Lets the last price go with the quotes."""
        self._venue.follow_book(self._market.symbol, now, self._market.category)

    def _print(self, event: Printed, now: int) -> None:
        """A recorded trade proves that the market showed nothing better than its price."""
        better = self._market.book.sides[event.side.opposite].within(event.price)
        for level in list(better):
            if level.price != event.price and level.foreign:
                self._show(event.side.opposite, level.price, ZERO, now)
        symbol, category = self._market.symbol, self._market.category
        self._venue.trade(symbol, event.side, event.price, event.size, now, category)

    def _replace(self, event: Snapshot, now: int) -> None:
        shown = {(one.side, one.price) for one in event.levels}
        for side, half in self._market.book.sides.items():
            for level in list(half):
                if level.foreign and (side, level.price) not in shown:
                    self._show(side, level.price, ZERO, now)
        for one in event.levels:
            self._show(one.side, one.price, one.size, now)

    def _show(self, side: Side, price: Decimal, size: Decimal, now: int) -> None:
        self._venue.show(self._market.symbol, side, price, size, now, self._market.category)
