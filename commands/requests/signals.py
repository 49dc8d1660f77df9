"""A signal from an external scanner."""

from __future__ import annotations

from collections.abc import Sequence

from commands import signal as signal_commands
from commands.request import RaiseSignal
from commands.requests.situation import Situation
from commands.routes import Command
from domain.errors import InvalidInput, Refused
from domain.owner import PERSON


def raise_signal(request: RaiseSignal, situation: Situation, chain: str) -> Sequence[Command]:
    """Both committees judge it like any other: what is stale, or said by a paused strategy, is skipped, on record.

    Raises InstrumentNotListed where there are no rules to judge it by, InvalidInput for a scanner of a person's name,
    Refused for one of a configured strategy's: it would own that strategy's positions, and could close them.
    """
    scanner = request.signal.strategy
    if scanner == PERSON:
        raise InvalidInput(f"no scanner is called {PERSON}: that is the owner of what people enter")
    if scanner in situation.settings.instances:
        raise Refused(f"{scanner} is a strategy of this engine: a signal from outside has a name of its own")
    situation.rules(request.signal.instrument)
    return [signal_commands.RaiseSignal(chain, request.signal.detected())]
