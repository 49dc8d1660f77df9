"""Each figure of a book equals its slow version, on seeded flows with planted manipulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.ladder import BUCKETS, WIDE, Side
from domain.book.analysis.table import FIGURES, row_of
from domain.book.depth import Depth
from tests.domain.book.analysis.slow import History, mid_of
from tests.domain.book.analysis.slow_flow import flow_values, pair_values, price_values, trade_values
from tests.domain.book.analysis.slow_levels import level_values
from tests.domain.book.analysis.slow_walls import wall_values
from tests.domain.book.flow import NAME, Flow, Message, Spoofer

NAMES = tuple(one.feature.name for one in FIGURES)
ORDER = 400_000.0
ROUNDING = 1e-7
"""Figures and slow versions differ by this part of themselves at most, and by 1e-9 near zero."""


def analysed(messages: Sequence[Message], name: str = NAME) -> BookAnalysis:
    analysis = BookAnalysis(name, ORDER)
    feed(analysis, messages)
    return analysis


def feed(analysis: BookAnalysis, messages: Sequence[Message]) -> None:
    for one in messages:
        if isinstance(one, Depth):
            analysis.on_depth(one)
        else:
            analysis.on_trade(one)


def slow_row(own: History, reference: History, venue: History) -> Mapping[str, float | None]:
    return {
        **level_values(own, ORDER),
        **flow_values(own),
        **trade_values(own, mid_of(own.depths[-1])),
        **price_values(own),
        **wall_values(own),
        **pair_values(own, reference, venue),
    }


def flow_of(seed: int, levels: int) -> tuple[Message, ...]:
    spoofer = Spoofer(every_ms=60_000, layers=1 + seed % 2 * 3, stands_ms=700)
    return tuple(Flow(seed, levels=levels, step_ms=150.0, taken=0.12, spoofer=spoofer).messages(1_100))


@pytest.mark.parametrize(("seed", "levels"), [(1, 60), (2, 24), (4, 240)])
def test_every_figure_equals_its_slow_version(seed: int, levels: int) -> None:
    own, reference, venue = (flow_of(100 * other + seed, levels) for other in range(3))
    analysis = BookAnalysis(NAME, ORDER)
    others = [analysed(one) for one in (reference, venue)]
    pairs = [History(one) for one in (reference, venue)]
    known, taken = dict.fromkeys(NAMES, 0), 0
    for end in (30, 260, len(own)):
        feed(analysis, own[taken:end])
        taken = end
        # The others are those of then: their bins end at most 10 s later or earlier.
        at = own[end - 1].matched_ms
        then = [[one for one in messages if one.matched_ms <= at] for messages in (reference, venue)]
        others, pairs = [analysed(one) for one in then], [History(one) for one in then]
        found = dict(zip(NAMES, row_of(analysis, at, others[0].bins, others[1].bins), strict=True))
        expected = slow_row(History(own[:end]), *pairs)
        assert expected.keys() <= found.keys()
        for name, value in found.items():
            known[name] += value is not None
            slow = expected.get(name)
            if value is None or slow is None:
                assert value is slow, (name, end)
            else:
                assert value == pytest.approx(slow, rel=ROUNDING, abs=1e-9), (name, end)
    assert [name for name, count in known.items() if not count and not is_rare(name, levels)] == []


def is_rare(name: str, levels: int) -> bool:
    """Whether the figure may be missing in all rows: it needs more levels, or a negative covariance."""
    deep = ("density", "anomaly", "largest", "cluster", "hot_", "depth_", "imbalance_band")
    return (levels < 50 and name.startswith(deep)) or name == "roll_spread"


def book_of(bids: Sequence[float], asks: Sequence[float]) -> BookAnalysis:
    """The analysis of one book with a unit at each price."""
    sides = [np.array(one, dtype=np.float64) for one in (bids, asks)]
    analysis = BookAnalysis(NAME)
    analysis.on_depth(
        Depth(
            instrument=NAME,
            update_id=1,
            sequence=1,
            matched_ms=1_700_000_000_000,
            received_ms=1_700_000_000_000,
            bid_prices=sides[0],
            bid_sizes=np.ones_like(sides[0]),
            ask_prices=sides[1],
            ask_sizes=np.ones_like(sides[1]),
        )
    )
    return analysis


def test_levels_too_far_away_for_any_weight_have_no_decayed_imbalance_and_every_other_figure() -> None:
    analysis = book_of([0.01], [1_000.0])
    found = dict(zip([one.feature.name for one in FIGURES], row_of(analysis, analysis.last_ms), strict=True))
    assert found["imbalance_decayed"] is None
    assert found["imbalance_1"] == 0.0


def test_the_densest_bucket_is_found_where_the_quotient_of_the_last_offset_is_rounded_down() -> None:
    far = np.random.default_rng(1).random(10_000)
    offsets = np.abs(far - 2.0)
    last = float(far[offsets * BUCKETS / offsets < BUCKETS][0])
    side = Side(np.linspace(2.0, last, WIDE + 1)[1:], np.ones(WIDE), 2.0, -1.0)
    assert side.hot_spot is not None
    assert side.hot_spot[1] >= 1.0
