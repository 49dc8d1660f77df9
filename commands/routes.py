"""Every command there is: the stream it speaks to, and the decider that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from msgspec import Struct

from commands import account, instrument, opening, order, position, reconciliation, settings, signal
from domain import streams
from domain.events import Event
from domain.log import LOG_STREAM

Command = (
    opening.OpenLog
    | signal.SignalCommand
    | order.OrderCommand
    | position.PositionCommand
    | account.AccountCommand
    | settings.SettingsCommand
    | instrument.InstrumentCommand
    | reconciliation.ReconciliationCommand
)


class Route(Struct, frozen=True):
    """Where a command goes: `stream(account, command)` names the stream, `decide(command, state)` answers."""

    stream: Callable[[str, Any], str]
    decide: Callable[[Any, Any], Sequence[Event]]


_ROUTES: tuple[tuple[Any, Route], ...] = (
    (opening.OpenLog, Route(lambda _account, _command: LOG_STREAM, opening.decide)),
    (
        signal.SignalCommand,
        Route(lambda account, command: streams.signal_stream(account, command.signal_id), signal.decide),
    ),
    (
        order.OrderCommand,
        Route(lambda account, command: streams.order_stream(account, command.order_id), order.decide),
    ),
    (position.PositionCommand, Route(lambda _account, command: command.stream, position.decide)),
    (
        account.AccountCommand,
        Route(lambda account, _command: streams.account_stream(account), account.decide),
    ),
    (
        settings.SettingsCommand,
        Route(lambda account, _command: streams.settings_stream(account), settings.decide),
    ),
    (
        instrument.InstrumentCommand,
        Route(lambda account, _command: streams.instruments_stream(account), instrument.decide),
    ),
    (
        reconciliation.ReconciliationCommand,
        Route(lambda account, _command: streams.reconciliation_stream(account), reconciliation.decide),
    ),
)


def _members(commands: Any) -> Sequence[type]:
    members: tuple[type, ...] = get_args(commands) or (commands,)
    return members


ROUTES: Mapping[type, Route] = {
    command: route for commands, route in _ROUTES for command in _members(commands)
}
