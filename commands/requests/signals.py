"""The command of a request that raises a signal from an external scanner."""

from __future__ import annotations

from collections.abc import Sequence

from commands import signal as signal_commands
from commands.request import RaiseSignal
from commands.requests.situation import Situation
from commands.routes import Command
from domain.errors import InvalidInput, Refused
from domain.owner import PERSON


def raise_signal(request: RaiseSignal, situation: Situation, chain: str) -> Sequence[Command]:
    """Records the signal; both committees judge it like any other, and skip it if it is stale or its scanner paused.

    Raises InstrumentNotListed for an instrument without rules, InvalidInput for a scanner with the name reserved for
    people, Refused for a scanner with the id of a configured strategy, because it could close that strategy's
    positions.
    """
    scanner = request.signal.strategy
    if scanner == PERSON:
        raise InvalidInput(
            f"no scanner may be called {PERSON}: that is the owner of positions entered by hand"
        )
    if scanner in situation.settings.instances:
        raise Refused(f"{scanner} is a strategy of this engine: a signal from outside needs another name")
    situation.rules(request.signal.instrument)
    situation.last_price(request.signal.instrument)
    return [signal_commands.RaiseSignal(chain, request.signal.detected())]
