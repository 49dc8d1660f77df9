"""The stops of an open position: which of them work at the exchange, how much they cover, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from commands.bracket import renewed
from commands.order import PlaceOrder
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction, Purpose, exit_side
from domain.order import RESTING, OrderStatus, OrderType, Unplaced, Working, leaves
from domain.portfolio import OpenPosition, Portfolio
from domain.position import Open
from domain.signal import Decided
from domain.streams import order_stream, signal_stream

StateOf = Callable[[str], object]
"""The state of a stream."""


def stops(held: OpenPosition, portfolio: Portfolio) -> Iterator[Working]:
    """The stops that rest at the exchange; one with an unknown outcome may not be there."""
    return filter(_rests, not_ended(held, portfolio))


def targets(held: OpenPosition, portfolio: Portfolio) -> Iterator[Working]:
    """The targets that rest at the exchange."""
    aimed = (one for one in reducing(held, portfolio) if one.terms.purpose is Purpose.TARGET)
    return filter(_rests, aimed)


def unconfirmed(held: OpenPosition, portfolio: Portfolio) -> Iterator[Working]:
    """The stops that have not ended, and of which it is not known whether they rest at the exchange."""
    return (one for one in not_ended(held, portfolio) if not _rests(one))


def covered(held: OpenPosition, portfolio: Portfolio) -> Decimal:
    """The quantity that these stops cover, in base currency; it may be more than is held."""
    return total(leaves(one) for one in stops(held, portfolio))


def is_covered(held: OpenPosition, portfolio: Portfolio) -> bool:
    """Whether these stops cover all that is held."""
    return covered(held, portfolio) >= held.state.quantity


def not_ended(held: OpenPosition, portfolio: Portfolio) -> Sequence[Working]:
    """The stops that have not ended, whether the exchange has answered or not."""
    return tuple(one for one in reducing(held, portfolio) if one.terms.type is OrderType.STOP)


def reducing(held: OpenPosition, portfolio: Portfolio) -> Iterator[Working]:
    """The working orders that may reduce the position.

    Without the stop and target of an entry that has not filled: Bybit activates them with its fill.
    """
    for one in portfolio.exits.values():
        terms = one.terms
        if (
            terms.instrument == held.state.instrument
            and terms.side is exit_side(held.state.direction)
            and not _waits(terms.parent, portfolio)
        ):
            yield one


def is_beyond(price: Decimal, state: Open) -> bool:
    """Whether the price is at or beyond the position's stop, which must have a price."""
    assert state.stop is not None
    return price <= state.stop if state.direction is Direction.LONG else price >= state.stop


def missing(
    held: OpenPosition,
    chain: str,
    portfolio: Portfolio,
    account: str,
    state_of: StateOf,
    fresh_until: datetime,
) -> Sequence[PlaceOrder]:
    """The stop of what no stop covers, and the target where none works.

    The stop also covers what the position's entries may still fill, where they have no stop of their own. An order
    whose cancel was requested covers nothing, because it ends at any moment. The ids are `<chain>-s2` and `<chain>-t2`,
    or the next number of which neither was placed; those of a grid's levels are left out.
    """
    number = _last_number(state_of(signal_stream(account, chain))) + 1
    while any(is_placed(order_stream(account, f"{chain}-{leg}{number}"), state_of) for leg in "st"):
        number += 1
    working = total(leaves(one) for one in not_ended(held, portfolio) if _stays(one))
    bare = EXACT.subtract(EXACT.add(held.state.quantity, _awaited(held, portfolio)), working)
    has_target = any(one.terms.purpose is Purpose.TARGET and _stays(one) for one in reducing(held, portfolio))
    rules = portfolio.instruments[held.state.instrument]
    aimed = ZERO if has_target else held.state.quantity
    return renewed(chain, number, held.state, rules, max(bare, ZERO), aimed, fresh_until)


def _last_number(signal: object) -> int:
    """The greatest number of an entry in the signal's chain."""
    grid = signal.signal.grid if isinstance(signal, Decided) else None
    return 1 if grid is None else grid.last_number


def _stays(one: Working) -> bool:
    return one.status is not OrderStatus.CANCEL_REQUESTED


def _rests(one: Working) -> bool:
    return one.status is not OrderStatus.OUTCOME_UNKNOWN and one.restored in RESTING


def _waits(entry_id: str | None, portfolio: Portfolio) -> bool:
    entry = None if entry_id is None else portfolio.entries.get(entry_id)
    return entry is not None and not entry.order.filled


def _awaited(held: OpenPosition, portfolio: Portfolio) -> Decimal:
    """What entries without a working stop of their own may still add to the position."""
    own = {one.terms.parent for one in portfolio.exits.values() if one.terms.purpose is Purpose.STOP}
    return total(
        leaves(entry.order)
        for order_id, entry in portfolio.entries.items()
        if entry.instrument == held.state.instrument
        and entry.direction is held.state.direction
        and order_id not in own
    )


def is_placed(stream: str, state_of: StateOf) -> bool:
    """Whether the order of this stream was ever placed."""
    return not isinstance(state_of(stream), Unplaced)
