"""Signals as an external scanner states them."""

from __future__ import annotations

from msgspec.structs import asdict

from commands.request import OutsideSignal
from domain.signal import SignalDetected
from tests.replacing import replace


def outside(signal: SignalDetected) -> OutsideSignal:
    """The same signal as a request carries it; what the sample strategy says, a scanner says."""
    named = replace(signal, strategy="scanner") if signal.strategy == "trend" else signal
    return OutsideSignal(**asdict(named))
