"""The positions of a story and their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain import position
from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction
from domain.log import Recorded
from domain.position import (
    Open,
    PositionClosed,
    PositionEvent,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
    PositionState,
    ProtectionMoved,
)
from domain.streams import parse
from projections.exits import Exits, exit_name
from projections.mean import mean


class Level(NamedTuple):
    """Stop and target of a position from `at` on, in quote currency; None where it has none."""

    at: datetime
    stop: Decimal | None
    target: Decimal | None


class ExplainedPosition(NamedTuple):
    """One position.

    `quantity` (base currency) and `entry` (average price, rounded to twelve decimals) are of all its entries; `exit` is
    the mean price of its exits. `gross`, `fees`, `funding` and `net` are in the account's currency; of an open position
    they are realised so far. `closed_at`, `exit` and `reason` are None or empty while it is open. `levels` are its
    stops and targets, in order of time.
    """

    account: str
    position_id: str
    instrument: str
    direction: Direction
    quantity: Decimal
    entry: Decimal
    exit: Decimal | None
    opened_at: datetime
    closed_at: datetime | None
    reason: str
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    levels: Sequence[Level]


def positions_of(events: Iterable[Recorded]) -> Sequence[ExplainedPosition]:
    """One for each position of these events that has its opening among them, in the order of their openings."""
    streams: dict[str, list[Recorded]] = {}
    for recorded in events:
        if isinstance(recorded.envelope.event, PositionEvent):
            streams.setdefault(recorded.envelope.meta.stream, []).append(recorded)
    return [_position(own) for own in streams.values() if isinstance(own[0].envelope.event, PositionOpened)]


def _position(own: Sequence[Recorded]) -> ExplainedPosition:
    state: PositionState = position.FLAT
    held: Open | None = None
    close_reason: str | None = None
    quantity, cost, levels, exits = ZERO, ZERO, list[Level](), Exits()
    for recorded in own:
        event, at = recorded.envelope.event, recorded.envelope.meta.occurred_at
        assert isinstance(event, PositionEvent)
        state = position.evolve(state, event)
        if isinstance(state, Open):
            held = state
            close_reason = None if state.closing is None else state.closing.reason.value
        if isinstance(event, PositionOpened | PositionIncreased):
            quantity, cost = EXACT.add(quantity, event.quantity), EXACT.add(cost, event.cost)
        if isinstance(event, PositionReduced):
            exits = exits.then(event.quantity, event.price)
        if isinstance(event, PositionOpened | ProtectionMoved):
            levels.append(Level(at, event.stop, event.target))
    assert held is not None
    last, meta = own[-1].envelope, own[0].envelope.meta
    closed = last.event if isinstance(last.event, PositionClosed) else None
    sums = held if closed is None else closed
    return ExplainedPosition(
        account=meta.account,
        position_id=parse(meta.stream).id,
        instrument=held.instrument,
        direction=held.direction,
        quantity=quantity,
        entry=mean(EXACT.divide(cost, quantity)),
        exit=None if closed is None else exits.mean(closed.quantity, closed.price),
        opened_at=meta.occurred_at,
        closed_at=None if closed is None else last.meta.occurred_at,
        reason="" if closed is None else exit_name(closed.reason.value, close_reason),
        gross=sums.gross,
        fees=sums.fees,
        funding=sums.funding,
        net=EXACT.add(EXACT.subtract(sums.gross, sums.fees), sums.funding),
        levels=levels,
    )
