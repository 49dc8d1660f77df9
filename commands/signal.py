"""The commands of a signal: one records the signal, the other its decision. Repeating them changes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from domain.errors import InvalidInput, Refused
from domain.grid import MOST_LEVELS, MOST_ROUNDS, MOST_SECONDS, Grid, GridEnd
from domain.instrument import check_instrument_id, check_positive
from domain.routed import RouteEnded, RouteOutcome, RouteReported, SignalRouted
from domain.scored import SignalScored
from domain.signal import (
    Decided,
    DecisionMade,
    Detected,
    GridEnded,
    ReversalDecided,
    Series,
    SeriesEnded,
    SignalDetected,
    SignalEvent,
    SignalState,
    Undetected,
    Verdict,
)
from domain.strategies import Intent


class RaiseSignal(Struct, frozen=True, gc=False):
    """Records a signal of a strategy or of an external scanner."""

    signal_id: str
    signal: SignalDetected


class RecordScores(Struct, frozen=True, gc=False):
    """Records what the models in force returned for the signal."""

    signal_id: str
    scores: tuple[SignalScored, ...]


class RecordDecision(Struct, frozen=True, gc=False):
    """Records the decision of both committees on the signal."""

    signal_id: str
    decision: DecisionMade


class RecordReversal(Struct, frozen=True, gc=False):
    """Records what becomes of the entry of a decision to REVERSE."""

    signal_id: str
    reversal: ReversalDecided


class EndSeries(Struct, frozen=True, gc=False):
    """Records a series of entries that has ended; see `commands/series.py`."""

    signal_id: str
    series: SeriesEnded


class EndGrid(Struct, frozen=True, gc=False):
    """Ends the grid that was entered for the signal."""

    signal_id: str
    reason: GridEnd


class RouteSignal(Struct, frozen=True, gc=False):
    """Leaves the decided signal to another engine; see `domain/routed.py`."""

    signal_id: str
    routed: SignalRouted


class ReportRoute(Struct, frozen=True, gc=False):
    """Records what the other engine has reported on a routed signal."""

    signal_id: str
    report: RouteReported


class EndRoute(Struct, frozen=True, gc=False):
    """Ends the route, because a person states that the other engine holds nothing of it."""

    signal_id: str
    reason: str


SignalCommand = (
    RaiseSignal
    | RecordScores
    | RecordDecision
    | RecordReversal
    | EndSeries
    | EndGrid
    | RouteSignal
    | ReportRoute
    | EndRoute
)


def decide(command: SignalCommand, state: SignalState) -> Sequence[SignalEvent]:
    """The events that follow; none if the signal, or its decision, is already recorded.

    Raises InvalidInput for a signal with impossible figures, Refused for a decision without a signal, and for the
    second leg of a signal that was not decided to reverse, for the end of a grid that was not entered, for the route of
    a signal that is not decided, and for a report on a signal, or the end of the route of one, that was not routed.
    """
    match command:
        case RaiseSignal():
            if not isinstance(state, Undetected):
                return []
            check_signal(command.signal)
            return [command.signal]
        case RecordScores():
            return command.scores if isinstance(state, Detected) and not state.scores else []
        case RecordDecision():
            return _record(command, state)
        case RecordReversal():
            return _record_reversal(command, state)
        case EndSeries():
            return [command.series] if isinstance(state, Undetected) else []
        case EndGrid():
            return _end_grid(command, state)
        case RouteSignal() | ReportRoute() | EndRoute():
            return _of_route(command, state)


def _record(command: RecordDecision, state: SignalState) -> Sequence[SignalEvent]:
    if isinstance(state, Undetected | Series):
        raise Refused(f"signal {command.signal_id} was never detected: there is nothing to decide")
    return [] if isinstance(state, Decided) else [command.decision]


def _record_reversal(command: RecordReversal, state: SignalState) -> Sequence[SignalEvent]:
    if not isinstance(state, Decided) or state.decision.verdict is not Verdict.REVERSE:
        raise Refused(f"signal {command.signal_id} was not decided to reverse: it has no second leg")
    return [command.reversal] if state.reversal is None else []


def _end_grid(command: EndGrid, state: SignalState) -> Sequence[SignalEvent]:
    if not isinstance(state, Decided) or not state.has_grid:
        raise Refused(f"signal {command.signal_id} has entered no grid: there is nothing to end")
    return [GridEnded(command.reason)] if state.grid_end is None else []


def _of_route(command: RouteSignal | ReportRoute | EndRoute, state: SignalState) -> Sequence[SignalEvent]:
    match command:
        case RouteSignal():
            return _route(command, state)
        case ReportRoute():
            return _report(command, state)
        case EndRoute():
            return _end_route(command, state)


def _route(command: RouteSignal, state: SignalState) -> Sequence[SignalEvent]:
    if not isinstance(state, Decided):
        raise Refused(f"signal {command.signal_id} is not decided: it cannot be routed to another engine")
    return [command.routed] if state.routed is None else []


def _report(command: ReportRoute, state: SignalState) -> Sequence[SignalEvent]:
    if not isinstance(state, Decided) or state.routed is None:
        raise Refused(f"signal {command.signal_id} was not routed: no other engine can report on it")
    report, is_first = command.report, state.reported is None
    is_taken = report.outcome is RouteOutcome.TAKEN
    if state.route_end is not None:
        # The other engine knows better than the person what it has entered: the route is open again.
        return [report] if is_first and is_taken else []
    return [report] if state.has_open_route and (is_first or not is_taken) else []


def _end_route(command: EndRoute, state: SignalState) -> Sequence[SignalEvent]:
    if not isinstance(state, Decided) or state.routed is None:
        raise Refused(f"signal {command.signal_id} was not routed: it has no route to end")
    return [RouteEnded(command.reason)] if state.has_open_route else []


def check_signal(signal: SignalDetected) -> None:
    """Raises InvalidInput unless every figure is finite, confidence in 0..1, trend in -1..1, prices positive.

    A grid needs an intent to ENTER, 1 to 10 levels with positive prices, and rounds and a lifetime within their bounds.
    """
    check_instrument_id(signal.instrument)
    named = f"of the signal of {signal.strategy} on {signal.instrument}"
    if signal.interval_seconds < 1:
        raise InvalidInput(
            f"the interval {named} is {signal.interval_seconds} s; it must be at least 1 second"
        )
    if not 0 <= signal.confidence <= 1:
        raise InvalidInput(f"the confidence {named} is {signal.confidence}; it must be in 0 … 1")
    if not -1 <= signal.trend <= 1:
        raise InvalidInput(f"the trend {named} is {signal.trend}; it must be in -1 … 1")
    for name, price in (("price", signal.price), ("stop", signal.stop), ("target", signal.target)):
        check_positive(f"the {name} {named},", price)
    for name, figure in signal.inputs.items():
        if not math.isfinite(figure):
            raise InvalidInput(f"the input {name} {named} is {figure}; it must be finite")
    if signal.grid is not None:
        _check_grid(signal.grid, signal.intent, named)


def _check_grid(grid: Grid, intent: Intent, named: str) -> None:
    if intent is not Intent.ENTER:
        raise InvalidInput(f"the grid {named} is of a signal to {intent}: only a signal to ENTER has levels")
    for name, count, most in (
        ("the number of levels", len(grid.levels), MOST_LEVELS),
        ("the number of rounds", grid.rounds, MOST_ROUNDS),
        ("the lifetime in seconds", grid.lifetime_seconds, MOST_SECONDS),
    ):
        if not 1 <= count <= most:
            raise InvalidInput(f"{name} of the grid {named} is {count}; it must be in 1 … {most}")
    for number, level in enumerate(grid.levels, 1):
        check_positive(f"the price of level {number} {named},", level.price)
        check_positive(f"the target of level {number} {named},", level.target)
