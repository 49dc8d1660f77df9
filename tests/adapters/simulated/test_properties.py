"""Properties that hold for any candles and any requests."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.simulated import SimulatedExchange
from adapters.simulated.market import Market
from commands.exchange import AnyReport
from domain.candle import Candle
from domain.direction import Side
from tests.adapters.simulated.market_days import Day, days
from tests.adapters.simulated.scene import (
    BTC,
    SMOOTH,
    after_candles,
    candle,
    d,
    exchange,
    fills,
    long_with,
    short_with,
)
from tests.adapters.simulated.witness import Witness
from tests.replacing import replace


def _never_idle(_market: Market, _candle: Candle) -> bool:
    return False


MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(days())
def test_position_and_balance_equal_the_sums_of_the_reports(day: Day) -> None:
    """`witness.py` also checks that fills keep within quantity, volume and range and that reduce-only orders reduce."""
    venue, witness = day.exchange(), Witness(day.balance, day.rules)
    before: Candle | None = None
    for step in day.steps:
        witness.expect(step.tickets)
        venue.submit(step.tickets)
        for call in step.calls:
            call(venue)
        witness.check(after_candles(venue, [step.candle]), step.candle, before)
        before = step.candle
        assert venue.position(BTC.id) == witness.position
        assert venue.balance == witness.balance


@MANY
@given(days())
def test_the_same_calls_over_the_same_candles_give_the_same_reports(day: Day) -> None:
    assert day.run(day.exchange()) == day.run(day.exchange())


@MANY
@given(days(), st.data())
def test_an_exchange_rebuilt_by_repeating_the_calls_gives_the_same_later_reports(
    day: Day, data: st.DataObject
) -> None:
    whole = day.run(day.exchange())
    cut = data.draw(st.integers(0, len(day.steps)))
    rebuilt = day.exchange()
    replace(day, steps=day.steps[:cut]).run(rebuilt)
    assert replace(day, steps=day.steps[cut:]).run(rebuilt) == whole[cut:]


@MANY
@given(days())
def test_skipping_idle_candles_does_not_change_the_reports(day: Day) -> None:
    def run(never_skip: bool) -> list[Sequence[AnyReport]]:
        with pytest.MonkeyPatch.context() as patch:
            if never_skip:
                patch.setattr(Market, "idle", _never_idle)
            return [list(reports) for reports in day.run(day.exchange())]

    assert run(never_skip=False) == run(never_skip=True)


@MANY
@given(
    st.sampled_from(Side),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 20),
    st.integers(1, 20),
    st.booleans(),
)
def test_a_candle_that_reaches_stop_and_target_fills_the_stop(
    side: Side, below: int, above: int, beyond: int, through: int, in_its_own_candle: bool
) -> None:
    """Holds for all distances, and for an entry filled in this candle or in an earlier one."""

    def price(ticks: int) -> str:
        return str((1000 + ticks) * BTC.tick)

    venue = SimulatedExchange({BTC.id: BTC}, "USDT", d("10000"), d("1"), SMOOTH, 1)
    entry = (
        long_with(price(-below), price(above))
        if side is Side.BUY
        else short_with(price(above), price(-below))
    )
    venue.submit(entry)
    if not in_its_own_candle:
        after_candles(venue, [candle(0, "100 100 100 100")])
    low, high = price(-below - max(beyond, through)), price(above + max(beyond, through))
    reports = after_candles(venue, [candle(1, f"100 {high} {low} 100")])
    assert fills(reports)[-1] == ("e-stop", d("1"), d(price(-below) if side is Side.BUY else price(above)))
    assert venue.position(BTC.id) == 0


def test_the_witness_detects_a_wrong_balance_and_a_repeated_report() -> None:
    """Proves that the checks of the property tests can fail."""
    venue, witness = exchange(), Witness(d("9999"), SMOOTH)
    tickets = long_with("95", "105")
    witness.expect(tickets)
    venue.submit(tickets)
    one = candle(0, "100 101 99 100")
    reports = after_candles(venue, [one])
    witness.check(reports, one, None)
    assert venue.balance != witness.balance
    with pytest.raises(AssertionError):
        witness.check(reports, one, None)
