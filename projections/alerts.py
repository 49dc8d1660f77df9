"""Alerts: the events that a person should be notified of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from domain.account import KillSwitchReset, KillSwitchTripped
from domain.breaker import BreakerClosed, BreakerOpened
from domain.direction import Purpose
from domain.leverage.change import LeverageChangeRefused, LeverageChangeUnclear
from domain.log import Recorded
from domain.manipulation import ManipulationSuspected
from domain.model import DriftFound, ModelRetired
from domain.order import (
    OrderAmendRefused,
    OrderCancelRefused,
    OrderDenied,
    OrderExpired,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
)
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import PositionCloseFailed, PositionOrphaned
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.routed import RouteEnded, RouteOutcome, RouteReported
from domain.signal import DecisionMade
from projections.columns import COUNT, MOMENT, TEXT
from projections.projection import Order, Projection, Row, Rows
from projections.sentences import plain, sentence
from projections.severity import Severity
from projections.tables import TableSpec

TABLE = TableSpec(
    "alerts",
    key=("ordinal",),
    columns={
        "account": TEXT,
        "severity": TEXT,
        "kind": TEXT,
        "line": TEXT,
        "stream": TEXT,
        "chain": TEXT,
        "at": MOMENT,
        "ordinal": COUNT,
    },
    indexes=(("severity", "ordinal"), ("chain",)),
)


class _Alert(NamedTuple):
    severity: Severity
    kind: str
    calls_for: Callable[[Any], bool] = lambda _: True
    line: Callable[[Any], str] = sentence


def _liquidates(event: OrderPlaced) -> bool:
    return event.purpose is Purpose.LIQUIDATION


def _by_a_rule(event: ModelRetired) -> bool:
    """A person who retires a model knows of it."""
    return bool(event.rule)


def _daily_loss(event: DecisionMade) -> bool:
    return "DAILY_LOSS_LIMIT" in event.reasons


def _figures(event: DecisionMade, member: str) -> Mapping[str, str]:
    return next((vote.figures for vote in event.votes if vote.member == member), _NO_FIGURES)


_NO_FIGURES: Mapping[str, str] = {}


def _is_not_scored(event: DecisionMade) -> bool:
    """The third entry in a row without a score of the deciding model calls for a person, and every tenth after it."""
    in_a_row = int(_figures(event, "model").get("in_a_row", "0"))
    return in_a_row == _FAILED_OFTEN or (in_a_row > 0 and in_a_row % 10 == 0)


def _keeps_failing(event: PositionCloseFailed) -> bool:
    """The third failed attempt calls for a person, and every tenth after it."""
    return event.attempt == _FAILED_OFTEN or event.attempt % 10 == 0


_FAILED_OFTEN = 3


def _is_refusal(event: RouteReported) -> bool:
    return event.outcome is RouteOutcome.REFUSED


def _line_of_refusal(event: RouteReported) -> str:
    where = f" (signal {event.signal} there)" if event.signal else ""
    why = ", ".join(event.reasons) or "no reason given"
    return f"another engine has refused a routed signal{where}, and it is carried out nowhere: {why}"


_ALERTS: Mapping[type, _Alert] = {
    KillSwitchTripped: _Alert(Severity.CRITICAL, "KILL_SWITCH_TRIPPED"),
    KillSwitchReset: _Alert(Severity.INFO, "KILL_SWITCH_RESET"),
    DiscrepancyFound: _Alert(Severity.CRITICAL, "DISCREPANCY_FOUND"),
    DiscrepancyResolved: _Alert(Severity.INFO, "DISCREPANCY_RESOLVED"),
    OrderOverfilled: _Alert(Severity.CRITICAL, "OVERFILLED"),
    OrderOutcomeUnknown: _Alert(Severity.CRITICAL, "OUTCOME_UNKNOWN"),
    OrderPlaced: _Alert(Severity.CRITICAL, "LIQUIDATION", _liquidates),
    OrderRejected: _Alert(Severity.WARNING, "ORDER_REJECTED"),
    OrderDenied: _Alert(Severity.WARNING, "ORDER_DENIED"),
    OrderExpired: _Alert(Severity.WARNING, "ORDER_EXPIRED"),
    OrderCancelRefused: _Alert(Severity.WARNING, "CANCEL_REFUSED"),
    OrderAmendRefused: _Alert(Severity.WARNING, "AMEND_REFUSED"),
    PositionOrphaned: _Alert(Severity.WARNING, "POSITION_ORPHANED"),
    BreakerOpened: _Alert(Severity.CRITICAL, "CIRCUIT_BREAKER_OPENED"),
    BreakerClosed: _Alert(Severity.INFO, "CIRCUIT_BREAKER_CLOSED"),
    PositionCloseFailed: _Alert(Severity.CRITICAL, "CLOSE_FAILS", _keeps_failing),
    EntriesPaused: _Alert(Severity.WARNING, "ENTRIES_PAUSED"),
    EntriesResumed: _Alert(Severity.INFO, "ENTRIES_RESUMED"),
    ManipulationSuspected: _Alert(Severity.WARNING, "MANIPULATION_SUSPECTED"),
    LeverageChangeRefused: _Alert(Severity.WARNING, "LEVERAGE_REFUSED"),
    LeverageChangeUnclear: _Alert(Severity.WARNING, "LEVERAGE_UNCLEAR"),
    DriftFound: _Alert(Severity.WARNING, "DRIFT_FOUND"),
    ModelRetired: _Alert(Severity.WARNING, "MODEL_RETIRED", _by_a_rule),
    RouteReported: _Alert(Severity.WARNING, "ROUTE_REFUSED", _is_refusal, _line_of_refusal),
    RouteEnded: _Alert(Severity.INFO, "ROUTE_ENDED_BY_PERSON"),
}


def _raised(rows: Rows, recorded: Recorded) -> None:
    row = alert_of(recorded)
    if row is not None:
        rows.put("alerts", row)


def _line_of_loss(event: DecisionMade) -> str:
    """The figures of the daily loss, which the event's sentence does not have."""
    figures = _figures(event, "daily_loss")
    if not figures.keys() >= _FIGURES:
        return sentence(event)
    return _DAILY_LOSS.format_map({name: rounded(figures[name]) for name in _FIGURES})


