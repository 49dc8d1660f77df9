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


FAULTS: list[tuple[dict[str, object], str]] = [
    ({"interval_seconds": 0}, "interval 0 of a signal must be at least 1 second"),
    ({"confidence": 1.01}, "confidence 1.01 of a signal must be in 0 … 1"),
    ({"confidence": -0.01}, "confidence -0.01 of a signal must be in 0 … 1"),
    ({"confidence": float("nan")}, "confidence nan of a signal must be in 0 … 1"),
    ({"trend": 1.5}, "trend 1.5 of a signal must be in -1 … 1"),
    ({"trend": float("nan")}, "trend nan of a signal must be in -1 … 1"),
    ({"price": D("NaN")}, "price of a signal NaN must be a positive, finite number"),
    ({"stop": D(0)}, "stop of a signal 0 must be a positive, finite number"),
    ({"target": D("Infinity")}, "target of a signal Infinity must be a positive, finite number"),
    ({"price": 100.5}, "price of a signal 100.5 is not a Decimal"),
    ({"inputs": {"adx": float("inf")}}, "input adx of a signal is inf"),
    ({"instrument": "BTC/USDT"}, "'BTC/USDT' is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT"),
]


@pytest.mark.parametrize(("changed", "words"), FAULTS)
def test_a_signal_with_impossible_figures_is_refused(changed: dict[str, object], words: str) -> None:
    given().when(RaiseSignal("abc", a_signal(**changed))).then_error(InvalidInput, words)
