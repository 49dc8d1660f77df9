"""Every event class by its noun: the one list that schemas and codecs use.

An event's full name is `whence.<noun>.<class>`, its schema the file `schemas/<noun>/<class>.avsc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from domain.account import AccountEvent, BalanceChanged, KillSwitchTripped
from domain.breaker import BreakerEvent
from domain.held import SettingsHeld
from domain.instrument import InstrumentEvent, InstrumentListed, InstrumentRulesChanged
from domain.leverage.change import LeverageEvent
from domain.managed import PositionManaged
from domain.manipulation import ManipulationSuspected
from domain.mark import AccountMarked
from domain.model import ModelEvent, ModelRegistered
from domain.moving import LogMoved
from domain.opening import LogOpened
from domain.order import OrderEvent
from domain.pause import PauseEvent
from domain.position import PositionClosing, PositionEvent
from domain.reconciliation import ReconciliationEvent
from domain.regime import RegimeChanged
from domain.settings import SettingsChanged, SettingsEvent
from domain.signal import DecisionMade, ReversalDecided, SignalDetected, SignalEvent

Event = (
    LogOpened
    | LogMoved
    | SignalEvent
    | OrderEvent
    | PositionEvent
    | AccountEvent
    | AccountMarked
    | RegimeChanged
    | ManipulationSuspected
    | LeverageEvent
    | InstrumentEvent
    | SettingsEvent
    | ReconciliationEvent
    | BreakerEvent
    | PauseEvent
    | ModelEvent
)

NOUNS: Mapping[str, tuple[type, ...]] = {
    "log": (LogOpened, LogMoved),
    "signal": get_args(SignalEvent),
    "order": get_args(OrderEvent),
    "position": get_args(PositionEvent),
    "account": get_args(AccountEvent),
    "mark": (AccountMarked,),
    "regime": (RegimeChanged,),
    "manipulation": (ManipulationSuspected,),
    "leverage": get_args(LeverageEvent),
    "instrument": get_args(InstrumentEvent),
    "settings": get_args(SettingsEvent),
    "reconciliation": get_args(ReconciliationEvent),
    "breaker": get_args(BreakerEvent),
    "pause": get_args(PauseEvent),
    "model": get_args(ModelEvent),
}

FULL_NAMES: Mapping[type, str] = {
    event: f"whence.{noun}.{event.__name__}" for noun, events in NOUNS.items() for event in events
}

BY_FULL_NAME: Mapping[str, type] = {name: event for event, name in FULL_NAMES.items()}

SCHEMA_VERSIONS: Mapping[type, int] = {
    DecisionMade: 4,
    InstrumentListed: 2,
    InstrumentRulesChanged: 2,
    PositionClosing: 3,
    PositionManaged: 2,
    BalanceChanged: 2,
    KillSwitchTripped: 2,
    LogOpened: 3,
    ModelRegistered: 2,
    ReversalDecided: 2,
    SettingsChanged: 15,
    SettingsHeld: 2,
    SignalDetected: 4,
}
"""The version of each event's schema where it is not 1; each version has its file in `schemas/`."""


def schema_version(event: type) -> int:
    """The version of the schema that an event of this class is written with, counted from 1."""
    return SCHEMA_VERSIONS.get(event, 1)
