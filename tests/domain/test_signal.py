from __future__ import annotations

import pytest

from domain.signal import UNDETECTED, Decided, Detected, evolve
from tests.domain.history import a_decision, a_signal

SIGNAL, DECISION = a_signal(), a_decision()


def test_a_signal_is_detected_and_then_decided() -> None:
    detected = evolve(UNDETECTED, SIGNAL)
    assert detected == Detected(SIGNAL)
    assert evolve(detected, DECISION) == Decided(SIGNAL, DECISION)


def test_a_decision_without_its_signal_raises() -> None:
    with pytest.raises(ValueError, match="a decision was recorded before its signal"):
        evolve(UNDETECTED, DECISION)
