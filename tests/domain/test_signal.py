from __future__ import annotations

import pytest

from domain.signal import UNDETECTED, Decided, Detected, evolve
from tests.domain.history import a_decision, a_signal

SIGNAL, DECISION = a_signal(), a_decision()


def test_a_signal_waits_for_its_decision_and_keeps_it() -> None:
    detected = evolve(UNDETECTED, SIGNAL)
    assert detected == Detected(SIGNAL)
    assert evolve(detected, DECISION) == Decided(SIGNAL, DECISION)


def test_a_decision_without_its_signal_breaks_the_log() -> None:
    with pytest.raises(ValueError, match="a decision was recorded before its signal"):
        evolve(UNDETECTED, DECISION)
