"""Since when a position that no stop covers has been bare, as far as its log proves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.world import World
from domain.direction import exit_side
from domain.log import LogReader
from domain.order import Closed, OrderAccepted, OrderPlaced, OrderType, Working
from domain.portfolio import OpenPosition
from domain.streams import order_stream, parse


def bare_since(held: OpenPosition, world: World, log: LogReader) -> datetime:
    """When the last event of a stop that had worked for the position was recorded; its opening where none had (UTC).

    Of the log it reads the streams of the stops that were placed after the position's entry order. The position must
    not be covered now.
    """
    ends = (_last_recorded(log, stream) for stream in _stops(held, world))
    return max([held.opened_at, *(end for end in ends if end is not None)])


def _stops(held: OpenPosition, world: World) -> Iterator[str]:
    """Without those of an entry that has no fill: they have not worked for the position yet."""
    account = parse(held.stream).account
    entry = order_stream(account, held.entry_order)
    for stream, state in world.states.latest(Working, Closed):
        if stream == entry:
            return
        if _may_close(held, state.terms) and _is_active(state.terms, account, world):
            yield stream


def _may_close(held: OpenPosition, terms: OrderPlaced) -> bool:
    return (terms.type, terms.instrument, terms.side) == (
        OrderType.STOP,
        held.state.instrument,
        exit_side(held.state.direction),
    )


def _is_active(terms: OrderPlaced, account: str, world: World) -> bool:
    if terms.parent is None:
        return True
    entry = world.state(order_stream(account, terms.parent))
    return isinstance(entry, Working | Closed) and bool(entry.filled)


def _last_recorded(log: LogReader, stream: str) -> datetime | None:
    """None for a stop that the exchange has never accepted."""
    events = list(log.read_stream(stream))
    if not any(isinstance(one.event, OrderAccepted) for one in events):
        return None
    return events[-1].meta.recorded_at
