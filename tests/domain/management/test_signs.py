"""The signs of a reversal: equal to other computations at every close, and of no later candle."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.coarser import CoarserCandles
from domain.indicators import FloatArray, crosses, supertrend, swings
from domain.indicators.swings import Extreme
from domain.management.signs import WARM_UP, Signs
from domain.management.signs_readers import SignsReaders
from domain.management.turned import SIGN_NAMES, Turned
from domain.strategies.series import series_of
from tests.domain.tapes import bybit_5m, prices_of, traded, walk
from tests.replacing import replace

TAPE = traded(walk(11, 1_500), 12)
QUARTER = timedelta(minutes=15)


def seen(candles: Sequence[Candle], window: int = 1) -> list[Mapping[str, Turned]]:
    signs = Signs()
    found: list[Mapping[str, Turned]] = []
    for candle in candles:
        signs.take(candle)
        found.append({name: one for name, one in signs.turned.items() if one.age < window})
    return found


def turns(candles: Sequence[Candle], name: str) -> list[tuple[int, int]]:
    """The bar and the direction of every turn of this sign."""
    return [(bar, one[name].direction) for bar, one in enumerate(seen(candles)) if name in one]


def of_rsi(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    rsi = talib.RSI(prices_of(candles).closes, 14)
    rows = enumerate(pairwise(rsi), 1)
    return [
        (bar, -1 if before >= 70 else 1)
        for bar, (before, now) in rows
        if before >= 70 > now or before <= 30 < now
    ]


def of_ema(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    closes = prices_of(candles).closes
    return nonzero(crosses(talib.EMA(closes, 9) - talib.EMA(closes, 21)))


def of_supertrend(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    prices = prices_of(candles)
    return nonzero(supertrend(prices.highs, prices.lows, prices.closes, 10, 3.0).turn)


def of_sar(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    """A turn is where TA-Lib's SAR changes from one side of the bar to the other."""
    prices = prices_of(candles)
    sar = talib.SAR(prices.highs, prices.lows, 0.02, 0.2)
    sides = np.where(sar >= prices.highs, -1, 1)
    return [(bar, int(sides[bar])) for bar in range(2, len(sides)) if sides[bar] != sides[bar - 1]]


def of_candle(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    prices = prices_of(candles)
    opens, volumes = series_of(candles, "open", "volume")
    spans = talib.ATR(prices.highs, prices.lows, prices.closes, 14)
    found: list[tuple[int, int]] = []
    for bar in range(20, len(candles)):
        body = prices.closes[bar] - opens[bar]
        if abs(body) >= spans[bar - 1] and volumes[bar] >= 2 * np.mean(volumes[bar - 20 : bar]):
            found.append((bar, int(np.sign(body))))
    return found


def of_swing(candles: Sequence[Candle]) -> list[tuple[int, int]]:
    prices = prices_of(candles)
    known = swings(prices.highs, prices.lows, 5)
    found: list[tuple[int, int]] = []
    for bar in range(1, len(candles)):
        before, close = prices.closes[bar - 1], prices.closes[bar]
        lows = [one.price for one in known if one.confirmed < bar and one.extreme is Extreme.LOW]
        highs = [one.price for one in known if one.confirmed < bar and one.extreme is Extreme.HIGH]
        if lows and close < lows[-1] <= before:
            found.append((bar, -1))
        elif highs and close > highs[-1] >= before:
            found.append((bar, 1))
    return found


def nonzero(found: FloatArray | np.ndarray[tuple[int], np.dtype[np.int8]]) -> list[tuple[int, int]]:
    return [(int(bar), int(found[bar])) for bar in np.flatnonzero(found)]


ORACLES: Mapping[str, Callable[[Sequence[Candle]], list[tuple[int, int]]]] = {
    "rsi": of_rsi,
    "ema": of_ema,
    "supertrend": of_supertrend,
    "sar": of_sar,
    "candle": of_candle,
    "swing": of_swing,
}


@pytest.mark.parametrize("name", SIGN_NAMES)
def test_turns_on_recorded_candles_equal_another_computation(market_data: Path, name: str) -> None:
    candles = bybit_5m(market_data, "ETHUSDT")[:1_500]
    expected = ORACLES[name](candles)
    assert turns(candles, name) == expected
    assert {direction for _bar, direction in expected} == {1, -1}


@pytest.mark.parametrize("name", SIGN_NAMES)
def test_turns_on_a_random_walk_equal_another_computation(name: str) -> None:
    assert turns(TAPE, name) == ORACLES[name](TAPE)


@pytest.mark.parametrize("cut", [150, 700, 1_203])
def test_neither_a_missing_nor_another_future_changes_an_earlier_close(cut: int) -> None:
    whole = seen(TAPE, 5)
    assert seen(TAPE[:cut], 5) == whole[:cut]
    shuffled = list(TAPE[cut:])
    random.Random(cut).shuffle(shuffled)
    times = [one.open_time for one in TAPE[cut:]]
    future = [replace(one, open_time=at) for one, at in zip(shuffled, times, strict=True)]
    assert seen([*TAPE[:cut], *future], 5)[:cut] == whole[:cut]


def test_a_turn_is_within_a_window_for_as_many_candles() -> None:
    bar, direction = turns(TAPE, "ema")[3]
    windows = seen(TAPE, 3)
    ages = [windows[at]["ema"].age for at in range(bar, bar + 3)]
    assert ages == [0, 1, 2]
    assert "ema" not in windows[bar + 3]
    assert windows[bar]["ema"].direction == direction


def test_signs_that_begin_later_are_the_same_after_the_warm_up() -> None:
    """A live run reads `WARM_UP` past candles, and decides as one that has read all of them."""
    begin = 400
    whole, later = seen(TAPE, 5)[begin + WARM_UP :], seen(TAPE[begin:], 5)[WARM_UP:]
    same = sum(one.keys() == other.keys() for one, other in zip(whole, later, strict=True))
    assert same / len(whole) > 0.99


def test_signs_of_a_coarser_interval_are_read_where_its_candle_has_closed() -> None:
    readers = SignsReaders()
    found: list[Mapping[str, Turned]] = []
    for candle in TAPE:
        readers.take([candle], [None, QUARTER])
        assert readers.closed(candle.instrument, None) is not None
        assert readers.closed("ETHUSDT-LINEAR.BYBIT", None) is None
        turned = readers.closed(candle.instrument, QUARTER)
        assert (turned is not None) is (candle.close_time.minute % 15 == 0)
        if turned is not None:
            found.append(turned)
    signs, coarser = Signs(), CoarserCandles(QUARTER)
    whole: list[Mapping[str, Turned]] = []
    for candle in TAPE:
        for one in coarser.take(candle):
            signs.take(one)
            whole.append(signs.turned)
    assert found == whole


def test_signs_are_of_the_candles_of_the_last_input_alone() -> None:
    readers = SignsReaders()
    readers.take(TAPE[:1], [None])
    assert readers.closed(TAPE[0].instrument, None) == {}
    readers.take([], [None])
    assert readers.closed(TAPE[0].instrument, None) is None
