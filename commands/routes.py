"""The table of commands: the stream and the decider of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from commands import (
    account,
    breaker,
    exchange,
    instrument,
    leverage,
    manipulation,
    mark,
    model,
    opening,
    order,
    pause,
    position,
    reconciliation,
    regime,
    settings,
    signal,
)
from domain import streams
from domain.events import Event
from domain.log import LOG_STREAM

Command = (
    opening.OpenLog
    | signal.SignalCommand
    | order.OrderCommand
    | position.PositionCommand
    | account.AccountCommand
    | mark.MarkAccount
    | regime.ChangeRegime
    | manipulation.RecordManipulation
    | leverage.LeverageCommand
    | settings.SettingsCommand
    | instrument.InstrumentCommand
    | reconciliation.ReconciliationCommand
    | breaker.BreakerCommand
    | pause.PauseCommand
    | model.ModelCommand
)

Stream = Callable[[str, Any], str]
Decider = Callable[[Any, Any], Sequence[Event]]


class Route(Struct, frozen=True):
    """The route of a command: `stream(account, command)` is its stream, `decide(command, state)` returns its events."""

    stream: Stream
    decide: Decider


def _log(_account: str, _command: Any) -> str:
    return LOG_STREAM


def _signal(account_name: str, command: Any) -> str:
    return streams.signal_stream(account_name, command.signal_id)


def _order(account_name: str, command: Any) -> str:
    return streams.order_stream(account_name, command.order_id)


def _position(_account: str, command: Any) -> str:
    stream: str = command.stream
    return stream


def _account(account_name: str, _command: Any) -> str:
    return streams.account_stream(account_name)


def _mark(account_name: str, _command: Any) -> str:
    return streams.mark_stream(account_name)


def _regime(account_name: str, command: Any) -> str:
    return streams.regime_stream(account_name, command.change.instrument)


def _manipulation(account_name: str, command: Any) -> str:
    return streams.manipulation_stream(account_name, command.suspected.instrument)


def _leverage_change(account_name: str, command: Any) -> str:
    return streams.leverage_stream(account_name, command.change.instrument)


def _leverage(account_name: str, command: Any) -> str:
    return streams.leverage_stream(account_name, command.instrument)


def _settings(account_name: str, _command: Any) -> str:
    return streams.settings_stream(account_name)


def _instruments(account_name: str, _command: Any) -> str:
    return streams.instruments_stream(account_name)


def _reconciliation(account_name: str, _command: Any) -> str:
    return streams.reconciliation_stream(account_name)


def _breaker(account_name: str, command: Any) -> str:
    return streams.breaker_stream(account_name, command.service)


def _pause(account_name: str, command: Any) -> str:
    return streams.pause_stream(account_name, command.owner)


def _model(account_name: str, command: Any) -> str:
    return streams.model_stream(account_name, command.name)


ROUTES: Mapping[type, Route] = {
    opening.OpenLog: Route(_log, opening.decide),
    signal.RaiseSignal: Route(_signal, signal.decide),
    signal.RecordScores: Route(_signal, signal.decide),
    signal.RecordDecision: Route(_signal, signal.decide),
    signal.RecordReversal: Route(_signal, signal.decide),
    signal.EndSeries: Route(_signal, signal.decide),
    signal.EndGrid: Route(_signal, signal.decide),
    signal.RouteSignal: Route(_signal, signal.decide),
    signal.ReportRoute: Route(_signal, signal.decide),
    signal.EndRoute: Route(_signal, signal.decide),
    order.PlaceOrder: Route(_order, order.decide),
    order.CancelOrder: Route(_order, order.decide),
    order.AmendOrder: Route(_order, order.decide),
    order.DenyOrder: Route(_order, order.decide),
    exchange.Submitted: Route(_order, order.decide_report),
    exchange.Accepted: Route(_order, order.decide_report),
    exchange.Triggered: Route(_order, order.decide_report),
    exchange.Filled: Route(_order, order.decide_report),
    exchange.Cancelled: Route(_order, order.decide_report),
    exchange.CancelRefused: Route(_order, order.decide_report),
    exchange.Amended: Route(_order, order.decide_report),
    exchange.AmendRefused: Route(_order, order.decide_report),
    exchange.Rejected: Route(_order, order.decide_report),
    exchange.Expired: Route(_order, order.decide_report),
    exchange.OutcomeUnclear: Route(_order, order.decide_report),
    exchange.NotSent: Route(_order, order.decide_report),
    position.ApplyFill: Route(_position, position.decide),
    position.ApplyFunding: Route(_position, position.decide),
    position.MoveProtection: Route(_position, position.decide),
    position.ReportOrphan: Route(_position, position.decide),
    position.ManagePosition: Route(_position, position.decide),
    position.BeginClose: Route(_position, position.decide),
    position.FailClose: Route(_position, position.decide),
    position.RetryClose: Route(_position, position.decide),
    position.WithdrawClose: Route(_position, position.decide),
    account.OpenAccount: Route(_account, account.decide),
    account.ReserveFunds: Route(_account, account.decide),
    account.ReleaseFunds: Route(_account, account.decide),
    account.SettleBalance: Route(_account, account.decide),
    account.TurnDay: Route(_account, account.decide),
    account.TripKillSwitch: Route(_account, account.decide),
    account.ResetKillSwitch: Route(_account, account.decide),
    account.ForgetPersonalKey: Route(_account, account.decide),
    mark.MarkAccount: Route(_mark, mark.decide),
    regime.ChangeRegime: Route(_regime, regime.decide),
    manipulation.RecordManipulation: Route(_manipulation, manipulation.decide),
    leverage.RequestLeverage: Route(_leverage_change, leverage.decide),
    leverage.LeverageSet: Route(_leverage, leverage.decide),
    leverage.LeverageRefused: Route(_leverage, leverage.decide),
    leverage.LeverageUnclear: Route(_leverage, leverage.decide),
    settings.ChangeSettings: Route(_settings, settings.decide),
    settings.HoldSettings: Route(_settings, settings.decide),
    instrument.ListInstrument: Route(_instruments, instrument.decide),
    reconciliation.RecordDiscrepancy: Route(_reconciliation, reconciliation.decide),
    reconciliation.ResolveDiscrepancy: Route(_reconciliation, reconciliation.decide),
    reconciliation.EndDiscrepancy: Route(_reconciliation, reconciliation.decide),
    reconciliation.BeginReconciliation: Route(_reconciliation, reconciliation.decide),
    reconciliation.EndReconciliation: Route(_reconciliation, reconciliation.decide),
    breaker.Unanswered: Route(_breaker, breaker.decide),
    breaker.Answered: Route(_breaker, breaker.decide),
    breaker.EndPause: Route(_breaker, breaker.decide),
    pause.BeginPause: Route(_pause, pause.decide),
    pause.EndLossPause: Route(_pause, pause.decide),
    pause.ResumeEntries: Route(_pause, pause.decide),
    model.RegisterModel: Route(_model, model.decide),
    model.PutInRole: Route(_model, model.decide),
    model.TakeOutOfForce: Route(_model, model.decide),
    model.RecordDrift: Route(_model, model.decide),
}
