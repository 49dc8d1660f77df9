"""What the metrics of the recorded history are made of: plain numbers, as the read models have them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Measure(StrEnum):
    """What is counted; spelled as the read model `counts` spells it."""

    SIGNALS = "SIGNALS"
    DECISIONS = "DECISIONS"
    SKIPPED = "SKIPPED"
    ORDERS_PLACED = "ORDERS_PLACED"
    FILLS = "FILLS"
    POSITIONS_OPENED = "POSITIONS_OPENED"
    POSITIONS_CLOSED = "POSITIONS_CLOSED"


@dataclass(frozen=True, slots=True)
class Count:
    """How often it happened; `label` is the verdict, reason, side or direction that the measure goes by."""

    measure: Measure
    account: str
    strategy: str
    instrument: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Profit:
    """What an account's closed positions of one strategy brought, net, in its currency."""

    account: str
    strategy: str
    currency: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class Trades:
    """How an account's closed positions went; `loss` is the sum of the lost ones, zero or below."""

    account: str
    trades: int
    wins: int
    recent_trades: int
    recent_wins: int
    profit: Decimal
    loss: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An account's money and what it is exposed to, in its currency; drawdowns are fractions of the peak."""

    account: str
    currency: str
    balance: Decimal
    exposure: Decimal
    open_positions: int
    drawdown: float
    max_drawdown: float
    tripped: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection's live build is behind its log, and what it has parked.

    `lag_seconds` is for how long this process has seen an event that is missing; 0 where none is.
    """

    projection: str
    lag_events: int
    lag_seconds: float
    parked_events: int
    parked_sequences: int


@dataclass(frozen=True, slots=True)
class History:
    """All of it, of one moment."""

    counts: Sequence[Count] = ()
    profits: Sequence[Profit] = ()
    trades: Sequence[Trades] = ()
    money: Sequence[Money] = ()
    progress: Sequence[Progress] = ()


class Figures(Protocol):
    """Where the numbers come from; asked at each scrape, from whichever thread scrapes."""

    def __call__(self) -> History:
        """The numbers now. Raises StoreError where the read models do not answer, LogError where their log does not."""
        ...
