"""What goes into the engine. Time enters with it: `at` is when what follows is recorded (UTC).

The order of inputs decides everything: the same inputs give the same log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from commands.exchange import AnyReport
from commands.identity import ENGINE
from commands.request import Requested
from commands.routes import Command
from commands.stimulus import Ask, Stimulus
from domain.market import MarketEvent
from domain.settings import Settings


class MarketMoved(Struct, frozen=True):
    """Market events of one instant; candles are closed ones, at most one an instrument."""

    at: datetime
    events: tuple[MarketEvent, ...]


class Reported(Struct, frozen=True):
    """What the exchange reported, in its order."""

    at: datetime
    reports: tuple[AnyReport, ...]


class RequestMade(Struct, frozen=True):
    """A request from outside; `now` is the wall clock, by which the request is valid or not."""

    at: datetime
    now: datetime
    requested: Requested


class Tick(Struct, frozen=True):
    """Time has passed."""

    at: datetime


class Started(Struct, frozen=True):
    """Trading begins, or goes on after a stop, with what is configured now."""

    at: datetime
    configured: Settings


Input = MarketMoved | Reported | RequestMade | Tick | Started | Stimulus
"""A `Stimulus` as an input holds commands of the system itself, as the opening of a log does."""


def opening(log_id: UUID, commands: Sequence[Command], at: datetime) -> Stimulus:
    """What opens an empty log of this id: these commands as one unit, recorded at `at`."""
    cause = f"command:open-{log_id}"
    asks = (Ask(command=command, cause=cause, occurred_at=at, actor=ENGINE) for command in commands)
    return Stimulus(at, tuple(asks))
