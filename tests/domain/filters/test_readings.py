"""The figures of the filters: equal to another computation at every close, and of closed candles alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.errors import InvalidInput
from domain.filters.readings import Readings
from domain.filters.settings import NO_FILTERS, FilterSettings
from domain.indicators import VolumeProfile
from tests.domain.tapes import bybit_5m, prices_of, walk
from tests.replacing import replace

FIVE = timedelta(minutes=5)
ALL = FilterSettings(
    minimum_adx=1.0,
    adx_period=14,
    timeframe="15m",
    timeframe_ema=20,
    value_area_candles=48,
    minimum_pivot_distance=0.001,
)

Read = Sequence[Mapping[str, float]]


def read(candles: Sequence[Candle], settings: FilterSettings = ALL) -> Read:
    """The figures at each close."""
    readings = Readings(settings, candles[0].instrument, candles[0].interval)
    found: list[Mapping[str, float]] = []
    for candle in candles:
        readings.take(candle)
        found.append(readings.figures(candle))
    return found


@pytest.fixture(scope="module")
def recorded(market_data: Path) -> Sequence[Candle]:
    return bybit_5m(market_data, "BTCUSDT")[:2_500]


@pytest.fixture(scope="module")
def figures(recorded: Sequence[Candle]) -> Read:
    return read(recorded)


def column(figures: Read, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.get(f"filter.{name}", np.nan) for one in figures])


def test_adx_and_di_equal_talib_at_every_close(recorded: Sequence[Candle], figures: Read) -> None:
    prices = prices_of(recorded)
    of = (prices.highs, prices.lows, prices.closes, 14)
    known = ~np.isnan(talib.ADX(*of))
    for name, expected in (
        ("adx", talib.ADX(*of)),
        ("plus_di", talib.PLUS_DI(*of)),
        ("minus_di", talib.MINUS_DI(*of)),
    ):
        expected[~known] = np.nan
        np.testing.assert_allclose(column(figures, name), expected, rtol=1e-9)


def test_the_average_of_the_timeframe_equals_talib_on_the_coarser_candles_that_have_closed(
    recorded: Sequence[Candle], figures: Read
) -> None:
    begin = next(at for at, one in enumerate(recorded) if one.open_time.minute % 15 == 0)
    closes = [float(one.close) for one in recorded[begin:] if one.close_time.minute % 15 == 0]
    average = talib.EMA(np.array(closes), 20)
    closed = 0
    for number, (candle, found) in enumerate(zip(recorded, figures, strict=True)):
        closed += number >= begin and candle.close_time.minute % 15 == 0
        if closed < 21:
            assert "filter.timeframe_ema" not in found
            continue
        expected = (average[closed - 1], average[closed - 2])
        both = (found["filter.timeframe_ema"], found["filter.timeframe_ema_before"])
        assert both == pytest.approx(expected, rel=1e-12)


def test_the_pivots_are_those_of_the_last_whole_utc_day(recorded: Sequence[Candle], figures: Read) -> None:
    days: dict[object, list[Candle]] = {}
    for candle in recorded:
        days.setdefault(candle.open_time.date(), []).append(candle)
    seen = 0
    for candle, found in zip(recorded, figures, strict=True):
        before = days.get((candle.close_time - timedelta(days=1)).date(), [])
        if len(before) != 288:
            assert "filter.pivot" not in found
            continue
        seen += 1
        high, low = max(one.high for one in before), min(one.low for one in before)
        pivot = (high + low + before[-1].close) / 3
        expected = (pivot, 2 * pivot - low, pivot + high - low, 2 * pivot - high, pivot - high + low)
        names = ("pivot", "resistance_1", "resistance_2", "support_1", "support_2")
        assert [found[f"filter.{name}"] for name in names] == pytest.approx(
            [float(level) for level in expected], rel=1e-12
        )
    assert seen > 1_000


@pytest.mark.parametrize(
    ("hours", "is_known"),
    [
        pytest.param((12, 13), True, id="a gap within the day"),
        pytest.param((22, 24), True, id="the day's end is missing"),
        pytest.param((24, 27), True, id="only the day after lacks its beginning"),
        pytest.param((-3, 2), False, id="a gap over the midnight before"),
        pytest.param((-24, 1), False, id="the whole day before, and the day's beginning"),
    ],
)
def test_a_day_has_pivots_where_it_was_seen_from_its_beginning_whatever_was_seen_before(
    recorded: Sequence[Candle], hours: tuple[int, int], *, is_known: bool
) -> None:
    """The third day of the tape lacks these hours, counted from its midnight; read at noon of the fourth."""
    midnight = recorded[0].open_time.replace(hour=0, minute=0) + timedelta(days=2)
    begin, end = (midnight + timedelta(hours=hour) for hour in hours)
    candles = [one for one in recorded if not begin <= one.open_time < end]
    noon = midnight + timedelta(days=1, hours=12)
    (found,) = [
        figures for one, figures in zip(candles, read(candles), strict=True) if one.close_time == noon
    ]
    assert ("filter.pivot" in found) is is_known


def test_the_value_area_is_that_of_a_profile_of_the_last_candles_alone(
    recorded: Sequence[Candle], figures: Read
) -> None:
    assert all("filter.poc" not in one for one in figures[:47])
    for bar in range(47, len(recorded), 97):
        profile = VolumeProfile(48, 1024, 0.7)
        for one in recorded[bar - 47 : bar + 1]:
            profile.update(float(one.high), float(one.low), float(one.volume))
        area = profile.value_area()
        assert area is not None
        found = [figures[bar][f"filter.{name}"] for name in ("poc", "value_low", "value_high")]
        assert found == [area.poc, area.low, area.high]


@pytest.mark.parametrize("cut", [700, 1_001, 1_440, 2_002])
def test_later_candles_change_no_figure_of_an_earlier_close(
    recorded: Sequence[Candle], figures: Read, cut: int
) -> None:
    changed = [replace(one, high=one.high * 2, close=one.close * 2) for one in recorded[cut:]]
    assert read([*recorded[:cut], *changed])[:cut] == figures[:cut]
    assert read(recorded[:cut]) == figures[:cut]


def test_a_coarser_candle_in_its_middle_changes_nothing() -> None:
    """The candles after one that completed 15 minutes may go anywhere: the average stays that of before."""
    candles = walk(3, 300)
    settings = FilterSettings(timeframe="15m", timeframe_ema=5)
    whole = next(at for at in range(200, 300) if candles[at].close_time.minute % 15 == 0)
    one = read(candles[: whole + 3], settings)
    wild = [replace(candle, close=candle.close * 3) for candle in candles[whole + 1 : whole + 3]]
    other = read([*candles[: whole + 1], *wild], settings)
    assert one[whole] == one[whole + 1] == one[whole + 2] == other[whole + 2]


def day_of(begins: datetime, count: int) -> list[Candle]:
    first = walk(1, 1)[0]
    return [replace(first, interval=FIVE, open_time=begins + FIVE * number) for number in range(count)]


def test_a_day_that_was_not_seen_from_its_beginning_has_no_pivots() -> None:
    settings = FilterSettings(minimum_pivot_distance=0.001)
    midnight = walk(1, 1)[0].open_time.replace(hour=0, minute=0)
    candles = day_of(midnight + FIVE, 287 + 10)
    assert not any(read(candles, settings))
    assert read(day_of(midnight, 288), settings)[-1]


def test_the_pivots_of_an_older_day_do_not_count_after_a_gap_of_a_day() -> None:
    settings = FilterSettings(minimum_pivot_distance=0.001)
    midnight = walk(1, 1)[0].open_time.replace(hour=0, minute=0)
    after = day_of(midnight + timedelta(days=2), 3)
    found = read([*day_of(midnight, 288), *after], settings)
    assert found[287]
    assert not any(found[288:])


def test_a_filter_that_is_off_has_no_figures() -> None:
    assert not any(read(walk(1, 500), NO_FILTERS))
    assert not any(read(walk(1, 500), FilterSettings(adx_period=5, timeframe_ema=3, minimum_place=1.0)))


@pytest.mark.parametrize(
    ("settings", "interval", "message"),
    [
        (FilterSettings(timeframe="3m"), FIVE, "filters.timeframe: candles of 3m cannot be built"),
        (FilterSettings(timeframe="12m"), FIVE, "filters.timeframe: candles of 12m cannot be built"),
        (
            FilterSettings(minimum_pivot_distance=0.1),
            timedelta(days=7),
            "filters.minimum_pivot_distance: candles of 1d cannot be built",
        ),
    ],
)
def test_coarser_candles_that_cannot_be_built_are_refused_by_the_setting(
    settings: FilterSettings, interval: timedelta, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Readings(settings, "BTCUSDT-LINEAR.BYBIT", interval)


def test_a_candle_without_volume_gives_no_value_area() -> None:
    still = [replace(one, volume=Decimal(0)) for one in walk(1, 60)]
    assert not any(read(still, FilterSettings(value_area_candles=10)))
