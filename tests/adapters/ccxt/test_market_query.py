"""Candles and prices as other exchanges list them, from a loopback server with responses in Binance's shapes."""

# pyright: reportPrivateUsage=false
# An exchange of which it is not known what its volumes count.

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest

from adapters.ccxt import CcxtFeed, Site, Timing, Wanted
from adapters.ccxt.market_query import MarketQuery
from adapters.ccxt.unreadable import Unreadable
from adapters.milliseconds import at_ms
from commands.exchange import Unread
from domain.candle import Candle
from domain.errors import ExchangeRefused, ExchangeUnreachable, InvalidInput
from domain.market import KnownPrice, MarketEvent, Quote
from tests.adapters.ccxt import binance, okx
from tests.adapters.ccxt.served import AT, AT_MS, Answers, Request, Served

MINUTE = timedelta(minutes=1)
QUICK = Timing(response=20, first_pause=0.01, longest_pause=0.02)
KLINES, BEST = "GET /fapi/v1/klines", "GET /fapi/v1/ticker/bookTicker"
TICKER = {"symbol": "BTCUSDT", "bidPrice": "59999.9", "bidQty": "2", "askPrice": "60000", "askQty": "3"}


def row(minute: int, close: str = "60000.5") -> list[Any]:
    """A candle as Binance lists it."""
    opened = AT_MS + minute * 60_000
    return [opened, "60000", "60010", "59990", close, "1.25", opened + 59_999, "75000", 9, "1", "60000", "0"]


def listed(minutes: Sequence[int], most: int = 500) -> Callable[[Request], list[Any]]:
    """At most `most` candles of these minutes from the time of the request on."""

    def answer(request: Request) -> list[Any]:
        since = int(request.fields.get("startTime", 0))
        return [one for one in map(row, minutes) if one[0] >= since][
            : min(most, int(request.fields["limit"]))
        ]

    return answer


@contextmanager
def query_on(
    more: Answers, name: str = "binanceusdm", skipped: Unreadable | None = None
) -> Generator[MarketQuery]:
    answers = {"binanceusdm": binance.answers, "okx": okx.answers}[name]()
    served = Served({**answers, **more})
    query = MarketQuery(name, Site(http=served.url, is_paced=False), QUICK, Event(), skipped)
    try:
        yield query
    finally:
        query.close()
        served.close()


def opened(candles: Sequence[Candle]) -> list[int]:
    return [int((one.open_time - AT) / MINUTE) for one in candles]


@pytest.mark.parametrize("most", [500, 7, 1])
def test_candles_are_complete_also_where_pages_are_shorter_than_asked_for(most: int) -> None:
    with query_on({KLINES: listed(range(40), most)}) as query:
        found = query.candles(binance.INSTRUMENT, MINUTE, AT, AT + 30 * MINUTE, AT + 35 * MINUTE)
        assert opened(found.candles) == list(range(30))


def test_a_candle_is_closed_where_a_later_one_is_listed_or_after_ten_seconds() -> None:
    with query_on({KLINES: listed(range(3))}) as query:
        early = AT + 3 * MINUTE + timedelta(seconds=9)
        assert opened(query.candles(binance.INSTRUMENT, MINUTE, AT, AT + 5 * MINUTE, early).candles) == [0, 1]
        late = AT + 3 * MINUTE + timedelta(seconds=10)
        found = query.candles(binance.INSTRUMENT, MINUTE, AT, AT + 5 * MINUTE, late)
        assert (opened(found.candles), found.later) == ([0, 1, 2], False)


