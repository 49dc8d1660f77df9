"""Signals in the form in which an external scanner sends them."""

from __future__ import annotations

from msgspec.structs import asdict

from commands.request import OutsideSignal
from domain.signal import SignalDetected
from tests.replacing import replace


def outside(signal: SignalDetected) -> OutsideSignal:
    """The signal as part of a request; a signal of the sample strategy becomes one of a scanner."""
    named = replace(signal, strategy="scanner") if signal.strategy == "trend" else signal
    return OutsideSignal(
        **{name: value for name, value in asdict(named).items() if name not in {"grid", "book", "venue"}}
    )
