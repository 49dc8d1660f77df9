"""The commands of an instrument's leverage: to request another one, and the reports of what became of the request.

Whoever sends the request makes the reports: the sender at once, a live run where a query shows the outcome later. The
engine takes them in like reports of orders (`commands/inputs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from domain.leverage.change import (
    LeverageChanged,
    LeverageChangeRefused,
    LeverageChangeRequested,
    LeverageChangeUnclear,
    LeverageEvent,
    LeverageState,
)


class LeverageEntry(Protocol):
    """The part of an exchange that sets the leverage of an instrument."""

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """Sets the leverage of the instrument; one that it has already is set, too.

        Raises ExchangeRefused if the venue refused and the leverage is as before. After any other ExchangeError the
        request may have been executed.
        """
        ...


class RequestLeverage(Struct, frozen=True, gc=False):
    """Requests the leverage of an instrument without position and entry."""

    change: LeverageChangeRequested


class LeverageSet(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange has this leverage at `at` (UTC); `fact` is logged as the cause."""

    instrument: str
    at: datetime
    fact: str
    leverage: Decimal


class LeverageRefused(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange refused this leverage at `at` (UTC), or states another one after the request."""

    instrument: str
    at: datetime
    fact: str
    leverage: Decimal
    reason: str


class LeverageUnclear(Struct, frozen=True, gc=False, kw_only=True):
    """The request for this leverage was not answered at `at` (UTC)."""

    instrument: str
    at: datetime
    fact: str
    leverage: Decimal
    reason: str


LeverageReport = LeverageSet | LeverageRefused | LeverageUnclear
LeverageCommand = RequestLeverage | LeverageReport


def decide(command: LeverageCommand, state: LeverageState) -> Sequence[LeverageEvent]:
    """The event that follows; none for a second request while one waits, and for a report of no waiting request."""
    if isinstance(command, RequestLeverage):
        return [] if state is not None and state.requested is not None else [command.change]
    if state is None or state.requested != command.leverage:
        return []
    name, leverage, before = command.instrument, command.leverage, state.in_force
    match command:
        case LeverageSet():
            return [LeverageChanged(name, leverage, before)]
        case LeverageRefused():
            return [LeverageChangeRefused(name, leverage, before, command.reason)]
        case LeverageUnclear():
            unclear = LeverageChangeUnclear(name, leverage, before, command.reason)
            return [] if state.is_unclear else [unclear]
