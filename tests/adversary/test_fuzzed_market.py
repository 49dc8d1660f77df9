"""Fuzzed and truncated market frames: no crash, no wrong book, no candle twice, and each unreadable one is returned."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from adapters.bybit import Bounds, Site, Timing
from adapters.bybit.line import Line
from adapters.bybit.market_group import Group
from adapters.bybit.market_instrument import InstrumentMarket
from adapters.bybit.pace import Turns
from commands.exchange import Unread
from domain.market import BookUpdate
from tests.adapters.bybit.feed_bench import EVERYTHING, INSTRUMENT, BybitFeedBench
from tests.adapters.bybit.test_stream import pushed_raw
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.adversary.mutated import mutated
from tests.commands.feed_contract import Follower

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MS = int(NOON.timestamp() * 1000)
FRAMES = 10_000
FIGURES: tuple[object, ...] = (
    *("NaN", "-1", "1e5", "", "Infinity", "1_0", "\u0663", "9" * 400, "0"),
    *(7, None, []),
)
ENCODE = msgspec.json.encode


def listening() -> Group:
    """A group that is pushed to by hand. It is not connected, so its books are pushed anew by the test."""
    line = Line(site=Site(), channel="linear", topics=())
    market = InstrumentMarket(INSTRUMENT, EVERYTHING, Bounds(renewal=10**6))
    group = Group([market], line, Timing(), Turns(1), lambda: NOON + timedelta(hours=1), lambda: None)
    group.listen()
    return group


def book_frame(kind: str, number: int, bid: int) -> dict[str, Any]:
    levels = {"s": "BTCUSDT", "b": [["99.5", str(bid)]], "a": [["100.5", "1"]], "u": number, "seq": number}
    return {"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": MS + number, "data": levels, "cts": MS}


def kline_frame(minute: int) -> dict[str, Any]:
    start = MS + minute * 60_000
    figures = dict.fromkeys(("open", "high", "low", "close", "volume", "turnover"), "100")
    row = {"start": start, "end": start + 59_999, "interval": "1", "confirm": True, "timestamp": start}
    return {"topic": "kline.1.BTCUSDT", "type": "snapshot", "ts": MS, "data": [row | figures]}


def trade_frame(number: int) -> dict[str, Any]:
    row = {"T": MS, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "100", "L": "PlusTick", "i": f"t{number}"}
    return {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": MS, "data": [row]}


def test_ten_thousand_spoiled_frames_leave_the_book_right_and_none_is_lost(monkeypatch: Any) -> None:
    """After each spoiled frame the next true one is pushed: the book is that of the true frames, or it is not known."""
    monkeypatch.setenv("WHENCE_FUZZ_INPUTS", str(FRAMES))
    group, number = listening(), 100
    group.take(ENCODE(book_frame("snapshot", number, 1)).decode())
    frames = [book_frame("delta", 90, 7), book_frame("snapshot", 80, 7), kline_frame(70), trade_frame(1)]
    unread = believed = 0
    for seed, data in mutated([ENCODE(one) for one in frames]):
        group.take(data.decode(errors="replace"))
        refused = len(group.unread())
        unread += refused
        number += 1
        if refused:
            group.take(ENCODE(book_frame("delta", number, seed + 1)).decode())
        else:
            believed += 1
            group.take(ENCODE(book_frame("snapshot", number, seed + 1)).decode())
        book = [one for one in group.events() if isinstance(one, BookUpdate)][-1]
        assert (book.update_id, book.bids[0].size) == (number, Decimal(seed + 1)), data
    assert unread + believed == FRAMES
    assert unread > FRAMES / 2


def test_truncated_frames_are_all_returned_unread() -> None:
    group = listening()
    texts = [ENCODE(one).decode() for one in (book_frame("snapshot", 2, 1), kline_frame(0), trade_frame(1))]
    cut = [text[:length] for text in texts for length in range(len(text))]
    for text in cut:
        group.take(text)
    assert [one.content for one in group.unread()] == cut
    assert group.events() == []


def test_figures_that_no_market_has_are_returned_unread() -> None:
    group = listening()
    bad: list[dict[str, Any]] = []
    for value in FIGURES:
        bad.append(
            book_frame("snapshot", 2, 1) | {"data": {"s": "BTCUSDT", "b": [[value, "1"]], "a": [], "u": 2}}
        )
        row = kline_frame(0)["data"][0] | {"low": value}
        bad.append(kline_frame(0) | {"data": [row]})
        bad.append(trade_frame(1) | {"data": [trade_frame(1)["data"][0] | {"p": value}]})
    bad.append(kline_frame(24 * 60))
    bad.append(book_frame("snapshot", 2, 1) | {"ts": MS + 10**8})
    bad.append(book_frame("snapshot", 2, 1) | {"topic": "orderbook.50.ETHUSDT"})
    bad.append(book_frame("snapshot", 2, 1) | {"data": {"s": "ETHUSDT", "b": [], "a": [], "u": 2}})
    for one in bad:
        group.take(ENCODE(one).decode())
    assert len(group.unread()) == len(bad)
    assert group.events() == []


def test_spoiled_frames_on_a_real_socket_are_returned_and_the_feed_goes_on() -> None:
    with running_venue() as venue:
        bench = BybitFeedBench(venue)
        follower = Follower(bench)
        chance = random.Random(5)
        whole = ENCODE(trade_frame(9) | {"ts": 1})
        sent = [whole[: chance.randrange(1, len(whole))] for _ in range(200)]
        sent += [b"[" * 100_000, b"[]", b"7", b"{}", b'"\\ud800"', b'{"op":"subscribe","success":', b"null"]
        for text in sent:
            _push(venue, text)
        unread: list[Unread] = []

        def are_returned() -> bool:
            unread.extend(bench.feed.unread())
            return len(unread) >= len(sent)

        bench.until(are_returned)
        assert [one.content for one in unread] == [text.decode() for text in sent]
        _push(venue, b"\xff\xfe")
        bench.until(lambda: bench.feed.connects == 2)
        bench.close_candles(2)
        bench.pause()
        follower.until(follower.agrees)
        bench.close()


def _push(venue: RunningVenue, text: bytes) -> None:
    venue.do(partial(pushed_raw, text))
