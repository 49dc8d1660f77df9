"""The steps and the range of a whole tape."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from adapters.tapes import Tape, synthetic_tape
from adapters.tapes.steps import first_unfit, seen_on
from tests.replacing import replace

D = Decimal
TAPE = synthetic_tape(1, ["BTCUSDT"], candles=200)[0]


def tape(prices: Sequence[str], volumes: Sequence[str] = ("1",)) -> Tape:
    """A tape of flat candles at these prices; volumes repeat."""
    candles = tuple(
        replace(
            candle,
            open=D(price),
            high=D(price),
            low=D(price),
            close=D(price),
            volume=D(volumes[at % len(volumes)]),
        )
        for at, (candle, price) in enumerate(zip(TAPE.candles, prices, strict=False))
    )
    return replace(TAPE, candles=candles)


def test_the_steps_are_the_finest_of_all_candles() -> None:
    seen = seen_on(tape(["1.0", "1.0134", "1.50"], ["100", "0.25", "0"]))
    assert (seen.tick, seen.written, seen.lot) == (D("0.0001"), D("0.0001"), D("0.01"))
    assert (seen.lowest, seen.highest) == (D("1.0"), D("1.50"))


def test_a_tape_without_volume_shows_no_lot() -> None:
    assert seen_on(tape(["1.0"], ["0"])).lot is None


def test_bid_and_ask_count_as_prices() -> None:
    one = tape(["1.5", "1.5"])
    quoted = replace(one, candles=(one.candles[0], replace(one.candles[1], bid=D("1.49"), ask=D("1.505"))))
    assert seen_on(quoted).tick == D("0.001")
    assert first_unfit(quoted.candles, D("0.01")) == 1


def test_many_different_prices_show_the_tick_however_they_are_written() -> None:
    written = [f"{price}.00000000" for price in range(100, 200)]
    assert seen_on(tape(written)).written is None
    assert seen_on(tape(written[:99])).written == D("1e-8")
    assert seen_on(tape(written)).tick == D(1)


@pytest.mark.parametrize(
    ("prices", "tick", "start", "unfit"),
    [
        (["1.5", "1.25", "1.0"], "0.1", 0, 1),
        (["1.5", "1.25", "1.0"], "0.1", 2, None),
        (["1.5", "1.25", "1.0"], "0.25", 0, None),
        (["58000.100000000006", "58000.2"], "0.1", 0, None),
    ],
)
def test_the_first_candle_that_does_not_fit_a_tick(
    prices: Sequence[str], tick: str, start: int, unfit: int | None
) -> None:
    assert first_unfit(tape(prices).candles, D(tick), start) == unfit
