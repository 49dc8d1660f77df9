"""Planted manipulation is found, and evidence states what was seen; orders that follow the price are no suspicion."""

from __future__ import annotations

import numpy as np
import pytest

from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.manipulation import Kind, Suspicion
from domain.book.analysis.walls import Way
from domain.book.depth import Depth
from tests.domain.book.analysis.planted import CASES, judged
from tests.domain.book.flow import NAME, START_MS

COUNT = 30


def a_book(at: int, walls: dict[float, float], mid: float = 60_000.0) -> Depth:
    """A book of 30 levels of one unit a side, one apart, with these sizes at some prices."""
    bids, asks = (
        mid - 0.5 - np.arange(COUNT, dtype=np.float64),
        mid + 0.5 + np.arange(COUNT, dtype=np.float64),
    )
    return Depth(
        instrument=NAME,
        update_id=at,
        sequence=at,
        matched_ms=START_MS + at,
        received_ms=START_MS + at,
        bid_prices=bids,
        bid_sizes=np.array([walls.get(float(price), 1.0) for price in bids]),
        ask_prices=asks,
        ask_sizes=np.array([walls.get(float(price), 1.0) for price in asks]),
    )


def shown(*walls: dict[float, float], step: int = 500, mids: tuple[float, ...] = ()) -> list[Suspicion]:
    """The suspicions after books with these walls, half a second apart."""
    analysis = BookAnalysis(NAME)
    found: list[Suspicion] = []
    for number, one in enumerate(walls):
        mid = mids[number] if mids else 60_000.0
        found += analysis.on_depth(a_book(number * step, one, mid))
    return found


def test_walls_of_one_size_that_are_withdrawn_four_times_are_one_suspicion_with_their_evidence() -> None:
    wall: dict[float, float] = {59_985.5: 12.0}
    (found,) = shown(*[{}, wall] * 6, {})
    assert (found.kind, found.way) == (Kind.SPOOFING, Way.BID)
    assert [(one.price, one.size) for one in found.evidence] == [(59_985.5, 12.0)] * len(found.evidence)
    assert {one.at - one.born_ms for one in found.evidence} == {500}
    # Without a trade the factors are 1 (twelve usual sizes), 0.9 (half a second of five) and 0.75.
    assert [one.score for one in found.evidence] == pytest.approx([0.675] * len(found.evidence))
    assert found.score == pytest.approx(1 - 0.325 ** len(found.evidence))


def test_walls_of_different_sizes_are_no_suspicion() -> None:
    walls: list[dict[float, float]] = [{59_985.5: size} for size in (8.0, 11.0, 15.0, 21.0, 29.0)]
    assert shown(*[one for wall in walls for one in ({}, wall)], {}) == []


def test_a_wall_that_the_price_reaches_is_no_suspicion() -> None:
    wall: dict[float, float] = {59_985.5: 12.0}
    reached = (60_000.0, 60_000.0, 59_986.0)
    assert shown(*[{}, wall, wall] * 6, mids=reached * 6) == []


def test_an_order_that_follows_the_price_is_no_suspicion() -> None:
    followed: list[dict[float, float]] = [{59_985.5 + step % 2: 12.0} for step in range(14)]
    assert shown(*followed) == []


def test_five_walls_that_come_and_go_at_once_on_one_side_are_layering() -> None:
    ladder: dict[float, float] = {60_010.5 + 2 * layer: 12.0 + layer for layer in range(3)}
    ladder |= {60_020.5: 20.0, 60_022.5: 25.0}
    deep = BookAnalysis(NAME)
    found = [*deep.on_depth(wide(0, {})), *deep.on_depth(wide(500, ladder)), *deep.on_depth(wide(1_000, {}))]
    (one,) = found
    assert (one.kind, one.way, one.score) == (Kind.LAYERING, Way.ASK, 1.0)
    assert sorted(layer.price for layer in one.evidence) == sorted(ladder)


def wide(at: int, walls: dict[float, float]) -> Depth:
    """As `a_book` with 100 levels, of which five walls are no usual size."""
    bids, asks = 59_999.5 - np.arange(100, dtype=np.float64), 60_000.5 + np.arange(100, dtype=np.float64)
    return Depth(
        instrument=NAME,
        update_id=at,
        sequence=at,
        matched_ms=START_MS + at,
        received_ms=START_MS + at,
        bid_prices=bids,
        bid_sizes=np.ones(100),
        ask_prices=asks,
        ask_sizes=np.array([walls.get(float(price), 1.0) for price in asks]),
    )


@pytest.mark.parametrize(
    ("case", "precision", "recall"),
    [("walls of 12 medians", 0.9, 0.7), ("ladders of 5 walls of 15 medians", 0.9, 0.8)],
)
def test_planted_manipulation_is_found(case: str, precision: float, recall: float) -> None:
    found = judged(CASES[case], range(2), 4_000)
    assert found.right >= precision * found.suspicions
    assert found.hit >= recall * found.episodes


def test_flow_without_manipulation_has_few_suspicions() -> None:
    found = judged(None, range(2), 4_000)
    assert found.suspicions <= 1
