"""The contract of the port to live market data: tests that every feed must pass.

A feed is tested by a class of its own:

    class TestBybitFeed(FeedContract):
        @pytest.fixture
        def bench(self) -> Iterator[FeedBench]:
            ...

Trades that happen while nothing arrives are lost: only candles are fetched. Everything else is as the venue has it once
the feed receives again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Protocol

import pytest

from commands.feed import FeedState, MarketFeed
from domain.candle import Candle
from domain.direction import Side
from domain.errors import ExchangeUnreachable, InvalidInput
from domain.market import BookUpdate, Level, Quote, Trade

Levels = Mapping[Decimal, Decimal]
MINUTE = timedelta(minutes=1)
INTERRUPTIONS = ("cut", "close", "refuse", "silence", "restart", "restart_books")
"""Connections are cut, closed, refused for a while, silent; the venue restarts; its books restart."""

SPOILED = ("missing", "duplicate", "reordered")
_SIZES = count(3)
UNKNOWN = "NOSUCHUSDT-LINEAR.BYBIT"


class FeedBench(Protocol):
    """A venue whose market the test moves, and a feed of one instrument.

    The feed returns candles of a minute, trades, quotes and a book. It has been started, and its state is live.
    """

    @property
    def feed(self) -> MarketFeed:
        """The feed under test."""
        ...

    @property
    def instrument(self) -> str:
        """The instrument's id."""
        ...

    def now(self) -> datetime:
        """The market's time, which stands still between two calls."""
        ...

    def trade(self, quantity: str) -> None:
        """One public trade."""
        ...

    def show(self, side: Side, ticks: int, size: str) -> None:
        """The book shows this size, that many ticks away from the price between bid and ask."""
        ...

    def close_candles(self, count: int) -> None:
        """Lets the time pass to that many later minutes, with a trade in each."""
        ...

    def pause(self) -> None:
        """Lets some seconds pass, after which a candle that was not pushed is fetched, and a closed one is listed."""
        ...

    def book(self) -> tuple[Levels, Levels]:
        """The venue's bids and asks within the depth of the feed."""
        ...

    def candles(self, since: datetime) -> Sequence[Candle]:
        """The venue's closed candles from this time on."""
        ...

    def trades(self) -> Sequence[str]:
        """The ids of the venue's trades, in order."""
        ...

    def interrupt(self, how: str) -> None:
        """One of `INTERRUPTIONS`."""
        ...

    def spoil(self, how: str) -> None:
        """The next push of every topic is one of `SPOILED`."""
        ...

    def cut(self) -> AbstractContextManager[None]:
        """Within the context no query arrives at the venue."""
        ...

    def arrived(self) -> None:
        """Returns when something arrived since the last call, or after some seconds."""
        ...


class Follower:
    """A reader of a feed: it knows the market from the events alone."""

    def __init__(self, bench: FeedBench) -> None:
        self.bench, self.feed = bench, bench.feed
        self.since = bench.now() - (bench.now() - datetime.min.replace(tzinfo=bench.now().tzinfo)) % MINUTE
        self.candles: list[Candle] = []
        self.trades: list[str] = []
        self.quote: Quote | None = None
        self.update_id = 0
        self.sides: dict[Side, dict[Decimal, Decimal]] = {side: {} for side in Side}

    def read(self) -> int:
        """Takes the events since the last call; returns their number."""
        events = self.feed.events()
        for event in events:
            match event:
                case Candle():
                    self.candles.append(event)
                case Trade():
                    self.trades.append(event.trade_id)
                case Quote():
                    self.quote = event
                case BookUpdate():
                    self._update(event)
                case _:
                    pass
        return len(events)

    def _update(self, update: BookUpdate) -> None:
        """A change continues the update before it; the whole book begins anew."""
        if update.snapshot:
            self.sides = {side: {} for side in Side}
        else:
            assert update.update_id == self.update_id + 1
        self.update_id = update.update_id
        self._apply(Side.BUY, update.bids)
        self._apply(Side.SELL, update.asks)

    def _apply(self, side: Side, levels: Sequence[Level]) -> None:
        for level in levels:
            self.sides[side][level.price] = level.size
            if not level.size:
                del self.sides[side][level.price]

    @property
    def state(self) -> FeedState:
        (state,) = self.feed.states()
        return state

    def until(self, reached: Callable[[], bool]) -> None:
        """Reads until this is so; fails after a minute."""
        patience = time.monotonic() + 60
        self.read()
        while not reached():
            assert time.monotonic() < patience, self.state
            self.bench.arrived()
            self.read()

    def agrees(self) -> bool:
        """Whether the feed receives, and what it returned is what the venue has."""
        bids, asks = self.bench.book()
        return (
            self.state.is_live
            and (self.sides[Side.BUY], self.sides[Side.SELL]) == (bids, asks)
            and self.candles == list(self.bench.candles(self.since))
            and self.quote is not None
            and (self.quote.bid, self.quote.bid_size) == max(bids.items())
            and (self.quote.ask, self.quote.ask_size) == min(asks.items())
        )


