"""Hourly correlations: of the log returns of closed hours that both instruments have, and of nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from domain.candle import Candle
from domain.limits.hourly import HourlyReturns
from tests.domain.history import BTC, ETH
from tests.domain.tapes import walk
from tests.replacing import replace

HOURS = 24
NAME = f"hourly_correlation.{ETH}"
HOUR = timedelta(hours=1)


def of(instrument: str, seed: int, length: int = 12 * (HOURS + 4)) -> list[Candle]:
    return [replace(one, instrument=instrument) for one in walk(seed, length)]


def figure(*tapes: Sequence[Candle]) -> float | None:
    returns = HourlyReturns()
    for tape in tapes:
        for candle in tape:
            returns.take(candle)
    return returns.figures(BTC, [ETH], HOURS).get(NAME)


def closes_of_hours(candles: Sequence[Candle]) -> dict[object, float]:
    """The close of each hour of which the last five-minute candle is there."""
    return {one.close_time: float(one.close) for one in candles if one.close_time.minute == 0}


def oracle(one: Sequence[Candle], other: Sequence[Candle]) -> float:
    first, second = closes_of_hours(one), closes_of_hours(other)
    times = sorted(first.keys() & second.keys(), key=str)[-HOURS - 1 :]
    returns = [np.diff(np.log([of[at] for at in times])) for of in (first, second)]
    return float(np.corrcoef(returns[0], returns[1])[0, 1])


def test_the_figure_is_numpys_correlation_of_log_returns_of_closed_hours() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other) == pytest.approx(oracle(one, other), abs=1e-12)


def test_candles_of_an_hour_that_is_not_closed_change_nothing() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    last = max(number for number, candle in enumerate(one) if candle.close_time.minute == 0)
    assert figure(one[: last + 1], other[: last + 1]) == figure(one[: last + 12], other[: last + 12])


def test_too_few_hours_in_common_have_no_figure() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other[: 12 * HOURS]) is None


def test_hourly_candles_are_read_as_they_are_and_coarser_ones_not_at_all() -> None:
    hourly = [of(name, seed, HOURS + 2) for name, seed in ((BTC, 1), (ETH, 2))]
    begin = hourly[0][0].open_time.replace(hour=0, minute=0)

    def spaced(interval: timedelta) -> list[list[Candle]]:
        return [
            [replace(one, interval=interval, open_time=begin + n * interval) for n, one in enumerate(tape)]
            for tape in hourly
        ]

    assert figure(*spaced(HOUR)) is not None
    assert figure(*spaced(4 * HOUR)) is None
