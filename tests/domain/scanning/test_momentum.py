"""Momentum: each limit alone decides a report, and both forms of the detector agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidSettings
from domain.scanning import Momentum, MomentumDetector, MomentumLimits, momenta
from tests.replacing import replace

# Six candles a day, a window of two, and the average of the four before it.
FOUR_HOURS = timedelta(hours=4)
LIMITS = MomentumLimits(window=2, move=0.03, volume_times=3.0, average_bars=4, gain=0.05, cooldown=3)
# At the seventh candle the window moved by 4 %, the day by 6 %, on three times the average volume.
CLOSES = [100.0, 100.0, 101.0, 101.0, 102.0, 104.0, 106.08]
VOLUMES = [9.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0]

Bars = tuple[Sequence[float], Sequence[float]]


def streamed(bars: Bars, limits: MomentumLimits) -> list[tuple[int, Momentum]]:
    detector = MomentumDetector(limits, FOUR_HOURS)
    reports = [detector.update(close, volume) for close, volume in zip(*bars, strict=True)]
    return [(bar, report) for bar, report in enumerate(reports) if report is not None]


def one_pass(bars: Bars, limits: MomentumLimits) -> list[tuple[int, Momentum]]:
    closes, volumes = (np.array(figures, np.float64) for figures in bars)
    return list(momenta(closes, volumes, limits, FOUR_HOURS))


def test_a_move_on_volume_in_the_direction_of_the_day_is_reported_with_its_figures() -> None:
    ((bar, report),) = streamed((CLOSES, VOLUMES), LIMITS)
    assert (bar, report.side, report.began, report.close) == (6, 1, True, 106.08)
    assert report.move == pytest.approx(0.04)
    assert report.volume_times == pytest.approx(3.0)
    assert report.gain == pytest.approx(0.0608)


def test_a_dump_is_the_mirror_image_of_a_pump() -> None:
    closes = [100.0, 100.0, 99.0, 99.0, 98.0, 96.0, 94.08]
    ((bar, report),) = streamed((closes, VOLUMES), LIMITS)
    assert (bar, report.side, report.began) == (6, -1, True)
    assert report.move == pytest.approx(-0.04)
    assert report.gain == pytest.approx(-0.0592)


@pytest.mark.parametrize(
    ("limits", "reported"),
    [
        ({"move": 0.041}, False),
        ({"move": 0.039}, True),
        ({"volume_times": 3.01}, False),
        ({"volume_times": 2.99}, True),
        ({"gain": 0.061}, False),
        ({"gain": 0.060}, True),
    ],
    ids=["move below", "move above", "volume below", "volume above", "gain below", "gain above"],
)
def test_each_limit_alone_decides_whether_momentum_is_reported(
    limits: dict[str, float], reported: bool
) -> None:
    assert bool(streamed((CLOSES, VOLUMES), replace(LIMITS, **limits))) is reported


def test_a_move_against_the_day_is_not_reported() -> None:
    closes = [120.0, 100.0, 101.0, 101.0, 102.0, 104.0, 106.08]
    assert not streamed((closes, VOLUMES), LIMITS)


def test_a_move_without_volume_before_it_is_not_reported() -> None:
    assert not streamed((CLOSES, [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 4.0]), LIMITS)


def test_momentum_that_is_given_back_is_reported_once() -> None:
    closes = [*CLOSES, 105.0, 103.0, 102.0, 101.0]
    reports = streamed((closes, [*VOLUMES, 1.0, 1.0, 1.0, 1.0]), LIMITS)
    assert [(bar, report.side, report.began) for bar, report in reports] == [(6, 1, True), (8, -1, False)]


@pytest.mark.parametrize(("cooldown", "bars"), [(1, [6, 7, 8, 9]), (2, [6, 8]), (3, [6, 9]), (4, [6])])
def test_after_a_report_none_begins_within_the_cooldown(cooldown: int, bars: list[int]) -> None:
    closes, volumes = CLOSES[:], VOLUMES[:]
    for _ in range(3):
        closes.append(closes[-1] * 1.03)
        volumes.append(volumes[-1] * 3.0)
    reports = streamed((closes, volumes), replace(LIMITS, cooldown=cooldown, volume_times=2.0))
    assert [bar for bar, _ in reports] == bars


def test_there_is_no_report_before_a_day_was_read() -> None:
    assert streamed((CLOSES, VOLUMES), LIMITS)
    assert not streamed((CLOSES[1:], VOLUMES[1:]), LIMITS)


def test_confidence_is_half_at_the_limits_and_whole_at_twice_the_limits() -> None:
    at = Momentum(side=-1, began=True, close=1.0, move=-0.03, volume_times=3.0, gain=-0.05)
    twice = Momentum(side=1, began=True, close=1.0, move=0.06, volume_times=6.0, gain=0.1)
    only_volume = Momentum(side=1, began=True, close=1.0, move=0.0, volume_times=60.0, gain=-0.1)
    confidences = [report.confidence(LIMITS) for report in (at, twice, only_volume)]
    assert confidences == pytest.approx([0.5, 1.0, 0.4])


steps = st.lists(
    st.tuples(st.sampled_from([0.95, 0.98, 1.0, 1.01, 1.03, 1.06]), st.sampled_from([0.0, 0.5, 1.0, 4.0])),
    max_size=80,
)
limits = st.builds(
    MomentumLimits,
    window=st.integers(1, 4),
    move=st.sampled_from([0.01, 0.03]),
    volume_times=st.sampled_from([0.5, 1.0, 3.0]),
    average_bars=st.integers(1, 10),
    gain=st.sampled_from([0.0, 0.03]),
    gain_hours=st.integers(1, 48),
    cooldown=st.integers(1, 6),
)


def tape_of(moves: Sequence[tuple[float, float]]) -> Bars:
    closes = np.cumprod([100.0, *(factor for factor, _ in moves)]).tolist()
    return closes[1:], [volume for _, volume in moves]


@given(moves=steps, limits=limits)
@settings(max_examples=40)
def test_one_pass_equals_the_stream_to_the_bit(
    moves: list[tuple[float, float]], limits: MomentumLimits
) -> None:
    assert one_pass(tape_of(moves), limits) == streamed(tape_of(moves), limits)


@given(moves=steps, limits=limits, data=st.data())
@settings(max_examples=40)
def test_later_bars_change_no_earlier_report(
    moves: list[tuple[float, float]], limits: MomentumLimits, data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(moves)))
    whole = one_pass(tape_of(moves), limits)
    assert one_pass(tape_of(moves[:known]), limits) == [(bar, report) for bar, report in whole if bar < known]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 0),
        ("move", 0.0),
        ("volume_times", 0.0),
        ("average_bars", 0),
        ("gain", -0.1),
        ("gain_hours", 0),
        ("cooldown", 0),
    ],
)
def test_a_limit_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy momentum: {name} must be .*, not {value}"):
        replace(LIMITS, **{name: value})
