"""Any loss, duplication and reordering of messages ends in the exchange's own book, or in a declared gap."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.book.book import Book, BookState, BookTerms, Taken
from domain.book.frame import BookFrame
from domain.book.sequence import BinanceFutures, BinanceSpot, Bybit, SequenceRule
from domain.book.side import LevelStore
from tests.domain.book.exchange import Exchange, Moment, shown
from tests.domain.book.kinds import ALL_KINDS, NewBook

_STEPS = 24
_LISTED = 6
_TICK = Decimal("0.0001")
_LONG = 11.0
"""Seconds without a message, longer than a book's patience."""


@dataclass(frozen=True, slots=True)
class Venue:
    """The rule of a venue, and how its messages look: see `BookTerms` and `Exchange`."""

    rule: SequenceRule
    depth: int | None = None
    listed: int | None = None
    span: int = 1
    hole: int = 0
    restarts: bool = False


VENUES = {
    "bybit": Venue(Bybit(), depth=8, restarts=True),
    "binance spot": Venue(BinanceSpot(), listed=_LISTED, span=5),
    "binance usd-m": Venue(BinanceFutures(), listed=_LISTED, span=5, hole=3),
}


@pytest.mark.parametrize("name", list(VENUES))
@pytest.mark.parametrize("new_book", ALL_KINDS)
@settings(max_examples=100, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_messages_in_any_order_leave_the_exchanges_own_book_or_a_declared_gap(
    name: str, new_book: NewBook, data: st.DataObject, seed: int
) -> None:
    venue = VENUES[name]
    exchange = Exchange(seed, depth=venue.depth, span=venue.span, hole=venue.hole)
    # With two restarts, of which one is lost, a delta can have the next number by chance: no rule of the venue shows
    # that (docs/order-book.md), so one restart is drawn.
    most = 1 if venue.restarts else 0
    restarts = data.draw(st.frozensets(st.integers(1, _STEPS - 1), max_size=most))
    messages = sent(exchange, restarts, venue.listed)
    watched = Watched(
        new_book("XRPUSDT", BookTerms(rule=venue.rule, depth=venue.depth, listed=venue.listed), _TICK),
        exchange,
    )
    for number in data.draw(orders(len(messages))):
        watched.take(messages[number])
    watched.take(messages[-1])
    assert not watched.is_known or watched.reached == _STEPS - 1
    assert watched.book.state(_LONG) is not BookState.KNOWN


def sent(exchange: Exchange, restarts: frozenset[int], listed: int | None) -> list[BookFrame]:
    """A snapshot of every moment of the exchange, then all deltas."""
    for index in range(1, _STEPS):
        exchange.step(restarts=index in restarts)
    snapshots = [exchange.snapshot(moment, listed) for moment in exchange.moments]
    return [*snapshots, *map(exchange.delta, range(1, _STEPS))]


def orders(count: int) -> st.SearchStrategy[list[int]]:
    """Numbers of messages in any order: single ones, and runs of consecutive deltas."""
    one = st.integers(0, count - 1).map(lambda number: [number])
    run = st.tuples(st.integers(_STEPS, count - 1), st.integers(2, 8)).map(
        lambda begin: list(range(begin[0], min(sum(begin), count)))
    )
    return st.lists(one | run, max_size=10).map(lambda runs: [number for some in runs for number in some])


class Watched:
    """A book that is compared with the exchange after each message. `reached` is the index of its moment."""

    def __init__(self, book: Book, exchange: Exchange) -> None:
        self.book, self._moments, self.reached = book, exchange.moments, 0

    @property
    def is_known(self) -> bool:
        return self.book.state(0.0) is BookState.KNOWN

    def take(self, frame: BookFrame) -> None:
        book = self.book
        sequence, matched_ms = book.sequence, book.matched_ms
        taken = book.take(frame, 0.0)
        assert book.sequence >= sequence
        assert book.matched_ms >= matched_ms
        assert (taken is Taken.GAP) <= (book.state(0.0) is BookState.GAP)
        if self.is_known:
            found = [
                index
                for index, moment in enumerate(self._moments)
                if index >= self.reached and moment.update == book.update and is_own(book, moment)
            ]
            assert found, "the book was never the exchange's, or is an earlier one"
            self.reached = found[0]
        else:
            assert not book.bids.best_rows()


def is_own(book: Book, moment: Moment) -> bool:
    """Whether the book is that of the moment, as far as it reaches."""
    return all(
        side.best_rows() == [row for row in rows if not is_beyond(side, float(row[0]))]
        for side, rows in zip((book.bids, book.asks), shown(moment), strict=True)
    )


def is_beyond(side: LevelStore, price: float) -> bool:
    if side.reach is None:
        return False
    return price < side.reach if side.is_bid else price > side.reach
