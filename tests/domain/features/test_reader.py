"""The reader of features: order of time, repeated and stale candles, and bounded memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import InvalidInput
from domain.features.bars import Bars
from domain.features.core import CORE_1
from domain.features.reader import FeatureReader
from domain.portfolio import EMPTY
from tests.domain.features.markets import FIVE, a_market, a_signal_at, in_order
from tests.domain.history import BTC, ETH
from tests.replacing import replace


def test_a_row_before_the_last_candle_is_refused() -> None:
    reader, tapes = FeatureReader(), a_market(1, 30)
    for candle in in_order(tapes):
        reader.take(candle)
    at = tapes[ETH][-2].close_time
    with pytest.raises(InvalidInput, match="was read already"):
        reader.row(a_signal_at(tapes, at), at, EMPTY)


def test_a_candle_that_is_taken_again_changes_nothing() -> None:
    tapes = a_market(2, 300)
    once, twice = FeatureReader(), FeatureReader()
    for number, candle in enumerate(in_order(tapes)):
        once.take(candle)
        twice.take(candle)
        if number % 7 == 0:
            twice.take(tapes[ETH][number // 4])
    at = tapes[ETH][-1].close_time
    signal = a_signal_at(tapes, at)
    assert once.row(signal, at, EMPTY) == twice.row(signal, at, EMPTY)


def test_candles_of_another_interval_are_refused() -> None:
    reader, (first, second) = FeatureReader(), a_market(3, 2)[ETH]
    reader.take(first)
    with pytest.raises(InvalidInput, match="feed candles of one interval"):
        reader.take(replace(second, interval=timedelta(minutes=15)))


@pytest.mark.parametrize("stale", [BTC, ETH])
def test_an_instrument_without_a_candle_for_two_intervals_has_no_features(stale: str) -> None:
    tapes = a_market(4, 400)
    reader = FeatureReader()
    last = tapes[ETH][-1].close_time
    for candle in in_order(tapes):
        if candle.instrument != stale or candle.close_time <= last - 2 * FIVE:
            reader.take(candle)
    row = dict(zip(CORE_1.names, reader.row(a_signal_at(tapes, last), last, EMPTY).values, strict=True))
    assert row["correlation_btc"] is None
    assert (row["btc_gain_1h"] is None) == (stale == BTC)
    assert (row["rsi"] is None) == (stale == ETH)
    assert row["confidence"] is not None


def test_the_bars_that_are_kept_are_bounded() -> None:
    candles = a_market(5, 3_000)[ETH]
    bars = Bars(candles[0])
    most = 0
    for candle in candles:
        bars.take(candle)
        most = max(most, len(bars.timed_closes(10_000)))
    assert most <= 2 * 26 * 12
