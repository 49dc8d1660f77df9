"""The proposals of trend following depend only on the candles read so far."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.candle import Candle
from domain.strategies import Proposal
from domain.strategies.trend import TrendFollowing
from domain.strategies.trend_parameters import TrendParameters
from tests.domain.tapes import BYBIT_5M, bybit_5m, walk

# Short periods, so that a short tape has many crosses.
nimble = st.builds(
    TrendParameters,
    fast=st.integers(2, 4),
    slow=st.integers(5, 7),
    trend=st.integers(8, 12),
    rsi=st.integers(2, 5),
    rsi_overbought=st.floats(51.0, 100.0),
    adx=st.integers(2, 8),
    adx_minimum=st.floats(0.0, 40.0),
    atr=st.integers(2, 15),
    stop_atrs=st.floats(0.1, 50.0),
).map(TrendFollowing)
tapes = st.builds(
    walk, st.integers(0, 10_000), st.integers(0, 150), swing=st.sampled_from([0.0, 0.002, 0.05])
)


def bar_by_bar(strategy: TrendFollowing, candles: Sequence[Candle]) -> list[Proposal | None]:
    watcher = strategy.watch()
    return [watcher.on_candle(candle) for candle in candles]


@given(strategy=nimble, candles=tapes)
def test_one_pass_equals_a_watcher(strategy: TrendFollowing, candles: Sequence[Candle]) -> None:
    assert strategy.scan(candles) == bar_by_bar(strategy, candles)


@given(strategy=nimble, candles=tapes, data=st.data())
def test_later_candles_do_not_change_earlier_proposals(
    strategy: TrendFollowing, candles: Sequence[Candle], data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(candles)))
    assert strategy.scan(candles[:known]) == strategy.scan(candles)[:known]


@given(seed=st.integers(0, 10_000), other=st.integers(0, 10_000), strategy=nimble)
def test_two_tapes_with_the_same_beginning_have_the_same_proposals_there(
    seed: int, other: int, strategy: TrendFollowing
) -> None:
    past = walk(seed, 80)
    futures = (walk(other, 40), walk(other + 1, 40, swing=0.05))
    proposals = [bar_by_bar(strategy, [*past, *future])[: len(past)] for future in futures]
    assert proposals[0] == proposals[1] == bar_by_bar(strategy, past)


@given(strategy=nimble, candles=tapes)
def test_watchers_share_no_state(strategy: TrendFollowing, candles: Sequence[Candle]) -> None:
    first, second = strategy.watch(), strategy.watch()
    for candle in candles[: len(candles) // 2]:
        first.on_candle(candle)
    assert [second.on_candle(candle) for candle in candles] == bar_by_bar(strategy, candles)


def test_levels_do_not_depend_on_the_decimal_context() -> None:
    candles = walk(2, 1_000)
    expected = TrendFollowing().scan(candles)
    with localcontext(prec=4, rounding=ROUND_DOWN):
        assert TrendFollowing().scan(candles) == expected
    assert any(expected)


def test_the_random_walks_of_these_tests_have_entries_and_exits() -> None:
    strategy = TrendFollowing(TrendParameters(fast=2, slow=5, trend=8, rsi=2, adx=2, atr=2))
    intents = {proposal.intent for proposal in strategy.scan(walk(1, 150)) if proposal}
    assert len(intents) == 2


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_one_pass_equals_a_watcher_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)
    strategy = TrendFollowing()
    proposals = bar_by_bar(strategy, candles)
    assert strategy.scan(candles) == proposals
    assert strategy.scan(candles[:10_000]) == proposals[:10_000]
    assert sum(proposal is not None for proposal in proposals) > 400
