"""Any readings of a book, gaps included, give levels on the right side and figures within their scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, localcontext
from math import isfinite
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.direction import Direction
from domain.errors import InvalidInput
from domain.features.book import BOOK_1
from domain.market import BookReading
from domain.strategies import BookWatcher, Intent, Proposal, Strategy
from domain.strategies.book_figures import TABLE
from domain.strategies.book_watching import INTERVAL
from domain.strategies.builtin import BUILTIN
from tests.domain.strategies.made_books import CALM, NAME, a_book, a_gap
from tests.domain.strategies.nimble import NIMBLE, ON_BOOKS
from tests.domain.strategies.test_book_strategies import ABSORBED, BROKEN, LEFT, SUSTAINED, mirrored
from tests.domain.tapes import traded, walk

every_strategy = pytest.mark.parametrize("name", sorted(ON_BOOKS))
few = settings(max_examples=60)

_RANGES: Mapping[str, st.SearchStrategy[float | None]] = {
    **{name: st.floats(-1.0, 1.0) for name in CALM if name.startswith("imbalance")},
    "microprice": st.floats(-1.0, 1.0),
    "absorption": st.floats(0.0, 5.0),
    "volume_delta": st.floats(-1.0, 1.0),
    "volume_ratio": st.floats(0.0, 6.0),
    "value_place": st.sampled_from([-3.0, -0.2, 0.0, 0.5, 1.0, 1.2, 4.0]),
    "control_distance": st.floats(-50.0, 50.0),
    "ofi_excess": st.floats(-4.0, 4.0),
    "volatility": st.sampled_from([0.0, 0.5, 10.0, 200.0, None]),
    "spoofing_bid": st.sampled_from([0.0, 0.9]),
    "spoofing_ask": st.sampled_from([0.0, 0.9]),
    "support_distance": st.sampled_from([None, 3.0, 300.0]),
    "resistance_distance": st.sampled_from([None, 3.0, 300.0]),
}
_BIDS, _ASKS = ["999.9", "999.5", "998.8"], ["1000.1", "1000.6", "1001.2"]


class Drawn(NamedTuple):
    """The figures of a book, and the sizes of its strong levels by price."""

    figures: dict[str, float | None]
    bids: dict[str, str]
    asks: dict[str, str]


_EAGER: Mapping[str, float] = {
    "imbalance_1": 0.95,
    "imbalance_5": 0.95,
    "imbalance_20": 0.95,
    "microprice": 0.8,
    "absorption": 5.0,
    "ofi_excess": 3.0,
    "volume_ratio": 4.0,
}
"""With each of the planted situations, what every strategy enters on, but for levels and rows."""
_SITUATIONS = [{**one, **_EAGER} for one in (ABSORBED, BROKEN, SUSTAINED, LEFT)]


def _changed(situation: Mapping[str, float], changed: Mapping[str, float | None]) -> dict[str, float | None]:
    return {**situation, **changed}


_PLANTED = st.sampled_from([*_SITUATIONS, *map(mirrored, _SITUATIONS)])
_CHANGES = st.fixed_dictionaries({}, optional=_RANGES)
_BOOKS = st.builds(
    Drawn,
    st.one_of(_PLANTED.map(dict[str, float | None]), st.builds(_changed, _PLANTED, _CHANGES), _CHANGES),
    st.dictionaries(st.sampled_from(_BIDS), st.just("9"), max_size=2),
    st.dictionaries(st.sampled_from(_ASKS), st.just("9"), max_size=2),
)
Runs = Sequence[tuple[Drawn | None, int]]
_RUNS = st.lists(st.tuples(st.one_of(st.none(), _BOOKS, _BOOKS, _BOOKS), st.integers(1, 4)), max_size=12)
"""Gaps (None) and books, each for some readings in a row."""


def _readings(runs: Runs) -> list[BookReading]:
    flat = [drawn for drawn, times in runs for _ in range(times)]
    return [
        a_gap(n) if one is None else a_book(n, one.figures, strong=one.bids, strong_asks=one.asks)
        for n, one in enumerate(flat)
    ]


@every_strategy
def test_the_readings_of_these_tests_have_entries_in_both_directions(name: str) -> None:
    figures = [{**CALM, **one} for one in (*_SITUATIONS, *map(mirrored, _SITUATIONS))]
    runs: Runs = [(Drawn({**one}, {"999.5": "9"}, {"1000.6": "9"}), 12) for one in (CALM, *figures)]
    watcher = BUILTIN[name]({"cooldown": 0.0}).watch()
    assert isinstance(watcher, BookWatcher)
    found = [watcher.on_book(one) for one in _readings(runs)]
    entries = {one.direction for one in found if one is not None and one.intent is Intent.ENTER}
    assert entries == set(Direction)


def _proposals(strategy: Strategy, readings: Sequence[BookReading]) -> list[Proposal | None]:
    watcher = strategy.watch()
    assert isinstance(watcher, BookWatcher)
    return [watcher.on_book(one) for one in readings]


@every_strategy
@given(runs=_RUNS, data=st.data())
@few
def test_any_readings_give_levels_on_the_right_side_and_figures_within_their_scales(
    name: str, runs: Runs, data: st.DataObject
) -> None:
    readings = _readings(runs)
    for reading, proposal in zip(readings, _proposals(data.draw(NIMBLE[name]), readings), strict=True):
        if proposal is None:
            continue
        is_long = proposal.direction is Direction.LONG
        assert reading.is_known
        assert proposal.price == (reading.asks if is_long else reading.bids)[0].price
        bottom, top = (proposal.stop, proposal.target) if is_long else (proposal.target, proposal.stop)
        assert 0 < bottom < proposal.price < top
        assert {proposal.stop.as_tuple().exponent, proposal.target.as_tuple().exponent} == {-10}
        assert (proposal.strategy, proposal.instrument, proposal.interval) == (name, NAME, INTERVAL)
        assert 0.0 <= proposal.confidence <= 1.0
        assert -1.0 <= proposal.trend <= 1.0
        assert proposal.inputs
        assert all(isfinite(figure) for figure in proposal.inputs.values())


@every_strategy
@given(runs=_RUNS, data=st.data())
@few
def test_equal_readings_give_equal_proposals_whatever_the_decimal_context_and_other_watchers(
    name: str, runs: Runs, data: st.DataObject
) -> None:
    readings, strategy = _readings(runs), data.draw(NIMBLE[name])
    expected = _proposals(strategy, readings)
    other = strategy.watch()
    assert isinstance(other, BookWatcher)
    for one in readings[: len(readings) // 2]:
        other.on_book(one)
    with localcontext(prec=4, rounding=ROUND_DOWN):
        assert _proposals(strategy, readings) == expected


@every_strategy
@given(runs=_RUNS, data=st.data())
@few
def test_after_a_gap_and_the_cooldown_proposals_are_those_of_a_new_watcher(
    name: str, runs: Runs, data: st.DataObject
) -> None:
    strategy, after = data.draw(NIMBLE[name]), _readings(runs)
    later = [replace(one, at=one.at + timedelta(minutes=2)) for one in after]
    before = [*after, a_gap(len(after))]
    assert _proposals(strategy, [*before, *later])[len(before) :] == _proposals(strategy, after)


@every_strategy
def test_nothing_is_proposed_at_candles_by_watcher_or_scan(name: str) -> None:
    strategy, candles = BUILTIN[name]({}), traded(walk(1, 300), 1)
    watcher = strategy.watch()
    assert [watcher.on_candle(one) for one in candles] == [None] * 300 == list(strategy.scan(candles))


@every_strategy
def test_a_reading_of_levels_alone_gives_nothing_and_one_of_another_table_is_refused(name: str) -> None:
    watcher = BUILTIN[name]({}).watch()
    assert isinstance(watcher, BookWatcher)
    assert watcher.on_book(replace(a_book(), figures="", values=())) is None
    with pytest.raises(InvalidInput, match=r"the table 'book.0'; strategies read the \d+ figures of book.1"):
        watcher.on_book(replace(a_book(), figures="book.0"))
    with pytest.raises(InvalidInput, match="has 3 figures"):
        watcher.on_book(replace(a_book(), values=(1.0, 2.0, 3.0)))


def test_readings_name_the_table_as_the_feature_set_of_models() -> None:
    assert BOOK_1.id == TABLE
