"""The decision on the signal that a request raised, from the events that followed."""

from __future__ import annotations

from collections.abc import Sequence

from commands.commanded import Followed
from commands.door import SignalDecided
from commands.request import RaiseSignal, Request
from commands.requests.repeated import first_of
from domain.signal import DecisionMade
from domain.streams import parse


def decided(request: Request, followed: Sequence[Followed]) -> SignalDecided | None:
    """The decision; None where the request raised no signal, or its signal led to no decision."""
    if not isinstance(request, RaiseSignal):
        return None
    for stream, made in first_of(DecisionMade, followed).items():
        return SignalDecided(signal_id=parse(stream).id, verdict=made.verdict.value, reasons=made.reasons)
    return None
