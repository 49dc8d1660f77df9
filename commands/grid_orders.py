"""The orders of one level of a grid: a resting limit entry, its stop and its target.

The stop is at the price that all levels share. Each level brings its part of it, so that at every moment the stops at
the exchange cover what is held, without a request that follows the position.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from commands.account import ReserveFunds
from commands.bracket import bracket
from commands.order import PlaceOrder
from domain.committees.plan import part_of
from domain.direction import Purpose, entry_side
from domain.grid import on_ticks
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType
from domain.signal import DecisionMade, SignalDetected
from domain.sizing.size import leverage_of, margin_required

LevelCommand = ReserveFunds | PlaceOrder


class Levels(Struct, frozen=True, gc=False):
    """Stop and target of one level, in quote currency."""

    stop: Decimal
    target: Decimal | None


def grid_orders(
    chain: str,
    signal: SignalDetected,
    decision: DecisionMade,
    rules: Instrument,
    leverage: Decimal,
    fresh_until: datetime,
) -> Sequence[LevelCommand]:
    """The first entry of every level, from the nearest to the outermost, each with its stop and target."""
    assert signal.grid is not None
    grid = on_ticks(signal.grid, signal.direction, rules.tick)
    return [
        command
        for number, level in enumerate(grid.levels, 1)
        for command in level_orders(
            chain,
            number,
            _entry(signal, level.price, part_of(decision.quantity, grid), fresh_until),
            rules,
            leverage,
            Levels(decision.stop, level.target),
        )
    ]


def level_orders(
    chain: str, number: int, entry: OrderPlaced, rules: Instrument, leverage: Decimal, levels: Levels
) -> Sequence[LevelCommand]:
    """Reserves the margin of the entry `<chain>-e<number>` and places it with its stop and target.

    `leverage` is the one in force for the instrument.
    """
    entry_id = f"{chain}-e{number}"
    assert entry.limit_price is not None
    margin = margin_required(rules, entry.quantity, entry.limit_price, leverage_of(rules, leverage))
    return [
        ReserveFunds(entry_id, margin),
        PlaceOrder(entry_id, entry, rules),
        *bracket(chain, entry_id, entry, rules, levels.stop, levels.target, number),
    ]


def _entry(signal: SignalDetected, price: Decimal, quantity: Decimal, fresh_until: datetime) -> OrderPlaced:
    return OrderPlaced(
        instrument=signal.instrument,
        side=entry_side(signal.direction),
        type=OrderType.LIMIT,
        quantity=quantity,
        limit_price=price,
        trigger_price=None,
        reduce_only=False,
        purpose=Purpose.ENTRY,
        parent=None,
        fresh_until=fresh_until,
    )
