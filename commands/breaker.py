"""The commands of a circuit breaker: two reports of a call, and the end of an open breaker's pause.

Whoever calls the exchange makes the reports: the sender for orders, the run for queries and market data. The engine
takes them in like reports of orders (`commands/inputs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.breaker import (
    FAILURES,
    Breaker,
    BreakerClosed,
    BreakerEvent,
    BreakerHalfOpened,
    BreakerOpened,
    CallFailed,
    Mode,
    Service,
    failures_at,
)


class Unanswered(Struct, frozen=True, gc=False, kw_only=True):
    """A call to the exchange failed at `at` (UTC) without a structured response; `fact` is logged as the cause."""

    service: Service
    at: datetime
    fact: str
    reason: str


class Answered(Struct, frozen=True, gc=False, kw_only=True):
    """A call was answered at `at` (UTC), by a refusal, too. The report is needed only while a breaker is not closed."""

    service: Service
    at: datetime
    fact: str


class EndPause(Struct, frozen=True, gc=False):
    """Lets the next call be the trial of an open breaker, if its pause is over at `at` (UTC)."""

    service: Service
    at: datetime


CallReport = Unanswered | Answered
BreakerCommand = CallReport | EndPause


def decide(command: BreakerCommand, state: Breaker) -> Sequence[BreakerEvent]:
    """The events that follow; none where the command changes nothing.

    While the breaker is open, failures of what is tried all the same (reductions, cancels) and answers change nothing.
    """
    match command:
        case Unanswered():
            return _failed(command, state)
        case Answered():
            return [BreakerClosed(command.service, command.at)] if state.mode is Mode.HALF_OPEN else []
        case EndPause():
            return [BreakerHalfOpened(command.service, command.at)] if state.is_due(command.at) else []


def _failed(report: Unanswered, state: Breaker) -> Sequence[BreakerEvent]:
    if state.mode is Mode.OPEN:
        return []
    counted = len(failures_at(state, report.at))
    failed = CallFailed(report.service, report.at, report.reason)
    if counted < FAILURES and state.mode is Mode.CLOSED:
        return [failed]
    return [failed, BreakerOpened(report.service, report.at, counted, report.reason)]
