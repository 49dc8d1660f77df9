"""Books of Binance over loopback: lost, late and repeated deltas, refused queries, and connections that end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal
from threading import Event

import pytest

from adapters.binance.book_feed import BinanceBooks, Site, Timing
from adapters.binance.book_scale import book_scales
from adapters.book_kind import BookKind, scales_of
from commands.exchange import Unread
from domain.book.depth import PublicTrade
from domain.book.frame import Row
from domain.direction import Side
from domain.errors import InvalidInput
from tests.adapters.binance.server import BinanceServer, binance_server
from tests.domain.book.kinds import WITHOUT_NUMBA

BTC, ETH, SOL = "BTCUSDT-SPOT.BINANCE", "ETHUSDT-SPOT.BINANCE", "SOLUSDT-LINEAR.BINANCE"
QUICK = Timing(look=0.01, first_pause=0.01, longest_pause=0.05)
_PATIENCE = 60


class Books:
    """A feed on our server."""

    def __init__(
        self,
        server: BinanceServer,
        *instruments: str,
        patience: float = 60.0,
        kind: BookKind = BookKind.PLAIN,
    ) -> None:
        self.server, self.instruments = server, instruments
        self._arrival = Event()
        self.feed = BinanceBooks(
            Site(http=server.url, socket=server.url.replace("http", "ws")),
            instruments,
            patience=patience,
            timing=QUICK,
            on_arrival=self._arrival.set,
            scales=scales_of(kind, lambda: book_scales(server.url, instruments)),
        )
        self.feed.start()

    def until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE
        while not reached():
            assert time.monotonic() < end, self.feed.states()
            self._arrival.wait(0.2)
            self._arrival.clear()

    def all_known(self) -> bool:
        return all(state.is_live for state in self.feed.states())

    def is_own(self, instrument: str) -> bool:
        depth = self.feed.depth(instrument, 100)
        if depth is None:
            return False
        bids, asks = self.server.own(instrument.partition("-")[0])
        sides = ((depth.bid_prices, depth.bid_sizes), (depth.ask_prices, depth.ask_sizes))
        return [list(zip(prices, sizes, strict=True)) for prices, sizes in sides] == [
            _floats(bids),
            _floats(asks),
        ]

    def gaps(self) -> dict[str, int]:
        return {state.instrument: state.gaps for state in self.feed.states()}


def _floats(rows: list[Row]) -> list[tuple[float, float]]:
    return [(float(price), float(size)) for price, size in rows]


@contextmanager
def opened(*instruments: str, patience: float = 60.0, kind: BookKind = BookKind.PLAIN) -> Generator[Books]:
    with binance_server(*(name.partition("-")[0] for name in instruments)) as server:
        books = Books(server, *instruments, patience=patience, kind=kind)
        try:
            yield books
        finally:
            books.feed.close()


@pytest.fixture(scope="module", params=[BookKind.PLAIN, pytest.param(BookKind.FAST, marks=WITHOUT_NUMBA)])
def spot(request: pytest.FixtureRequest) -> Generator[Books]:
    """A feed with each kind of book in turn."""
    with opened(BTC, ETH, kind=request.param) as books:
        books.until(books.all_known)
        assert books.feed.is_fast(BTC) is (request.param is BookKind.FAST)
        yield books


def test_the_book_is_the_exchanges_after_the_snapshot_and_deltas(spot: Books) -> None:
    before = spot.gaps()
    for _ in range(20):
        spot.server.step("BTCUSDT")
        spot.server.step("ETHUSDT")
    spot.until(lambda: spot.is_own(BTC) and spot.is_own(ETH))
    assert spot.gaps() == before
    assert spot.feed.unread() == []


def test_a_lost_delta_costs_one_book_and_one_query_brings_it_back(spot: Books) -> None:
    before, queries = spot.gaps(), len(spot.server.queries)
    spot.server.step("BTCUSDT", sent=False)
    spot.server.step("BTCUSDT")
    spot.until(lambda: spot.gaps()[BTC] > before[BTC] and spot.is_own(BTC))
    assert spot.gaps()[ETH] == before[ETH]
    assert spot.server.queries[queries:] == ["BTCUSDT"]


def test_deltas_in_another_order_are_a_gap_and_later_ones_are_held_for_the_snapshot(spot: Books) -> None:
    before = spot.gaps()[BTC]
    late, early = spot.server.step("BTCUSDT", sent=False), spot.server.step("BTCUSDT", sent=False)
    spot.server.send(early)
    spot.server.send(late)
    spot.server.step("BTCUSDT")
    spot.until(lambda: spot.gaps()[BTC] > before and spot.is_own(BTC))


def test_a_delta_that_comes_twice_changes_nothing(spot: Books) -> None:
    before = spot.gaps()
    text = spot.server.step("BTCUSDT")
    spot.server.send(text)
    spot.server.step("BTCUSDT")
    spot.until(lambda: spot.is_own(BTC))
    assert spot.gaps() == before


@pytest.mark.parametrize("status", [429, 418])
def test_after_too_many_requests_no_query_is_made_before_the_stated_time(spot: Books, status: int) -> None:
    queries = len(spot.server.queries)
    spot.server.answers.append((status, "1"))
    spot.server.step("BTCUSDT", sent=False)
    spot.server.step("BTCUSDT")
    spot.until(lambda: len(spot.server.queries) == queries + 1)
    refused_at = time.monotonic()
    spot.until(lambda: "none is made for 1 s" in fault_of(spot, BTC))
    assert spot.feed.depth(BTC, 1) is None
    spot.until(lambda: spot.is_own(BTC))
    assert time.monotonic() - refused_at > 0.8
    assert len(spot.server.queries) == queries + 2
    assert fault_of(spot, BTC) == ""


@pytest.mark.parametrize(
    ("status", "fault"),
    [(500, "returned status 500"), (400, "refused the book of BTCUSDT"), (200, "cannot be read")],
)
def test_a_query_without_a_usable_response_is_made_again(spot: Books, status: int, fault: str) -> None:
    spot.server.answers.append((status, ""))
    spot.server.step("BTCUSDT", sent=False)
    spot.server.step("BTCUSDT")
    spot.until(lambda: fault in fault_of(spot, BTC))
    spot.until(lambda: spot.is_own(BTC))


def test_a_connection_that_is_cut_is_made_again_with_new_snapshots(spot: Books) -> None:
    connects = spot.feed.connects
    spot.server.cut()
    spot.until(lambda: spot.feed.connects > connects and spot.all_known())
    spot.server.step("BTCUSDT")
    spot.until(lambda: spot.is_own(BTC))


def test_trades_and_best_prices_are_those_of_the_messages(spot: Books) -> None:
    trade = {
        "e": "trade",
        "E": 1,
        "s": "BTCUSDT",
        "t": 77,
        "p": "2.5",
        "q": "3",
        "T": 5,
        "m": True,
        "M": True,
    }
    ticker = {"u": 9, "s": "BTCUSDT", "b": "2.4", "B": "1", "a": "2.6", "A": "2"}
    spot.server.send(json.dumps({"stream": "btcusdt@bookTicker", "data": ticker}))
    spot.server.send(json.dumps({"stream": "btcusdt@trade", "data": trade}))
    found: list[PublicTrade] = []

    def arrived() -> bool:
        found.extend(spot.feed.trades())
        return bool(found)

    spot.until(arrived)
    assert [(one.instrument, one.id, one.price, one.size, one.is_buy, one.matched_ms) for one in found] == [
        (BTC, "77", 2.5, 3.0, False, 5)
    ]
    best = spot.feed.best(BTC)
    assert best is not None
    assert (best.update, best.bid, best.ask) == (9, ("2.4", "1"), ("2.6", "2"))


@pytest.mark.parametrize(
    "text",
    [
        '{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","p":"0","q":"1","T":1,"m":true}}',
        '{"stream":"btcusdt@trade","data":{"s":"BTCUSDT","p":"nan","q":"1","T":1,"m":true}}',
        '{"stream":"btcusdt@trade","data":{"s":"ETHUSDT","p":"1","q":"1","T":1,"m":true}}',
        '{"stream":"btcusdt@bookTicker","data":{}}',
    ],
    ids=["price 0", "price nan", "another symbol", "no fields"],
)
def test_a_message_that_cannot_be_used_is_kept_with_its_reason(spot: Books, text: str) -> None:
    found: list[Unread] = []

    def arrived() -> bool:
        found.extend(spot.feed.unread())
        return bool(found)

    spot.server.send(text)
    spot.until(arrived)
    assert found[0].content == text
    assert found[0].reason


def test_books_of_usd_m_follow_pu_and_have_their_trades_on_a_connection_of_their_own() -> None:
    with opened(SOL) as books:
        books.until(books.all_known)
        for _ in range(10):
            books.server.step("SOLUSDT")
        books.until(lambda: books.is_own(SOL))
        trade = {"e": "aggTrade", "s": "SOLUSDT", "a": 5, "p": "2", "q": "1", "T": 5, "m": False}
        books.server.send(json.dumps({"stream": "solusdt@aggTrade", "data": trade}))
        books.until(lambda: [(one.id, one.is_buy) for one in books.feed.trades()] == [("5", True)])
        sweep = books.feed.sweep(SOL, Side.BUY, Decimal(1))
        assert sweep is not None
        assert books.gaps() == {SOL: 0}
        assert books.feed.connects == 2


def test_a_quiet_book_is_known_while_the_connection_answers_pings() -> None:
    with opened(BTC, patience=1.5) as books:
        books.until(books.all_known)
        books.until(lambda: books.server.pings > 2 * 3)
        assert (books.gaps(), books.server.queries) == ({BTC: 0}, ["BTCUSDT"])


def test_a_book_behind_the_best_prices_is_declared_and_queried_again() -> None:
    with opened(BTC, patience=0.3) as books:
        books.until(books.all_known)
        ticker = {"u": 10**9, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}
        books.server.send(json.dumps({"stream": "btcusdt@bookTicker", "data": ticker}))
        books.until(lambda: books.gaps()[BTC] > 0)
        books.until(lambda: len(books.server.queries) > 1)


def test_a_book_of_a_silent_connection_is_declared_and_queried_again() -> None:
    with opened(BTC, patience=0.3) as books:
        books.server.answers_pings = False
        books.until(lambda: books.gaps()[BTC] > 0)
        books.until(lambda: len(books.server.queries) > 1)


def test_a_server_that_is_not_there_is_a_fault_of_every_instrument() -> None:
    feed = BinanceBooks(Site(http="http://127.0.0.1:1", socket="ws://127.0.0.1:1"), (BTC,), timing=QUICK)
    feed.start()
    end = time.monotonic() + _PATIENCE
    while "the connection failed" not in feed.states()[0].fault:
        assert time.monotonic() < end
    feed.close()
    assert not feed.states()[0].is_live


@pytest.mark.parametrize(
    ("instruments", "fault"),
    [
        ((BTC, SOL), "instruments of one market"),
        ((), "instruments of one market"),
        (("BTCUSDT-LINEAR.BYBIT",), "neither spot nor a linear contract of Binance"),
        (("BTCUSDT-INVERSE.BINANCE",), "neither spot nor a linear contract of Binance"),
    ],
    ids=["two markets", "none", "another venue", "another market"],
)
def test_instruments_that_no_feed_of_binance_has_are_refused(
    instruments: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        BinanceBooks(Site(), instruments)


def fault_of(books: Books, instrument: str) -> str:
    return next(state.fault for state in books.feed.states() if state.instrument == instrument)
