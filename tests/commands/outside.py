"""Signals as an external scanner states them."""

from __future__ import annotations

from msgspec.structs import asdict

from commands.request import OutsideSignal
from domain.signal import SignalDetected
from tests.replacing import replace


def outside(signal: SignalDetected) -> OutsideSignal:
    """The signal as a request carries it; a signal of the sample strategy becomes one of a scanner."""
    named = replace(signal, strategy="scanner") if signal.strategy == "trend" else signal
    return OutsideSignal(**asdict(named))
