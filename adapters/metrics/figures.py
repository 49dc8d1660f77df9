"""The numbers in the read models from which the metrics of the recorded history are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Measure(StrEnum):
    """The counts of events, by their names in the read model `counts`."""

    SIGNALS = "SIGNALS"
    DECISIONS = "DECISIONS"
    SKIPPED = "SKIPPED"
    ORDERS_PLACED = "ORDERS_PLACED"
    FILLS = "FILLS"
    POSITIONS_OPENED = "POSITIONS_OPENED"
    POSITIONS_CLOSED = "POSITIONS_CLOSED"
    MANAGED_MOVES = "MANAGED_MOVES"
    MANAGED_EXITS = "MANAGED_EXITS"


@dataclass(frozen=True, slots=True)
class Count:
    """The count of a measure; `label` is the verdict, reason, side, direction or rule that it is counted by."""

    measure: Measure
    account: str
    strategy: str
    instrument: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Profit:
    """The net profit of an account's closed positions of one strategy, in the account's currency."""

    account: str
    strategy: str
    currency: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class Trades:
    """The results of an account's closed positions; `loss` is the sum of the losses, zero or below."""

    account: str
    trades: int
    wins: int
    recent_trades: int
    recent_wins: int
    profit: Decimal
    loss: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An account's balance, equity and exposure in its currency; drawdowns are fractions of the highest equity.

    `equity` is None where it is unknown (see `projections/accounts.py`).
    """

    account: str
    currency: str
    balance: Decimal
    equity: Decimal | None
    exposure: Decimal
    open_positions: int
    drawdown: float
    max_drawdown: float
    tripped: bool


class PauseCause(StrEnum):
    """What paused entries: losing positions in a row, or a person."""

    LOSSES = "LOSSES"
    PERSON = "PERSON"


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause of entries that is in force; `strategy` is empty where it is the account's.

    `until` (UTC) is None where a person has to end it.
    """

    account: str
    strategy: str
    cause: PauseCause
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Suspected:
    """The recorded suspicions of manipulation of one kind in an instrument's book."""

    account: str
    instrument: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Levered:
    """The leverage in force of an instrument that ever had a request to change it."""

    account: str
    instrument: str
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class Progress:
    """The lag of a projection's live build (the build that serves queries) behind its log, and its parked events.

    `lag_seconds` is the time since this process first saw an event that the build lacks; 0 where none is missing.
    """

    projection: str
    lag_events: int
    lag_seconds: float
    parked_events: int
    parked_sequences: int


@dataclass(frozen=True, slots=True)
class HeldSettings:
    """How many changes of settings are held, and since when the oldest is (UTC); None where none is held."""

    account: str
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """All numbers, read from one state of the read models."""

    counts: Sequence[Count] = ()
    profits: Sequence[Profit] = ()
    trades: Sequence[Trades] = ()
    money: Sequence[Money] = ()
    pauses: Sequence[Paused] = ()
    leverages: Sequence[Levered] = ()
    held: Sequence[HeldSettings] = ()
    manipulations: Sequence[Suspected] = ()
    progress: Sequence[Progress] = ()


class Figures(Protocol):
    """The source of the numbers; called at each scrape, from any thread."""

    def __call__(self) -> History:
        """The current numbers. Raises StoreError or LogError where the store or the log does not answer."""
        ...
