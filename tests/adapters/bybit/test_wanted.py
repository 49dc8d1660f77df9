"""What a feed can receive, and the topics and requests that follow from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.bybit import Site, Wanted
from adapters.bybit.line import MOST_CHARACTERS, Line
from adapters.bybit.wanted import INTERVALS, topics
from adapters.candle_line import opening
from domain.errors import InvalidInput
from tests.replacing import replace

BTC, ETH, HOUR = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT", timedelta(hours=1)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"instruments": ()}, "1 to 100 instruments, not 0"),
        (
            {"instruments": tuple(f"A{n}USDT-LINEAR.BYBIT" for n in range(101))},
            "1 to 100 instruments, not 101",
        ),
        ({"instruments": (BTC, BTC)}, "named twice"),
        ({"instruments": ("BTCUSDT",)}, "is not an instrument"),
        ({"instruments": ("BTCUSDT-SPOT.BYBIT",)}, "no linear contract of Bybit"),
        ({"instruments": ("BTCUSDT-LINEAR.BINANCE",)}, "no linear contract of Bybit"),
        ({"candles": (timedelta(minutes=7),)}, "no candles of 0:07:00"),
        ({"candles": (HOUR, HOUR)}, "named twice"),
        ({"book": 500}, "depth of 50 or 200, not 500"),
        ({"quotes": False}, "neither candles, trades, quotes nor books"),
    ],
)
def test_what_bybit_does_not_have_is_refused(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        replace(Wanted(instruments=(BTC,), quotes=True), **more)


def test_every_kind_of_data_has_its_topic() -> None:
    wanted = Wanted(instruments=(BTC, ETH), candles=(HOUR,), trades=True, quotes=True, book=200)
    assert topics(wanted, (BTC,)) == (
        "kline.60.BTCUSDT",
        "publicTrade.BTCUSDT",
        "orderbook.1.BTCUSDT",
        "orderbook.200.BTCUSDT",
    )


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_candle_opens_at_a_multiple_of_its_interval_since_midnight(interval: timedelta) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    last = opening(midnight + timedelta(days=1) - timedelta(microseconds=1), interval)
    assert opening(midnight, interval) == midnight
    assert last == midnight + timedelta(days=1) - interval


@pytest.mark.parametrize("count", [1, 100, 2_000])
def test_the_topics_of_a_line_are_sent_once_each_in_requests_that_bybit_takes(count: int) -> None:
    names = tuple(f"orderbook.200.SYMBOL{number}USDT" for number in range(count))
    requests = Line(site=Site(), channel="linear", topics=names).requests()
    assert [topic for request in requests for topic in request] == list(names)
    assert all(sum(map(len, request)) <= MOST_CHARACTERS for request in requests)
