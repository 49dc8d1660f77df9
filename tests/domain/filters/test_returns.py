"""Correlations of instruments: of the close times that both have, and of nothing later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from domain.candle import Candle
from domain.filters.returns import Returns
from tests.domain.history import BTC, ETH
from tests.domain.tapes import walk
from tests.replacing import replace

NAME = f"correlation.{ETH}"


def of(instrument: str, seed: int, length: int = 200) -> list[Candle]:
    return [replace(one, instrument=instrument) for one in walk(seed, length)]


def figure(one: Sequence[Candle], other: Sequence[Candle], candles: int) -> float | None:
    returns = Returns(candles)
    for candle in (*one, *other):
        returns.take(candle)
    return returns.figures(BTC, [ETH], candles).get(NAME)


def oracle(one: Sequence[Candle], other: Sequence[Candle], candles: int) -> float:
    times = sorted({a.close_time for a in one} & {b.close_time for b in other})[-candles - 1 :]
    closes = [
        np.array([float(by[at]) for at in times])
        for by in ({candle.close_time: candle.close for candle in part} for part in (one, other))
    ]
    a, b = (np.diff(part) / part[:-1] for part in closes)
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("candles", [10, 50, 150])
def test_the_figure_is_numpys_correlation_of_the_last_returns(candles: int) -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other, candles) == pytest.approx(oracle(one, other, candles), abs=1e-12)


def test_closes_that_one_instrument_lacks_are_left_out_of_both() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    gappy = [candle for number, candle in enumerate(other) if number % 7]
    assert figure(one, gappy, 50) == pytest.approx(oracle(one, gappy, 50), abs=1e-12)


def test_an_instrument_whose_last_candle_has_not_come_is_compared_up_to_the_one_before() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other[:-1], 50) == figure(one[:-1], other[:-1], 50)


def test_an_instrument_with_too_few_closes_in_common_has_no_figure() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other[:50], 50) is None
    assert figure(one, other[-50:], 50) is None
    assert figure(one, other[-51:], 50) is not None
    assert figure(one, [], 50) is None


def test_a_price_that_does_not_move_has_no_figure() -> None:
    still = [replace(one, close=one.open) for one in of(ETH, 2)]
    still = [replace(one, close=still[0].close) for one in still]
    assert figure(of(BTC, 1), still, 50) is None


def test_only_the_last_returns_count() -> None:
    one, other = of(BTC, 1), of(ETH, 2)
    assert figure(one, other, 30) == figure(one[-31:], other[-31:], 30)


def test_an_instrument_that_lacks_every_other_close_is_compared_over_as_many_returns() -> None:
    one, other = of(BTC, 1), of(ETH, 2)[1::2]
    assert figure(one, other, 30) == pytest.approx(oracle(one, other, 30), abs=1e-12)
    assert figure(one, other[::2], 30) is None
