"""What the price of a position may do without any rule acting on it, so that recorded candles can be passed over.

Each rule names the price from which on it may act: one in the position's favour, and one against it. It may name a
price at which it does nothing, and never leaves out one at which it acts, whenever that is: pauses between two moves,
and requests under way, only postpone an action. What a rule compares is unchanged until the log has another event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ONE, ZERO, total
from domain.instrument import fitted, round_down, round_up
from domain.management.break_even import break_even_price
from domain.management.partial_closes import levels_done
from domain.management.reading import Reading
from domain.management.settings import partial_levels, trailing_levels
from domain.management.stops import tightened

_FLOORED = Decimal("1e-8")
"""Profits are rounded down to a multiple of it."""
_WIDENED = Decimal("1e-9")
"""The share of the average entry by which prices are nearer, so that no rounding of a quotient matters."""


class Idle(Struct, frozen=True, gc=False):
    """No rule acts at a price above `below` and below `above` (quote currency) before `until` (UTC).

    None is no such price, or no such time.
    """

    below: Decimal | None
    above: Decimal | None
    until: datetime | None


def idle(reading: Reading) -> Idle | None:
    """When no rule acts on the position; its price, time and signs are not read. None where each candle may lead to an
    action, as with the signs of a reversal.
    """
    settings = reading.settings
    if settings.reversal_signs:
        return None
    gains = [price for rule in _IN_FAVOUR for price in rule(reading)]
    losses = [price for rule in _AGAINST for price in rule(reading)]
    limit = settings.time_limit_seconds
    until = reading.opened_at + timedelta(seconds=limit) if limit else None
    margin = EXACT.multiply(reading.state.average_price, _WIDENED)
    high, low = (gains, losses) if reading.is_long else (losses, gains)
    return Idle(
        below=EXACT.add(max(low), margin) if low else None,
        above=EXACT.subtract(min(high), margin) if high else None,
        until=until,
    )


Prices = Callable[[Reading], Iterator[Decimal]]
"""The prices from which on a rule may act: the least favourable one for gains, the most favourable one for losses."""


def _largest_loss(reading: Reading) -> Iterator[Decimal]:
    if limit := reading.settings.largest_loss:
        yield _at_profit(reading, EXACT.subtract(_FLOORED, limit))


def _early_loss(reading: Reading) -> Iterator[Decimal]:
    if limit := reading.settings.early_loss:
        yield _at_net(reading, EXACT.subtract(_FLOORED, limit))


def _early_profit(reading: Reading) -> Iterator[Decimal]:
    if limit := reading.settings.early_profit:
        yield _at_net(reading, limit)


def _partial_close(reading: Reading) -> Iterator[Decimal]:
    levels = partial_levels(reading.settings.partial_closes)
    yield from (_at_profit(reading, one.profit) for one in levels[levels_done(reading, levels) :][:1])


def _break_even(reading: Reading) -> Iterator[Decimal]:
    at, stop = reading.settings.break_even_at, reading.state.stop
    if not at or stop is None:
        return
    level = break_even_price(reading)
    if level <= 0:
        return
    found = fitted(level, reading.rules.tick, round_up if reading.is_long else round_down)
    if tightened(reading, stop, found) >= reading.rules.tick:
        yield _at_profit(reading, at)


def _trailing_stop(reading: Reading) -> Iterator[Decimal]:
    """At the price p the stop moves to p (1 - distance) of a long, which has to be tighter than the resting stop by a
    tick and by `minimum_step` of p.
    """
    stop = reading.state.stop
    if stop is None:
        return
    behind = EXACT.subtract if reading.is_long else EXACT.add
    farthest = max if reading.is_long else min
    moved = (
        EXACT.add(stop, reading.rules.tick) if reading.is_long else EXACT.subtract(stop, reading.rules.tick)
    )
    for level in trailing_levels(reading.settings.trailing_levels):
        share = behind(ONE, level.distance)
        least = behind(share, reading.settings.minimum_step)
        if least > 0:
            yield farthest(
                _at_profit(reading, level.profit), EXACT.divide(moved, share), EXACT.divide(stop, least)
            )


def _trailing_target(reading: Reading) -> Iterator[Decimal]:
    settings, target = reading.settings, reading.state.target
    if not settings.target_step or target is None:
        return
    step = EXACT.multiply(reading.state.average_price, settings.target_step)
    near = EXACT.subtract(target, step) if reading.is_long else EXACT.add(target, step)
    yield (max if reading.is_long else min)(near, _at_profit(reading, settings.target_activation))


_IN_FAVOUR: Sequence[Prices] = (_early_profit, _partial_close, _break_even, _trailing_stop, _trailing_target)
_AGAINST: Sequence[Prices] = (_largest_loss, _early_loss)


def _at_profit(reading: Reading, profit: Decimal) -> Decimal:
    """The price (quote currency) at which the profit, not rounded, is this fraction of the average entry."""
    entry = reading.state.average_price
    return EXACT.multiply(entry, (EXACT.add if reading.is_long else EXACT.subtract)(ONE, profit))


def _at_net(reading: Reading, net: Decimal) -> Decimal:
    """The price (quote currency) of a close whose net, not rounded, is this fraction of the cost of all entries.

    Solves `net_share` (`domain/management/profit.py`) for the price.
    """
    state, fee = reading.state, reading.rules.taker_fee
    paid = total((state.fees, EXACT.minus(state.gross), EXACT.minus(state.funding)))
    needed = EXACT.add(EXACT.multiply(net, state.spent), paid)
    if reading.is_long:
        return EXACT.divide(
            EXACT.add(state.cost, needed), EXACT.multiply(state.quantity, EXACT.subtract(ONE, fee))
        )
    left = EXACT.subtract(state.cost, needed)
    return max(ZERO, EXACT.divide(left, EXACT.multiply(state.quantity, EXACT.add(ONE, fee))))
