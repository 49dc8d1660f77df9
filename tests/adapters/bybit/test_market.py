"""The feed over our venue: what its counters, pool and queries do beside the contract of the port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from adapters.bybit import Bounds, BybitExchange, BybitFeed, Credentials, Site, Wanted
from adapters.bybit.market_book_topic import BookTopic
from adapters.bybit.market_frame import frame
from domain.catalogue import known
from domain.direction import Side
from domain.market import KnownPrice, MarketView, PriceSource, Quote
from tests.adapters.bybit.bench import QUICK
from tests.adapters.bybit.feed_bench import INSTRUMENT, TOPICS, BybitFeedBench
from tests.adapters.bybit.test_stream import pushed_raw
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.feed_contract import MINUTE, Follower
from tests.replacing import replace
from tests.threads import left_of

BOOK = '{"topic":"orderbook.50.BTCUSDT","type":"%s","ts":1,"data":{"s":"BTCUSDT","b":[],"a":[],"u":%d}}'


@pytest.fixture
def bench(venue: RunningVenue) -> Iterator[BybitFeedBench]:
    bench = BybitFeedBench(venue)
    yield bench
    bench.close()


def test_a_gap_in_update_numbers_is_counted_and_that_topic_alone_is_subscribed_anew(
    bench: BybitFeedBench,
) -> None:
    follower = Follower(bench)
    bench.venue.fails("orderbook.50", "missing", symbol="BTCUSDT")
    for number in range(1, 4):
        bench.show(Side.BUY, 4, f"{number}.125")
        follower.until(lambda: follower.quote is not None)
        bench.venue.wait(bench.venue.server.stepped.wait())
    follower.until(lambda: follower.state.gaps == 1 and follower.agrees())
    assert bench.feed.connects == 1


def test_deltas_are_refused_and_counted_until_the_snapshot(bench: BybitFeedBench) -> None:
    for number in (90, 91, 92):
        text = BOOK % ("delta", 10_000 + number)
        bench.venue.do(partial(pushed_raw, text.encode()))
    follower = Follower(bench)
    follower.until(lambda: follower.state.gaps == 1 and follower.state.refused == 2)
    follower.until(follower.agrees)


def test_a_refused_renewal_ends_the_connection_and_the_next_one_brings_the_book(
    bench: BybitFeedBench,
) -> None:
    refusal = b'{"success":false,"ret_msg":"error:already subscribed","req_id":"subscribe","op":"subscribe"}'
    bench.venue.do(partial(pushed_raw, refusal))
    bench.until(lambda: bench.feed.connects == 2)
    follower = Follower(bench)
    bench.show(Side.BUY, 5, "6.625")
    follower.until(follower.agrees)


def test_a_book_is_overdue_where_its_snapshot_does_not_come_in_time_after_the_first_look_or_a_renewal() -> (
    None
):
    topic = BookTopic(INSTRUMENT, 50, 1.0, lambda _message, _taken: None)
    assert [topic.is_overdue(now, 10.0) for now in (5.0, 15.0, 15.5)] == [False, False, True]
    topic.begin()
    assert [topic.is_overdue(now, 10.0) for now in (16.0, 26.0)] == [False, False]
    topic.take(frame(BOOK % ("snapshot", 2)), 26.5)
    assert not topic.is_overdue(99.0, 10.0)
    topic.take(frame(BOOK % ("delta", 4)), 100.0)
    assert [topic.is_due(now) for now in (100.0, 100.1)] == [True, False]
    assert [topic.is_overdue(now, 10.0) for now in (110.0, 110.5)] == [False, True]


def test_a_topic_is_renewed_at_most_once_in_its_time() -> None:
    topic = BookTopic(INSTRUMENT, 50, 1.0, lambda _message, _taken: None)
    due: list[bool] = []
    for now in (1.0, 1.5, 2.5):
        topic.take(frame(BOOK % ("snapshot", 2)), now)
        topic.take(frame(BOOK % ("delta", 4)), now)
        due.append(topic.is_due(now))
    assert (due, topic.gaps) == ([True, False, True], 3)


def test_a_silent_instrument_has_the_price_of_a_query_with_its_age_and_source(bench: BybitFeedBench) -> None:
    market = MarketView()
    for event in bench.feed.events():
        market.take(event)
    assert _source(market) in (PriceSource.QUOTE, PriceSource.BOOK)
    for topic in TOPICS:
        bench.venue.fails(topic, "missing", times=0)
    silent = bench.now()
    prices: list[Any] = []

    def is_priced() -> bool:
        prices.extend(one for one in bench.feed.events() if isinstance(one, KnownPrice))
        return bool(prices)

    bench.until(is_priced, ms=11_000)
    market.take(prices[0])
    assert _source(market) is PriceSource.REST
    assert market.age(INSTRUMENT, prices[0].at + MINUTE) == MINUTE
    assert prices[0].at > silent
    bench.venue.do(lambda one: one.faults.clear())
    bench.venue.act("advance", ms=1_000)
    bench.show(Side.BUY, 1, "3.375")
    quotes: list[Quote] = []

    def is_quoted() -> bool:
        quotes.extend(one for one in bench.feed.events() if isinstance(one, Quote))
        return bool(quotes)

    bench.until(is_quoted)
    market.take(quotes[-1])
    assert _source(market) is PriceSource.QUOTE


def test_a_price_that_cannot_be_fetched_is_a_fault_until_it_can(bench: BybitFeedBench) -> None:
    bench.venue.fails("/v5/market/tickers", "drop", times=0)
    for topic in TOPICS:
        bench.venue.fails(topic, "missing", times=0)
    bench.until(lambda: "prices cannot be fetched" in bench.feed.states()[0].fault, ms=11_000)
    bench.venue.do(lambda one: one.faults.clear())
    for topic in TOPICS:
        bench.venue.fails(topic, "missing", times=0)
    bench.until(lambda: bench.feed.states()[0].fault == "", ms=11_000)


def test_candles_that_cannot_be_fetched_are_a_fault_and_come_when_they_can(bench: BybitFeedBench) -> None:
    follower = Follower(bench)
    bench.venue.fails("/v5/market/kline", "html", times=0)
    bench.venue.fails("kline.1", "missing", times=0)
    bench.close_candles(2)
    bench.pause()
    bench.until(lambda: "candles cannot be fetched" in bench.feed.states()[0].fault)
    assert follower.read() >= 0
    assert follower.candles == []
    bench.venue.do(lambda one: one.faults.clear())
    follower.until(lambda: len(follower.candles) == 2)
    assert follower.candles == list(bench.candles(follower.since))
    assert bench.feed.states()[0].fault == ""


def test_instruments_are_spread_over_connections_and_each_has_its_state(venue: RunningVenue) -> None:
    instruments = tuple(sorted(one.instrument.id for one in known())[:3])
    arrived = threading.Event()
    before = set(threading.enumerate())
    feed = BybitFeed(
        Site(http=venue.url, socket=venue.socket_url),
        Wanted(instruments=instruments, candles=(MINUTE,), quotes=True, book=200),
        timing=QUICK,
        bounds=Bounds(instruments=2),
        on_arrival=arrived.set,
    )
    assert {(state.is_live, state.fault) for state in feed.states()} == {(False, "")}
    feed.start()
    while not all(state.is_live for state in feed.states()):
        assert {state.fault for state in feed.states()} == {""}, "the books of a new connection are awaited"
        assert arrived.wait(30)
        arrived.clear()
    assert [state.instrument for state in feed.states()] == list(instruments)
    assert feed.connects == 2
    feed.close()
    assert left_of(before) == set()


def test_what_was_never_started_can_be_closed() -> None:
    """A run that is refused at its start closes what it has made, and its own error is what a person sees."""
    site = Site(http="http://127.0.0.1:1", socket="ws://127.0.0.1:1")
    BybitFeed(site, Wanted(instruments=(INSTRUMENT,), candles=(MINUTE,)), on_arrival=_ignored).close()
    BybitExchange(Credentials("key", SECRET), site).close()


def _ignored() -> None:
    """Nothing arrives."""


def _source(market: MarketView) -> PriceSource | None:
    last = market.last(INSTRUMENT)
    return None if last is None else last.source


@pytest.mark.parametrize(("delivered", "expected"), [(0.000001, [1, 1, 1]), (60.0, [1, 2, 3])])
def test_a_connection_that_brought_pushes_for_some_time_begins_again_from_the_shortest_pause(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch, delivered: float, expected: list[int]
) -> None:
    paused: list[int] = []

    def pause(failures: int, _first: float, _longest: float) -> float:
        paused.extend([failures] if failures else [])
        return 0.0

    monkeypatch.setattr("adapters.bybit.stream.random_pause", pause)
    with closing(BybitFeedBench(venue, timing=replace(QUICK, delivered=delivered))) as bench:
        follower = Follower(bench)
        for cuts in range(1, 4):
            bench.show(Side.BUY, 4, f"{cuts}.25")
            follower.until(follower.agrees)
            bench.interrupt("cut")
            bench.until(partial(_is_back, bench, cuts))
            assert bench.feed.states()[0].retry_at is None
        assert paused == expected


def _is_back(bench: BybitFeedBench, cuts: int) -> bool:
    (state,) = bench.feed.states()
    return bench.feed.connects > cuts and state.is_live
