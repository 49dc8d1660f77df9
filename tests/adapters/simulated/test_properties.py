"""What holds whatever the market does and whatever is asked of the exchange."""

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


def _attentive(_market: Market, _candle: Candle) -> bool:
    return False


MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(days())
def test_the_reports_add_up(day: Day) -> None:
    """Fills within quantity, volume and range; reduce-only reduces; position and balance to the last digit."""
    venue, witness = day.exchange(), Witness(day.balance, day.rules)
    before: Candle | None = None
    for step in day.steps:
        witness.expect(step.tickets)
        venue.submit(step.tickets)
        for call in step.calls:
            call(venue)
        witness.hear(after_candles(venue, [step.candle]), step.candle, before)
        before = step.candle
        assert venue.position(BTC.id) == witness.position
        assert venue.balance == witness.balance


@MANY
@given(days())
def test_the_same_calls_over_the_same_candles_give_the_same_reports(day: Day) -> None:
    assert day.run(day.exchange()) == day.run(day.exchange())


@MANY
@given(days(), st.data())
def test_a_restart_that_repeats_the_calls_goes_on_as_if_there_had_been_none(
    day: Day, data: st.DataObject
) -> None:
    whole = day.run(day.exchange())
    cut = data.draw(st.integers(0, len(day.steps)))
    rebuilt = day.exchange()
    replace(day, steps=day.steps[:cut]).run(rebuilt)
    assert replace(day, steps=day.steps[cut:]).run(rebuilt) == whole[cut:]


@MANY
@given(days())
def test_what_is_passed_over_as_idle_would_have_changed_nothing(day: Day) -> None:
    def run(attentive: bool) -> list[Sequence[AnyReport]]:
        with pytest.MonkeyPatch.context() as patch:
            if attentive:
                patch.setattr(Market, "idle", _attentive)
            return [list(reports) for reports in day.run(day.exchange())]

    assert run(attentive=False) == run(attentive=True)


@MANY
@given(
    st.sampled_from(Side),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 20),
    st.integers(1, 20),
    st.booleans(),
)
def test_stop_and_target_in_one_candle_is_the_stop(
    side: Side, below: int, above: int, beyond: int, through: int, in_its_own_candle: bool
) -> None:
    """Whatever the distances, and whether the entry was made in this candle or an earlier one."""

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


def test_the_witness_can_object() -> None:
    """A property test that cannot fail proves nothing: a fill of another's money is noticed."""
    venue, witness = exchange(), Witness(d("9999"), SMOOTH)
    tickets = long_with("95", "105")
    witness.expect(tickets)
    venue.submit(tickets)
    one = candle(0, "100 101 99 100")
    reports = after_candles(venue, [one])
    witness.hear(reports, one, None)
    assert venue.balance != witness.balance
    with pytest.raises(AssertionError):
        witness.hear(reports, one, None)
