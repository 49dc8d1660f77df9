"""Merging of several tapes in order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from adapters.tapes import Tape, merge, synthetic_tape
from domain.errors import InvalidInput

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def tape(symbol: str, minutes: int = 5, candles: int = 6, start: datetime = START) -> Tape:
    (made,) = synthetic_tape(1, (symbol,), minutes * MINUTE, candles, start)
    return made


def test_candles_with_one_close_time_are_grouped_in_order_of_instrument() -> None:
    tapes = [tape("SOLUSDT"), tape("BTCUSDT"), tape("ETHUSDT")]
    instants = list(merge(tapes))
    assert [time for time, _ in instants] == [START + 5 * (index + 1) * MINUTE for index in range(6)]
    for index, (time, candles) in enumerate(instants):
        assert candles == tuple(tapes[which].candles[index] for which in (1, 2, 0))
        assert all(candle.close_time == time for candle in candles)
    assert list(merge(reversed(tapes))) == instants


def test_tapes_with_different_starts_and_ends_are_merged_by_close_time() -> None:
    early, late = tape("BTCUSDT", candles=3), tape("ETHUSDT", candles=3, start=START + 10 * MINUTE)
    assert [len(candles) for _, candles in merge([late, early])] == [1, 1, 2, 1, 1]


def test_tapes_with_different_intervals_are_merged_by_close_time() -> None:
    instants = list(merge([tape("ETHUSDT", minutes=5, candles=2), tape("BTCUSDT", minutes=1, candles=10)]))
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(instants))
    together = [time for time, candles in instants if len(candles) == 2]
    assert together == [START + 5 * MINUTE, START + 10 * MINUTE]
    assert len(instants) == 10


def test_merging_no_tapes_yields_nothing() -> None:
    assert list(merge([])) == []


def test_two_tapes_of_one_instrument_are_refused_at_the_call() -> None:
    with pytest.raises(InvalidInput, match=r"more than one tape of BTCUSDT-LINEAR\.BYBIT"):
        merge([tape("BTCUSDT"), tape("ETHUSDT"), tape("BTCUSDT", minutes=1)])
