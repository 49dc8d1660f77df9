from __future__ import annotations

import pytest

from commands.signal import RaiseSignal, RecordDecision
from domain.errors import InvalidInput, Refused
from tests.commands.sentence import given
from tests.domain.history import D, a_decision, a_signal

SIGNAL, DECISION = a_signal(), a_decision()


def test_a_signal_is_detected_once_and_decided_once() -> None:
    given().when(
        RaiseSignal("abc", SIGNAL),
        RaiseSignal("abc", a_signal(confidence=0.9)),
        RecordDecision("abc", DECISION),
        RecordDecision("abc", a_decision(quantity=D(99))),
    ).then(SIGNAL, DECISION)


def test_a_decision_on_an_undetected_signal_is_refused() -> None:
    given().when(RecordDecision("abc", DECISION)).then_error(Refused, "signal abc was never detected")


OF = "of the signal of trend on BTCUSDT-LINEAR.BYBIT"

FAULTS: list[tuple[dict[str, object], str]] = [
    ({"interval_seconds": 0}, f"the interval {OF} is 0 s; it must be at least 1 second"),
    ({"confidence": 1.01}, f"the confidence {OF} is 1.01; it must be in 0 … 1"),
    ({"confidence": -0.01}, f"the confidence {OF} is -0.01; it must be in 0 … 1"),
    ({"confidence": float("nan")}, f"the confidence {OF} is nan; it must be in 0 … 1"),
    ({"trend": 1.5}, f"the trend {OF} is 1.5; it must be in -1 … 1"),
    ({"trend": float("nan")}, f"the trend {OF} is nan; it must be in -1 … 1"),
    ({"price": D("NaN")}, f"the price {OF}, NaN must be a positive, finite number"),
    ({"stop": D(0)}, f"the stop {OF}, 0 must be a positive, finite number"),
    ({"target": D("Infinity")}, f"the target {OF}, Infinity must be a positive, finite number"),
    ({"price": 100.5}, f"the price {OF}, 100.5 is not a Decimal"),
    ({"inputs": {"adx": float("inf")}}, f"the input adx {OF} is inf; it must be finite"),
    ({"instrument": "BTC/USDT"}, "'BTC/USDT' is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT"),
]


@pytest.mark.parametrize(("changed", "words"), FAULTS)
def test_a_signal_with_impossible_figures_is_refused(changed: dict[str, object], words: str) -> None:
    given().when(RaiseSignal("abc", a_signal(**changed))).then_error(InvalidInput, words)
