"""An addition: an entry that increases its strategy's own position, and the loss of the whole position at its stop."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, FLOOR, ZERO, distance
from domain.entry import Entry
from domain.known_intent import known_intent
from domain.portfolio import OpenPosition, Portfolio
from domain.position import Open, net_at, notional
from domain.signal import SignalIntent
from domain.strategies import Intent

ADDITION = "ADDITION"
"""The first reason of a decision that adds to a position."""


def addition_to(entry: Entry, portfolio: Portfolio) -> OpenPosition | None:
    """The position that the entry adds to; None where it is no REINFORCE, or its owner adds nothing.

    A position of a grid is increased by the orders of its grid alone, by whose levels it was sized.
    """
    signal = entry.origin
    if signal is None or signal.intent is not Intent.ENTER or entry.instrument in portfolio.grids:
        return None
    if not portfolio.settings.settings.intents_of(entry.owner).additions:
        return None
    if known_intent(signal, entry.owner, portfolio) is not SignalIntent.REINFORCE:
        return None
    return portfolio.positions[entry.instrument]


def loss_at(held: Open, stop: Decimal, taker_fee: Decimal) -> Decimal:
    """The loss of the whole position if it is closed at `stop`, after its fees and funding; negative for a profit.

    In quote currency, as `PositionClosed` would state it: what was realised of the position counts, too. The close pays
    the taker fee.
    """
    fee = EXACT.multiply(taker_fee, notional(held.quantity, stop))
    return EXACT.minus(net_at(held, stop, fee))


def loss_of_unit(entry: Decimal, stop: Decimal, taker_fee: Decimal) -> Decimal:
    """The loss of one unit between these prices, with taker fees in and out: |entry - stop| + fee·(entry + stop)."""
    return EXACT.add(distance(entry, stop), EXACT.multiply(taker_fee, EXACT.add(entry, stop)))


def room(held: Open, entry: Decimal, stop: Decimal, taker_fee: Decimal, limit: Decimal) -> Decimal:
    """The largest quantity that can be added at `entry` while the whole position loses at most `limit` at `stop`.

    In base currency, not rounded to the lot; 0 where the position alone loses as much.
    """
    left = EXACT.subtract(limit, loss_at(held, stop, taker_fee))
    return FLOOR.divide(max(left, ZERO), loss_of_unit(entry, stop, taker_fee))
