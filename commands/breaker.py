"""The commands of a circuit breaker: two reports of a call, and the end of an open breaker's pause.

Whoever calls the exchange makes the reports: the sender for orders, the run for queries and market data. The engine
takes them in like reports of orders (`commands/inputs.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from domain.breaker import (
    FAILURES,
    UNBROKEN,
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
from domain.errors import ExchangeError, ExchangeRefused


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


def unanswered(error: ExchangeError, service: Service, at: datetime) -> Sequence[CallReport]:
    """The report of the failed call to its circuit breaker; none for a structured refusal, which is an answer."""
    if isinstance(error, ExchangeRefused):
        return ()
    return [Unanswered(service=service, at=at, fact=_clock_fact(at), reason=str(error))]


def answered(breakers: Mapping[Service, Breaker], service: Service, at: datetime) -> Sequence[CallReport]:
    """The report of an answered call; none while the breaker is closed, because it would change nothing."""
    if breakers.get(service, UNBROKEN).mode is Mode.CLOSED:
        return ()
    return [Answered(service=service, at=at, fact=_clock_fact(at))]


def _clock_fact(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"


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
