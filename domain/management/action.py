"""The actions of the manager, and what a rule returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.closing import CloseReason
from domain.managed import Rule
from domain.management.reading import Reading


class MoveStop(Struct, frozen=True, gc=False):
    """The resting stop is moved to this price (quote currency)."""

    stop: Decimal


class MoveTarget(Struct, frozen=True, gc=False):
    """The resting target is moved to this price (quote currency)."""

    target: Decimal


class Reduce(Struct, frozen=True, gc=False):
    """`quantity` (base currency) is closed at the market, with which so many `levels` of partial closes are done."""

    quantity: Decimal
    levels: int


class Close(Struct, frozen=True, gc=False):
    """The whole position is closed at the market, for this reason."""

    reason: CloseReason


Action = MoveStop | MoveTarget | Reduce | Close


class Finding(Struct, frozen=True, gc=False):
    """What a rule does, and the figures that it compared, by name: text, in plain notation."""

    rule: Rule
    action: Action
    figures: Mapping[str, str]


Judge = Callable[[Reading], Finding | None]
"""A rule: what it does about a position as it was read; None where it does nothing."""
