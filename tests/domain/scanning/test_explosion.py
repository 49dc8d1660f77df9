"""Explosions: each limit alone decides a report, and both forms of the detector agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidSettings
from domain.scanning import Explosion, ExplosionDetector, ExplosionLimits, explosions
from tests.replacing import replace

Bar = tuple[float, float, float, float]
LIMITS = ExplosionLimits(
    atr=2, range_atrs=3.0, move=0.02, volume_times=3.0, average_bars=4, location=0.75, cooldown=3
)
CALM: Bar = (100.5, 99.5, 100.0, 1.0)
# The range is 4 times the ATR of 1, the move 3 %, the volume 3 times the average, the close at 0.875 of the range.
GREAT: Bar = (103.5, 99.5, 103.0, 3.0)
TAPE = [CALM] * 5 + [GREAT]


def streamed(bars: Sequence[Bar], limits: ExplosionLimits) -> list[tuple[int, Explosion]]:
    detector = ExplosionDetector(limits)
    reports = [detector.update(*bar) for bar in bars]
    return [(bar, report) for bar, report in enumerate(reports) if report is not None]


def one_pass(bars: Sequence[Bar], limits: ExplosionLimits) -> list[tuple[int, Explosion]]:
    table = np.array(bars, np.float64).reshape(-1, 4)
    highs, lows, closes, volumes = table.T.copy()
    return list(explosions(highs, lows, closes, volumes, limits))


def test_a_great_candle_is_reported_with_its_figures() -> None:
    ((bar, report),) = streamed(TAPE, LIMITS)
    assert (bar, report.side, report.close) == (5, 1, 103.0)
    figures = (report.move, report.span, report.range_atrs, report.volume_times, report.location)
    assert figures == pytest.approx((0.03, 4.0, 4.0, 3.0, 0.875))


def test_a_great_candle_downwards_is_the_mirror_image() -> None:
    ((bar, report),) = streamed([CALM] * 5 + [(100.5, 96.5, 97.0, 3.0)], LIMITS)
    assert (bar, report.side) == (5, -1)
    assert (report.move, report.location) == pytest.approx((-0.03, 0.875))


@pytest.mark.parametrize(
    ("limits", "reported"),
    [
        ({"range_atrs": 4.01}, False),
        ({"range_atrs": 3.99}, True),
        ({"move": 0.031}, False),
        ({"move": 0.029}, True),
        ({"volume_times": 3.01}, False),
        ({"volume_times": 2.99}, True),
        ({"location": 0.88}, False),
        ({"location": 0.87}, True),
        ({"average_bars": 6}, False),
        ({"average_bars": 5}, True),
        ({"atr": 5}, False),
        ({"atr": 4}, True),
    ],
)
def test_each_limit_alone_decides_whether_a_candle_is_reported(
    limits: dict[str, float], reported: bool
) -> None:
    assert bool(streamed(TAPE, replace(LIMITS, **limits))) is reported


def test_the_range_is_compared_with_the_candles_before_it() -> None:
    ((_, report),) = streamed(TAPE, LIMITS)
    assert report.span / report.range_atrs == pytest.approx(1.0)


def test_a_candle_is_not_reported_where_the_price_never_moved_or_nothing_was_traded() -> None:
    still = [(100.0, 100.0, 100.0, 1.0)] * 5
    assert not streamed([*still, GREAT], LIMITS)
    assert not streamed([(high, low, close, 0.0) for high, low, close, _ in TAPE[:5]] + [GREAT], LIMITS)


def test_a_gap_without_a_range_closes_at_its_end() -> None:
    ((_, report),) = streamed([CALM] * 5 + [(104.0, 104.0, 104.0, 3.0)], LIMITS)
    assert (report.span, report.location) == (4.0, 1.0)


@pytest.mark.parametrize(("cooldown", "bars"), [(1, [5, 6]), (2, [5])])
def test_after_a_report_there_is_none_within_the_cooldown(cooldown: int, bars: list[int]) -> None:
    greater = (123.0, 103.0, 122.0, 9.0)
    reports = streamed([*TAPE, greater], replace(LIMITS, cooldown=cooldown))
    assert [bar for bar, _ in reports] == bars


def test_confidence_grows_with_range_volume_and_location() -> None:
    def confidence(range_atrs: float, volume_times: float, location: float) -> float:
        figures = {"range_atrs": range_atrs, "volume_times": volume_times, "location": location}
        return Explosion(side=1, close=1.0, move=0.1, span=1.0, **figures).confidence(LIMITS)

    confidences = [confidence(3.0, 3.0, 0.75), confidence(6.0, 6.0, 1.0), confidence(60.0, 0.0, 0.5)]
    assert confidences == pytest.approx([0.55, 1.0, 0.5])


steps = st.lists(
    st.tuples(
        st.sampled_from([0.93, 0.99, 1.0, 1.01, 1.05]),
        st.sampled_from([0.0, 0.001, 0.01]),
        st.sampled_from([0.0, 1.0, 5.0]),
    ),
    max_size=80,
)
limits = st.builds(
    ExplosionLimits,
    atr=st.integers(2, 6),
    range_atrs=st.sampled_from([0.5, 1.5]),
    move=st.sampled_from([0.005, 0.03]),
    volume_times=st.sampled_from([0.5, 1.5]),
    average_bars=st.integers(1, 8),
    location=st.sampled_from([0.5, 0.9]),
    cooldown=st.integers(1, 4),
)


def tape_of(moves: Sequence[tuple[float, float, float]]) -> list[Bar]:
    closes = np.cumprod([100.0, *(factor for factor, _, _ in moves)]).tolist()
    return [
        (max(before, after) * (1 + wick), min(before, after) * (1 - wick), after, volume)
        for before, after, (_, wick, volume) in zip(closes, closes[1:], moves, strict=False)
    ]


@given(moves=steps, limits=limits)
@settings(max_examples=40)
def test_one_pass_equals_the_stream_to_the_bit(
    moves: list[tuple[float, float, float]], limits: ExplosionLimits
) -> None:
    assert one_pass(tape_of(moves), limits) == streamed(tape_of(moves), limits)


@given(moves=steps, limits=limits, data=st.data())
@settings(max_examples=40)
def test_later_bars_change_no_earlier_report(
    moves: list[tuple[float, float, float]], limits: ExplosionLimits, data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(moves)))
    whole, tape = one_pass(tape_of(moves), limits), tape_of(moves)
    assert one_pass(tape[:known], limits) == [(bar, report) for bar, report in whole if bar < known]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("atr", 1),
        ("range_atrs", 0.0),
        ("move", 0.0),
        ("volume_times", 0.0),
        ("average_bars", 0),
        ("location", 0.4),
        ("cooldown", 0),
    ],
)
def test_a_limit_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy explosion: {name} must be .*, not {value}"):
        replace(LIMITS, **{name: value})
