"""Correlations of an outside signal are measured by the engine, recorded with it, and never taken from its source."""

from __future__ import annotations

from commands.inputs import Warmed
from commands.request import RaiseSignal
from domain.limits.settings import LimitSettings
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected
from tests.commands.desk import a_fill_of, chain_of, long
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.commands.requests.test_account import fresh
from tests.domain.history import BTC, ETH, D
from tests.domain.tapes import walk
from tests.replacing import replace

NAME = f"hourly_correlation.{ETH}"
HOURS = 24
LIMITS = LimitSettings(max_correlated_positions=1, correlation_hours=HOURS)


def holding_eth(limits: LimitSettings, *, alike: bool = True, one_by_one: bool = False) -> Asking:
    """A log that holds ETH, after a warm-up in which both instruments moved alike, or each on its own.

    `one_by_one` warms each instrument by an input of its own, as a live market does.
    """
    eve = Asking(Settings(limits=limits))
    candles = [
        replace(one, instrument=name)
        for name, seed in ((BTC, 1), (ETH, 1 if alike else 2))
        for one in walk(seed, 12 * (HOURS + 3))
    ]
    by_time = tuple(sorted(candles, key=lambda one: one.close_time))
    split = [tuple(one for one in by_time if one.instrument == name) for name in (BTC, ETH)]
    for warmed in split if one_by_one else [by_time]:
        eve.desk.handle(Warmed(eve.desk.at, warmed))
    chain = chain_of(eve.desk.see(long(instrument=ETH)))
    quantity = eve.desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", quantity, D(100)))
    return eve


def raised(eve: Asking) -> tuple[SignalDetected, DecisionMade]:
    eve.accepted(RaiseSignal(outside(fresh(eve))))
    events = [one.event for one in eve.desk.log.envelopes]
    signal = next(one for one in reversed(events) if isinstance(one, SignalDetected))
    return signal, next(one for one in reversed(events) if isinstance(one, DecisionMade))


def test_a_signal_of_a_scanner_is_recorded_with_its_correlations_and_judged_by_them() -> None:
    signal, decision = raised(holding_eth(LIMITS))
    assert signal.inputs[NAME] > 0.999
    assert decision.reasons == ("MAX_CORRELATED_POSITIONS",)
    signal, decision = raised(holding_eth(LIMITS, alike=False))
    assert signal.inputs[NAME] < 0.7
    assert decision.reasons == ("ALL_APPROVE",)


def test_correlations_are_measured_after_each_instrument_was_warmed_by_an_input_of_its_own() -> None:
    signal, decision = raised(holding_eth(LIMITS, one_by_one=True))
    assert signal.inputs[NAME] > 0.999
    assert decision.reasons == ("MAX_CORRELATED_POSITIONS",)


def test_the_candles_missed_in_a_run_keep_the_hours_read_before() -> None:
    eve = holding_eth(LIMITS)
    last = walk(1, 12 * (HOURS + 3))[-1]
    missed = replace(last, instrument=BTC, open_time=last.open_time + last.interval)
    eve.desk.handle(Warmed(eve.desk.at, (missed,)))
    signal, _decision = raised(eve)
    assert signal.inputs[NAME] > 0.999


def test_a_signal_without_the_limit_has_the_inputs_of_its_source_alone() -> None:
    signal, decision = raised(holding_eth(LimitSettings()))
    assert signal.inputs == long().inputs
    assert decision.reasons == ("ALL_APPROVE",)


def test_a_source_cannot_bring_a_correlation_of_its_own() -> None:
    eve = holding_eth(LIMITS)
    brought = replace(outside(fresh(eve)), inputs={NAME: 0.0})
    assert f"the input {NAME} is measured by the engine: leave it out" in eve.declined(RaiseSignal(brought))