@pytest.mark.parametrize(
    "spoiled", [row(1)[:4], [*row(1)[:4], "much", *row(1)[5:]], [*row(1)[:4], "70000", *row(1)[5:]]]
)
def test_an_unreadable_candle_fails_the_query_of_a_caller_and_is_one_letter_of_polls(
    spoiled: list[Any],
) -> None:
    answers: Answers = {KLINES: [row(0), spoiled, row(2), row(3)]}
    with query_on(answers) as query, pytest.raises(ExchangeUnreachable):
        query.candles(binance.INSTRUMENT, MINUTE, AT, AT + 3 * MINUTE, AT + 9 * MINUTE)
    kept: list[object] = []
    skipped = Unreadable(lambda content, _: kept.append(content))
    with query_on(answers, skipped=skipped) as query:
        for _ in range(3):
            found = query.candles(binance.INSTRUMENT, MINUTE, AT, AT + 3 * MINUTE, AT + 9 * MINUTE)
            assert opened(found.candles) == [0, 2]
    assert len(kept) == 1


def test_volumes_that_may_count_contracts_are_refused() -> None:
    contract = {**okx.CONTRACT, "instType": "SWAP"}
    with query_on({"GET /api/v5/public/instruments": okx.response(contract)}, "okx") as query:
        query._counts_base = False
        with pytest.raises(ExchangeRefused, match="counts contracts"):
            query.candles(okx.INSTRUMENT, MINUTE, AT, AT + MINUTE, AT + MINUTE)


def test_volumes_of_okx_are_in_base_currency() -> None:
    candle = [str(AT_MS), "60000", "60010", "59990", "60000.5", "628", "6.28", "376800", "1"]
    later = [str(AT_MS + 60_000), *candle[1:]]
    answers: Answers = {
        f"GET /api/v5/market/{name}": okx.response(later, candle) for name in ("candles", "history-candles")
    }
    with query_on(answers, "okx") as query:
        (found,) = query.candles(okx.INSTRUMENT, MINUTE, AT, AT + MINUTE, AT + 2 * MINUTE).candles
        assert (found.volume, found.close) == (Decimal("6.28"), Decimal("60000.5"))


def test_an_interval_that_the_exchange_does_not_have_is_refused_with_those_it_has() -> None:
    with (
        query_on({}) as query,
        pytest.raises(InvalidInput, match="no candles of 7m; its intervals are: 1s, 1m"),
    ):
        query.interval(timedelta(minutes=7))


def test_a_quote_is_the_best_bid_and_ask_and_a_ticker_without_them_a_last_price() -> None:
    with query_on({BEST: [TICKER], "GET /fapi/v1/ticker/24hr": []}) as query:
        found = query.quotes([binance.INSTRUMENT], AT)[binance.INSTRUMENT]
        assert isinstance(found, Quote)
        assert (found.bid, found.bid_size, found.ask, found.ask_size) == (
            Decimal("59999.9"), Decimal(2), Decimal(60_000), Decimal(3),
        )  # fmt: skip
    only_last = {"symbol": "BTCUSDT", "lastPrice": "60000.1", "closeTime": AT_MS}
    with query_on({"GET /fapi/v1/ticker/24hr": [only_last]}) as query:
        query.ccxt.has["fetchBidsAsks"] = None
        found = query.quotes([binance.INSTRUMENT], AT)[binance.INSTRUMENT]
        assert (isinstance(found, KnownPrice), found.at) == (True, at_ms(AT_MS))


def test_an_instrument_without_a_price_is_not_live_and_its_state_says_why() -> None:
    served = Served({**binance.answers(), BEST: [{**TICKER, "symbol": "ETHUSDT"}]})
    arrived = Event()
    feed = CcxtFeed(
        "binanceusdm",
        Site(http=served.url, is_paced=False),
        Wanted(instruments=(binance.INSTRUMENT,), quotes=True),
        streams=False,
        timing=QUICK,
        on_arrival=arrived.set,
    )
    feed.start()
    assert arrived.wait(30)
    (state,) = feed.states()
    assert (state.is_live, "states no price" in state.fault) == (False, True)
    assert [*feed.events(), *feed.unread()] == list[MarketEvent | Unread]()
    feed.close()
    served.close()
