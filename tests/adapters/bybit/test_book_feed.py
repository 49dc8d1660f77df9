"""Books of Bybit over loopback: a gap, a silence or a cut costs the book of one instrument, until its next snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import datetime
from decimal import Decimal
from itertools import count
from threading import Event

import pytest

from adapters.book_kind import BookKind, scales_of
from adapters.bybit import Site
from adapters.bybit.book_feed import BybitBooks
from adapters.bybit.book_scale import book_scales
from adapters.bybit.site import Timing
from domain.book.depth import PublicTrade
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import instrument_id
from tests.adapters.bybit.bench import QUICK
from tests.adapters.bybit.feed_bench import VenueMarket
from tests.adapters.simulated.server.serving import PRICE, RunningVenue, quote, running_venue
from tests.domain.book.kinds import WITHOUT_NUMBA
from tests.replacing import replace

DEPTH = 50
BTC, ETH = instrument_id("BTCUSDT"), instrument_id("ETHUSDT")
_PATIENCE = 60
_SIZES = count(1)
TICK = Decimal("0.1")
PROMPT: Timing = replace(QUICK, first_pause=0.01)


class Books(VenueMarket):
    """A feed of two instruments; the venue's clock moves when a test moves it."""

    def __init__(self, venue: RunningVenue, patience: float = 60.0, kind: BookKind = BookKind.PLAIN) -> None:
        super().__init__(venue)
        self._arrival = Event()
        site = Site(http=venue.url, socket=venue.socket_url)
        self.feed = BybitBooks(
            site,
            (BTC, ETH),
            scales=scales_of(kind, lambda: book_scales(site, (BTC, ETH))),
            depth=DEPTH,
            patience=patience,
            timing=PROMPT,
            on_arrival=self._arrival.set,
            clock=self.now,
        )
        self.feed.start()
        self.until(lambda: all(state.is_live for state in self.feed.states()))

    def until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE
        while not reached():
            assert time.monotonic() < end, self.feed.states()
            self._arrival.wait(1.0)
            self._arrival.clear()
            self.venue.act("advance", ms=100)

    def change(self, ticks: int) -> None:
        """The market shows a bid of a size that it did not have before, and its delta is sent."""
        self.show(Side.BUY, ticks, f"2.{next(_SIZES):03d}")
        self.venue.act("advance", ms=100)

    def is_the_venues(self) -> bool:
        depth = self.feed.depth(BTC, DEPTH)
        if depth is None:
            return False
        bids, asks = self.book()
        sides = ((depth.bid_prices, depth.bid_sizes), (depth.ask_prices, depth.ask_sizes))
        return [dict(zip(prices, sizes, strict=True)) for prices, sizes in sides] == [
            {float(price): float(size) for price, size in side.items()} for side in (bids, asks)
        ]

    def gaps(self) -> dict[str, int]:
        return {state.instrument: state.gaps for state in self.feed.states()}


@pytest.fixture(scope="module")
def venue() -> Generator[RunningVenue]:
    with running_venue() as running:
        running.do(lambda one: quote(one.venue, "ETHUSDT", Decimal(3_000)))
        yield running


@pytest.fixture(params=[BookKind.PLAIN, pytest.param(BookKind.FAST, marks=WITHOUT_NUMBA)])
def books(venue: RunningVenue, request: pytest.FixtureRequest) -> Generator[Books]:
    """A feed with each kind of book in turn."""
    opened = Books(venue, kind=request.param)
    assert opened.feed.is_fast(BTC) is (request.param is BookKind.FAST)
    yield opened
    opened.feed.close()
    venue.do(lambda one: one.faults.clear())


def test_the_book_is_the_venues_after_the_snapshot_and_after_deltas(books: Books) -> None:
    assert books.is_the_venues()
    for number in range(1, 6):
        books.change(number + 10)
    books.until(books.is_the_venues)
    assert books.gaps() == {BTC: 0, ETH: 0}
    assert books.feed.unread() == []


@pytest.mark.parametrize("how", ["missing", "reordered", "truncated"])
def test_a_spoiled_delta_costs_the_book_of_its_instrument_alone_and_a_snapshot_brings_it_back(
    books: Books, how: str
) -> None:
    books.venue.fails(f"orderbook.{DEPTH}", how, symbol="BTCUSDT")
    for number in range(1, 4):
        books.change(number)
    books.until(lambda: books.gaps()[BTC] > 0 and books.is_the_venues())
    assert books.gaps()[ETH] == 0


def test_a_delta_that_comes_twice_changes_nothing(books: Books) -> None:
    books.venue.fails(f"orderbook.{DEPTH}", "duplicate", symbol="BTCUSDT")
    for number in range(1, 4):
        books.change(number)
    books.until(books.is_the_venues)
    assert books.gaps() == {BTC: 0, ETH: 0}


def test_books_of_a_cut_connection_are_not_known_until_the_snapshots_of_the_next_one(books: Books) -> None:
    books.interrupt("cut")
    books.change(1)
    books.until(books.is_the_venues)
    assert books.gaps() == {BTC: 0, ETH: 0}


def test_a_restart_of_the_service_replaces_the_book_without_a_gap(books: Books) -> None:
    books.interrupt("restart_books")
    books.change(1)
    books.until(books.is_the_venues)
    assert books.gaps() == {BTC: 0, ETH: 0}


def test_trades_come_with_the_side_of_the_taker(books: Books) -> None:
    found: list[PublicTrade] = []

    def arrived() -> bool:
        found.extend(trade for trade in books.feed.trades() if trade.size == 0.007)
        return bool(found)

    books.trade("0.007")
    books.until(arrived)
    assert (found[0].instrument, found[0].is_buy, found[0].price) == (BTC, True, float(PRICE))


def test_a_sweep_costs_what_the_levels_beyond_the_best_cost(books: Books) -> None:
    _bids, asks = books.book()
    best, second = sorted(asks)[:2]
    found = books.feed.sweep(BTC, Side.BUY, asks[best] + asks[second])
    assert found is not None
    assert (found.is_whole, found.cost) == (True, (second - best) * asks[second])


def test_a_book_of_a_market_that_stands_still_is_lost_once_and_known_again_with_the_next_change(
    venue: RunningVenue,
) -> None:
    opened, answers = Books(venue, patience=1.0), set[datetime | None]()

    def is_answered_three_times() -> bool:
        if all(opened.gaps().values()):
            answers.add(opened.feed.states()[0].heard_at)
        return len(answers) > 3

    try:
        opened.until(is_answered_three_times)
        assert opened.feed.depth(BTC, 1) is None
        assert opened.gaps() == {BTC: 1, ETH: 1}
        assert all(one.fault == "nothing came for 1 s" for one in opened.feed.states())
        opened.change(1)
        opened.until(opened.is_the_venues)
    finally:
        opened.feed.close()


def test_an_instrument_or_depth_that_bybit_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="books of 1, 50, 200, 1000 levels, not of 500"):
        BybitBooks(Site(), (BTC,), depth=500)
    with pytest.raises(InvalidInput, match="no linear contract of Bybit"):
        BybitBooks(Site(), ("BTCUSDT-SPOT.BYBIT",))
    feed = BybitBooks(Site(), (BTC,))
    with pytest.raises(InvalidInput, match=f"this feed has no book of {ETH}; it has {BTC}"):
        feed.depth(ETH, 5)
