"""The inputs of the engine. Each has a time: `at` is when the events that follow are recorded (UTC).

The same inputs in the same order give the same log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from commands.breaker import CallReport
from commands.exchange import AnyReport
from commands.identity import ENGINE
from commands.leverage import LeverageReport
from commands.request import Requested
from commands.routes import Command
from commands.stimulus import Ask, Stimulus
from domain.candle import Candle
from domain.market import MarketEvent
from domain.settings import Settings


class MarketMoved(Struct, frozen=True):
    """Market events of one instant; candles are closed. At most one candle and one reading are of one instrument."""

    at: datetime
    events: tuple[MarketEvent, ...]


class Reported(Struct, frozen=True):
    """Reports of the exchange, in its order, of calls to it, and of requests for another leverage."""

    at: datetime
    reports: tuple[AnyReport | CallReport | LeverageReport, ...]


class RequestMade(Struct, frozen=True):
    """A request from outside; `now` is the wall clock, which decides whether the request is still valid."""

    at: datetime
    now: datetime
    requested: Requested


class Tick(Struct, frozen=True):
    """Time has passed, and nothing else happened."""

    at: datetime


class Started(Struct, frozen=True):
    """Trading begins, or continues after a stop, with the current configuration."""

    at: datetime
    configured: Settings


class Warmed(Struct, frozen=True):
    """Closed candles of the past, in order for each instrument: strategies read them, and no signal follows."""

    at: datetime
    candles: tuple[Candle, ...]


class Relisted(Struct, frozen=True):
    """The market shows that other rules are in force for some instruments; each ask lists one of them."""

    at: datetime
    asks: tuple[Ask, ...]


Input = MarketMoved | Reported | RequestMade | Tick | Started | Relisted | Warmed | Stimulus
"""A `Stimulus` as an input holds commands of the system itself, such as the opening of a log."""


def opening(log_id: UUID, commands: Sequence[Command], at: datetime) -> Stimulus:
    """The stimulus that opens an empty log with this id: these commands as one unit, recorded at `at`."""
    cause = f"command:open-{log_id}"
    asks = (Ask(command=command, cause=cause, occurred_at=at, actor=ENGINE) for command in commands)
    return Stimulus(at, tuple(asks))
