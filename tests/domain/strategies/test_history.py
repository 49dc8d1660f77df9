"""The proposals of every built-in strategy on candles depend only on the candles read so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, localcontext
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candle import Candle
from domain.direction import Direction
from domain.strategies import Intent, Proposal, Strategy, WarmedUp
from domain.strategies.builtin import BUILTIN
from domain.strategies.momentum import MomentumTrading
from domain.strategies.momentum_parameters import MomentumParameters
from tests.domain.strategies.nimble import EAGER, NIMBLE, ON_CANDLES, ONE_WAY
from tests.domain.tapes import BYBIT_5M, bybit_5m, traded, walk

FIVE_MINUTES = timedelta(minutes=5)
_RECORDED = 4_000
"""The candles of a recorded tape that are read: two weeks."""


def _tape(seed: int, length: int, swing: float) -> Sequence[Candle]:
    return traded(walk(seed, length, swing=swing), seed)


tapes = st.builds(_tape, st.integers(0, 10_000), st.integers(0, 150), st.sampled_from([0.0, 0.002, 0.05]))
every_strategy = pytest.mark.parametrize("name", ON_CANDLES)
few = settings(max_examples=30)


def bar_by_bar(strategy: Strategy, candles: Sequence[Candle]) -> list[Proposal | None]:
    watcher = strategy.watch()
    return [watcher.on_candle(candle) for candle in candles]


@every_strategy
@given(candles=tapes, data=st.data())
@few
def test_one_pass_equals_a_watcher(name: str, candles: Sequence[Candle], data: st.DataObject) -> None:
    strategy = data.draw(NIMBLE[name])
    assert list(strategy.scan(candles)) == bar_by_bar(strategy, candles)


@every_strategy
@given(candles=tapes, data=st.data())
@few
def test_later_candles_do_not_change_earlier_proposals(
    name: str, candles: Sequence[Candle], data: st.DataObject
) -> None:
    strategy, known = data.draw(NIMBLE[name]), data.draw(st.integers(0, len(candles)))
    assert strategy.scan(candles[:known]) == strategy.scan(candles)[:known]


@every_strategy
@given(seed=st.integers(0, 10_000), other=st.integers(0, 10_000), data=st.data())
@few
def test_two_tapes_with_the_same_beginning_have_the_same_proposals_there(
    name: str, seed: int, other: int, data: st.DataObject
) -> None:
    strategy = data.draw(NIMBLE[name])
    past = traded(walk(seed, 80), seed)
    futures = (walk(other, 40), walk(other + 1, 40, swing=0.05))
    proposals = [bar_by_bar(strategy, [*past, *future])[: len(past)] for future in futures]
    assert proposals[0] == proposals[1] == bar_by_bar(strategy, past)


@every_strategy
@given(candles=tapes, data=st.data())
@few
def test_watchers_share_no_state(name: str, candles: Sequence[Candle], data: st.DataObject) -> None:
    strategy = data.draw(NIMBLE[name])
    first, second = strategy.watch(), strategy.watch()
    for candle in candles[: len(candles) // 2]:
        first.on_candle(candle)
    assert [second.on_candle(candle) for candle in candles] == bar_by_bar(strategy, candles)


@every_strategy
def test_levels_do_not_depend_on_the_decimal_context(name: str) -> None:
    strategy, candles = BUILTIN[name](EAGER[name]), traded(walk(2, 1_000), 2)
    expected = strategy.scan(candles)
    with localcontext(prec=4, rounding=ROUND_DOWN):
        assert strategy.scan(candles) == expected
    assert any(expected)


@every_strategy
def test_the_random_walks_of_these_tests_have_entries_in_both_directions(name: str) -> None:
    proposals = BUILTIN[name](EAGER[name]).scan(traded(walk(1, 1_000), 1))
    entries = {one.direction for one in proposals if one and one.intent is Intent.ENTER}
    assert entries == {ONE_WAY[name]} if name in ONE_WAY else set(Direction)


@every_strategy
def test_a_proposal_has_the_fields_of_its_candle_and_figures_within_their_scales(name: str) -> None:
    strategy, candles = BUILTIN[name](EAGER[name]), traded(walk(3, 1_000), 3)
    for candle, proposal in zip(candles, strategy.scan(candles), strict=True):
        if proposal is None:
            continue
        assert proposal.strategy == name
        assert (proposal.instrument, proposal.interval) == (candle.instrument, candle.interval)
        assert proposal.price == candle.close
        assert 0.0 <= proposal.confidence <= 1.0
        assert -1.0 <= proposal.trend <= 1.0
        bottom, top = sorted((proposal.stop, proposal.target))
        assert 0 < bottom < proposal.price < top
        assert (proposal.stop < proposal.price) is (proposal.direction is Direction.LONG)
        assert {proposal.stop.as_tuple().exponent, proposal.target.as_tuple().exponent} == {-10}
        assert proposal.inputs
        assert all(isfinite(figure) for figure in proposal.inputs.values())


@every_strategy
@given(candles=tapes, data=st.data())
@few
def test_there_is_no_proposal_before_the_candles_of_the_warm_up(
    name: str, candles: Sequence[Candle], data: st.DataObject
) -> None:
    strategy = data.draw(NIMBLE[name])
    assert isinstance(strategy, WarmedUp)
    needed = strategy.warm_up(FIVE_MINUTES if not candles else candles[0].interval)
    assert not any(strategy.scan(candles)[: needed - 1])


@every_strategy
def test_the_last_candle_of_the_warm_up_has_a_proposal_on_one_of_many_walks(name: str) -> None:
    strategy = BUILTIN[name](EAGER[name])
    assert isinstance(strategy, WarmedUp)
    walks = (traded(walk(seed, 30, swing=0.01), seed) for seed in range(150))
    assert any(strategy.scan(one)[strategy.warm_up(one[0].interval) - 1] for one in walks)


def test_momentum_proposes_at_the_last_candle_of_a_warm_up_that_its_averages_decide() -> None:
    limits = MomentumParameters(
        window=3, average_bars=10, gain=0.0, gain_hours=1, move=0.001, volume_times=0.1, cooldown=1
    )
    strategy = MomentumTrading(limits)
    proposals = strategy.scan(_tape(0, 13, 0.05))
    assert strategy.warm_up(FIVE_MINUTES) == 13
    assert [number for number, one in enumerate(proposals, start=1) if one is not None] == [13]


@every_strategy
def test_there_is_no_proposal_in_a_market_that_does_not_move(name: str) -> None:
    assert not any(BUILTIN[name](EAGER[name]).scan(traded(walk(9, 500, swing=0.0), 9)))


@every_strategy
@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_one_pass_equals_a_watcher_on_recorded_candles(market_data: Path, name: str, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)[:_RECORDED]
    strategy = BUILTIN[name]({})
    proposals = bar_by_bar(strategy, candles)
    assert list(strategy.scan(candles)) == proposals
    assert list(strategy.scan(candles[: _RECORDED // 3])) == proposals[: _RECORDED // 3]
    assert any(proposals)
