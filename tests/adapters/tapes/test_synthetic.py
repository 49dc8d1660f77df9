"""The synthetic market: deterministic, with the statistics of a market, and marked as synthetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from statistics import mean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tapes import Tape, synthetic_tape
from domain.errors import InvalidInput

STEPS = {
    "BTCUSDT": ("0.1", "0.001"),
    "ETHUSDT": ("0.01", "0.01"),
    "SOLUSDT": ("0.01", "0.1"),
    "XRPUSDT": ("0.0001", "0.1"),
    "ABCUSDT": ("0.01", "0.001"),
}
INTERVALS = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(weeks=1),
]


def returns(tape: Tape) -> list[float]:
    return [float(candle.close / candle.open) - 1 for candle in tape.candles]


@given(
    seed=st.integers(),
    symbol=st.sampled_from(sorted(STEPS)),
    interval=st.sampled_from(INTERVALS),
    candles=st.integers(1, 60),
)
def test_synthetic_candles_are_valid_and_contiguous(
    seed: int, symbol: str, interval: timedelta, candles: int
) -> None:
    (tape,) = synthetic_tape(seed, (symbol,), interval, candles)
    tick, lot = map(Decimal, STEPS[symbol])
    assert len(tape.candles) == candles
    for candle in tape.candles:
        assert Decimal(0) < candle.low <= min(candle.open, candle.close)
        assert candle.high >= max(candle.open, candle.close)
        assert candle.volume > 0
        assert all(price % tick == 0 for price in (candle.open, candle.high, candle.low, candle.close))
        assert candle.volume % lot == 0
    for earlier, later in pairwise(tape.candles):
        assert (later.open, later.open_time) == (earlier.close, earlier.close_time)


def test_the_same_arguments_give_the_same_tape_on_every_machine() -> None:
    """The digest was taken on CPython 3.11. A different digest means that the model changed: raise MODEL's number."""
    candles = [candle for tape in synthetic_tape(7, candles=500) for candle in tape.candles]
    text = "\n".join(f"{c.open_time} {c.open} {c.high} {c.low} {c.close} {c.volume}" for c in candles)
    assert (
        sha256(text.encode()).hexdigest()
        == "06fc2dc1fdc79490de041f20629ece9ab8c50ab9e7fbf8dfe64dcf27974aa112"
    )


def test_another_seed_gives_other_candles() -> None:
    assert synthetic_tape(1, candles=5)[0].candles != synthetic_tape(2, candles=5)[0].candles


def test_a_longer_tape_begins_with_the_candles_of_a_shorter_one() -> None:
    for short, long in zip(synthetic_tape(3, candles=40), synthetic_tape(3, candles=90), strict=True):
        assert long.candles[:40] == short.candles


def test_an_instrument_id_gives_the_tape_of_its_symbol() -> None:
    assert synthetic_tape(1, ["BTCUSDT-LINEAR.BYBIT"], candles=9) == synthetic_tape(1, ["BTCUSDT"], candles=9)
    (spot,) = synthetic_tape(1, ["ETHUSDT-SPOT.BYBIT"], candles=2)
    assert spot.instrument == "ETHUSDT-SPOT.BYBIT"


def test_the_tape_of_a_symbol_does_not_depend_on_the_other_symbols() -> None:
    assert synthetic_tape(3, ("SOLUSDT",), candles=50)[0] == synthetic_tape(3, candles=50)[2]


def test_a_synthetic_tape_is_marked_as_synthetic() -> None:
    for tape in synthetic_tape(7, candles=2):
        assert tape.synthetic
        assert tape.path is None
        assert tape.notes[0].startswith("synthetic market, not recorded prices: whence-synthetic-1 seed=7 ")


def test_a_start_in_another_zone_is_converted_to_utc() -> None:
    start = datetime(2025, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    (tape,) = synthetic_tape(7, ("BTCUSDT",), candles=1, start=start)
    assert tape.candles[0].open_time == datetime(2025, 3, 1, tzinfo=UTC)
    assert tape.candles[0].open_time.tzinfo is UTC


def test_returns_and_volumes_have_the_statistics_of_a_market() -> None:
    """Volatility as configured and clustered, fat tails, correlated symbols, volume correlated with moves."""
    bitcoin, ether, _ = synthetic_tape(7, candles=5_000)
    moves, others = returns(bitcoin), returns(ether)
    deviation = pstdev(moves)
    sizes = [abs(move) for move in moves]
    usual = 0.5 * (timedelta(minutes=5) / timedelta(days=365)) ** 0.5
    assert usual / 2 < deviation < usual * 2
    assert mean(move**4 for move in moves) / deviation**4 > 3.3
    assert correlation(sizes[:-1], sizes[1:]) > 0.08
    assert correlation(moves, others) > 0.5
    assert correlation(sizes, [float(candle.volume) for candle in bitcoin.candles]) > 0.3


def correlation(left: list[float], right: list[float]) -> float:
    middle_left, middle_right = mean(left), mean(right)
    shared = mean((a - middle_left) * (b - middle_right) for a, b in zip(left, right, strict=True))
    return shared / pstdev(left) / pstdev(right)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"symbols": ()}, "one symbol or more"),
        ({"symbols": ("BTCUSDT", "BTCUSDT")}, "each listed once"),
        ({"symbols": ("BTCUSDT", "BTCUSDT-LINEAR.BYBIT")}, "each listed once"),
        ({"symbols": ("BTCUSDT-FUTURE.BYBIT",)}, "'BTCUSDT-FUTURE.BYBIT' is not an instrument"),
        ({"symbols": ("btc/usdt",)}, "is not an instrument"),
        ({"interval": timedelta(seconds=90)}, "whole minutes"),
        ({"interval": timedelta(0)}, "whole minutes"),
        ({"interval": -timedelta(minutes=5)}, "whole minutes"),
        ({"candles": 0}, "one candle or more, not 0"),
        ({"start": datetime(2025, 1, 1)}, "with a time zone"),  # noqa: DTZ001 - the fault under test
        ({"start": datetime(2025, 1, 1, 0, 0, 1, tzinfo=UTC)}, "whole minute"),
    ],
)
def test_invalid_parameters_are_refused(change: dict[str, object], fault: str) -> None:
    arguments: dict[str, object] = {"symbols": ("BTCUSDT",), "candles": 2} | change
    with pytest.raises(InvalidInput, match=fault):
        synthetic_tape(1, **arguments)  # type: ignore[arg-type]  # each is of its parameter's type
