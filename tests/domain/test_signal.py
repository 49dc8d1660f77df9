from __future__ import annotations

import pytest

from domain.signal import UNDETECTED, Decided, Detected, Verdict, evolve
from tests.domain.history import a_decision, a_signal
from tests.replacing import replace

SIGNAL, DECISION = a_signal(), a_decision()


def test_a_signal_is_detected_and_then_decided() -> None:
    detected = evolve(UNDETECTED, SIGNAL)
    assert detected == Detected(SIGNAL)
    assert evolve(detected, DECISION) == Decided(SIGNAL, replace(DECISION, votes=()))


def test_the_state_of_a_skipped_signal_holds_neither_votes_nor_inputs() -> None:
    assert SIGNAL.inputs
    assert DECISION.votes
    skipped = replace(DECISION, verdict=Verdict.SKIP)
    held = evolve(Detected(SIGNAL), skipped)
    assert held == Decided(replace(SIGNAL, inputs={}), replace(skipped, votes=()))


def test_a_decision_without_its_signal_raises() -> None:
    with pytest.raises(ValueError, match="a decision was recorded before its signal"):
        evolve(UNDETECTED, DECISION)
