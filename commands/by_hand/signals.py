"""A signal from an external scanner."""

from __future__ import annotations

from collections.abc import Sequence

from commands.by_hand.situation import Situation
from commands.request import RaiseSignal
from commands.routes import Command
from commands.signal import DetectSignal


def raise_signal(request: RaiseSignal, situation: Situation, chain: str) -> Sequence[Command]:
    """Both committees judge it like any other: what is stale, or said by a paused strategy, is skipped, on record.

    Raises InstrumentNotListed where there are no rules to judge it by.
    """
    situation.rules(request.signal.instrument)
    return [DetectSignal(chain, request.signal)]