def _another_size() -> str:
    """A size that the venue's book does not have, so that every change is one."""
    return f"{next(_SIZES)}.5"


class FeedContract:
    """The tests of the contract; each test has its own bench."""

    @pytest.fixture
    def bench(self) -> Iterator[FeedBench]:
        raise NotImplementedError("the class of the feed defines its bench")

    @pytest.fixture
    def follower(self, bench: FeedBench) -> Follower:
        return Follower(bench)

    def test_what_a_feed_returns_is_what_the_venue_has(self, follower: Follower) -> None:
        bench = follower.bench
        for number in range(1, 4):
            bench.show(Side.BUY, 3, _another_size())
            bench.show(Side.SELL, number, "0")
            bench.close_candles(1)
            follower.until(follower.agrees)
            bench.show(Side.SELL, number, "2")
        follower.until(follower.agrees)
        assert follower.trades == list(bench.trades())[-3:]
        assert len(follower.candles) == 3
        assert (follower.state.gaps, follower.state.fault, list(follower.feed.unread())) == (0, "", [])

    @pytest.mark.parametrize("interruption", INTERRUPTIONS)
    def test_an_interruption_loses_no_candle_and_leaves_no_wrong_book(
        self, follower: Follower, interruption: str
    ) -> None:
        bench = follower.bench
        bench.close_candles(1)
        follower.until(follower.agrees)
        bench.interrupt(interruption)
        bench.show(Side.BUY, 2, _another_size())
        bench.close_candles(3)
        bench.pause()
        follower.until(follower.agrees)
        bench.show(Side.SELL, 2, _another_size())
        bench.close_candles(1)
        bench.pause()
        follower.until(follower.agrees)
        assert len(follower.candles) == 5
        assert len(set(follower.trades)) == len(follower.trades)

    @pytest.mark.parametrize("spoiled", SPOILED)
    def test_spoiled_pushes_lose_no_candle_and_leave_no_wrong_book(
        self, follower: Follower, spoiled: str
    ) -> None:
        bench = follower.bench
        follower.until(follower.agrees)
        bench.spoil(spoiled)
        for _ in range(3):
            bench.show(Side.BUY, 2, _another_size())
            bench.close_candles(1)
            bench.pause()
            follower.until(lambda: len(follower.candles) == len(bench.candles(follower.since)))
        bench.show(Side.BUY, 2, _another_size())
        follower.until(follower.agrees)
        assert len(set(follower.trades)) == len(follower.trades)
        assert set(follower.trades) <= set(bench.trades())

    def test_a_slow_reader_gets_the_newest_quote_and_every_candle_and_knows_what_it_missed(
        self, follower: Follower
    ) -> None:
        bench = follower.bench
        follower.until(follower.agrees)
        for _ in range(3):
            before = follower.state
            bench.show(Side.BUY, 1, _another_size())
            bench.close_candles(1)
            self._await_push(follower, before)
        bench.pause()
        follower.until(follower.agrees)
        assert len(follower.candles) == 3
        assert follower.state.dropped > 0

    def test_past_candles_are_closed_and_in_order_and_end_where_the_feed_begins(
        self, follower: Follower
    ) -> None:
        bench, feed = follower.bench, follower.feed
        bench.close_candles(3)
        bench.pause()
        since, now = follower.since, bench.now()
        found = feed.candles(bench.instrument, MINUTE, since, now + MINUTE)
        assert list(found) == list(bench.candles(since))
        assert [one.open_time for one in found] == [since + number * MINUTE for number in range(3)]
        later = feed.candles(bench.instrument, MINUTE, since + timedelta(seconds=1), since + 2 * MINUTE)
        assert list(later) == [found[1]]
        assert list(feed.candles(bench.instrument, MINUTE, since, since)) == []
        follower.until(lambda: len(follower.candles) == 3)
        assert follower.candles == list(found)

    def test_past_candles_of_an_unknown_instrument_are_refused_and_unreachable_without_a_venue(
        self, bench: FeedBench
    ) -> None:
        since = bench.now() - 10 * MINUTE
        with pytest.raises(InvalidInput):
            bench.feed.candles(UNKNOWN, MINUTE, since, bench.now())
        with bench.cut(), pytest.raises(ExchangeUnreachable):
            bench.feed.candles(bench.instrument, MINUTE, since, bench.now())

    def test_a_state_names_its_instrument_and_when_it_was_heard(self, follower: Follower) -> None:
        bench = follower.bench
        state = follower.state
        assert (state.instrument, state.is_live, state.fault) == (bench.instrument, True, "")
        assert state.heard_at is not None
        bench.close_candles(1)
        follower.until(lambda: follower.state.heard_at == bench.now())

    def _await_push(self, follower: Follower, before: FeedState) -> None:
        """Returns when something arrived that is not taken yet."""
        while follower.state.heard_at == before.heard_at:
            follower.bench.arrived()