_FIGURES = {"limit", "day_balance", "balance"}
_PLACES = ((Decimal(100), 2), (Decimal(1), 4), (Decimal(0), 8))
"""The places of an amount in a sentence, by its least size. The event has every digit."""


def rounded(figure: str) -> str:
    """An amount of a vote's figures with the places of a sentence."""
    amount = Decimal(figure)
    return plain(round(amount, next(places for least, places in _PLACES if abs(amount) >= least)))


_DAILY_LOSS = (
    "the day's loss has reached its limit of {limit}: the balance went from {day_balance} to {balance}; entries are "
    "skipped until the day ends"
)


def _line_of_scores(event: DecisionMade) -> str:
    return _NOT_SCORED.format_map(_figures(event, "model"))


_NOT_SCORED = (
    "the deciding model {model} has not scored {in_a_row} entries in a row, the last one {outcome} ({detail}); each "
    "was skipped, and so is every entry that it does not score"
)
_OF_DECISIONS = (
    _Alert(Severity.WARNING, "DAILY_LOSS", _daily_loss, _line_of_loss),
    _Alert(Severity.WARNING, "ENTRIES_NOT_SCORED", _is_not_scored, _line_of_scores),
)
"""The alerts of a decision; the first one that calls for a person is raised."""

RAISED: Sequence[tuple[type, Severity, str]] = (
    *((event, one.severity, one.kind) for event, one in _ALERTS.items()),
    *((DecisionMade, one.severity, one.kind) for one in _OF_DECISIONS),
)
"""Every alert: the event that raises it, its severity and its kind."""


def _alerts_of(event: object) -> Sequence[_Alert]:
    if isinstance(event, DecisionMade):
        return _OF_DECISIONS
    found = _ALERTS.get(type(event))
    return () if found is None else (found,)


def alert_of(recorded: Recorded) -> Row | None:
    """The row of the alert that the event raises; None for an event that raises none."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    alert = next((one for one in _alerts_of(event) if one.calls_for(event)), None)
    if alert is None:
        return None
    return {
        "account": meta.account,
        "severity": alert.severity.value,
        "kind": alert.kind,
        "line": alert.line(event),
        "stream": meta.stream,
        "chain": meta.correlation_id,
        "at": meta.occurred_at,
        "ordinal": recorded.ordinal,
    }


ALERTS = Projection("alerts", 10, Order.STREAM, (TABLE,), dict.fromkeys((*_ALERTS, DecisionMade), _raised))
