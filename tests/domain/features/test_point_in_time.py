"""No feature of a row depends on a candle that closes after the row: whatever the future holds, the row is the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureRow
from domain.features.reader import FeatureReader
from domain.portfolio import EMPTY
from tests.domain.features.markets import (
    Rows,
    Tapes,
    a_market,
    a_signal_at,
    another_future,
    in_order,
    rows_read,
)
from tests.domain.history import ETH

LENGTH = 620
_MARKETS = {seed: a_market(seed, LENGTH, gaps=0.05) for seed in (11, 12)}


def leaks(rows: Rows, market: int, close: int, future: int) -> Sequence[str]:
    """The features that change where all candles after this close of ETH are others."""
    tapes = _MARKETS[market]
    at = tapes[ETH][close].close_time
    (known,), (again,) = rows(tapes, [at]), rows(another_future(tapes, at, future), [at])
    pairs = zip(CORE_1.names, known.values, again.values, strict=True)
    return [name for name, one, other in pairs if one != other]


@given(st.sampled_from(sorted(_MARKETS)), st.integers(300, 550), st.integers(0, 1_000))
@settings(max_examples=15, deadline=None)
def test_no_feature_knows_a_later_candle(market: int, close: int, future: int) -> None:
    assert leaks(rows_read, market, close, future) == []


def rows_of_the_next_candle(tapes: Tapes, times: Sequence[datetime]) -> Sequence[FeatureRow]:
    """Rows with a planted leak: the return over the next candle stands in the place of that over the last one."""
    closes = {one.close_time: float(one.close) for one in tapes[ETH]}
    place, found = CORE_1.names.index("return_1"), list[FeatureRow]()
    for at, row in zip(times, rows_read(tapes, times), strict=True):
        later = min(one for one in closes if one > at)
        values = list(row.values)
        values[place] = closes[later] / closes[at] - 1
        found.append(FeatureRow(row.feature_set, tuple(values)))
    return found


def test_a_planted_feature_of_the_next_candle_is_found() -> None:
    assert leaks(rows_of_the_next_candle, 11, 400, 1) == ["return_1"]


def rows_of_the_whole_day(tapes: Tapes, times: Sequence[datetime]) -> Sequence[FeatureRow]:
    """Rows with a planted leak: the range is that of the whole day, of which the signal knows a part."""
    place, found = CORE_1.names.index("range_place_24h"), list[FeatureRow]()
    for at, row in zip(times, rows_read(tapes, times), strict=True):
        day = [one for one in tapes[ETH] if one.close_time.date() == at.date()]
        low, high = float(min(one.low for one in day)), float(max(one.high for one in day))
        close = float([one for one in day if one.close_time <= at][-1].close)
        values = list(row.values)
        values[place] = (close - low) / (high - low)
        found.append(FeatureRow(row.feature_set, tuple(values)))
    return found


def test_a_planted_feature_of_the_whole_day_is_found() -> None:
    assert leaks(rows_of_the_whole_day, 12, 400, 1) == ["range_place_24h"]


def test_a_reader_that_was_given_the_next_candle_refuses_the_row() -> None:
    tapes, reader = _MARKETS[11], FeatureReader()
    at = tapes[ETH][400].close_time
    for candle in in_order(tapes):
        reader.take(candle)
    with pytest.raises(InvalidInput, match="was read already"):
        reader.row(a_signal_at(tapes, at), at, EMPTY)
