"""The owner of a position that opens is the owner of the entry order that was filled (rules as in `domain.portfolio`).

The owner follows from several streams. The signal names the strategy instance or the scanner. An entry order belongs
to the owner of its chain's signal; without a signal it belongs to a person. But if a person's entry order increases an
open position, it belongs to that position's owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.direction import Direction, towards
from domain.log import Meta, Recorded
from domain.order import OrderCancelled, OrderDenied, OrderExpired, OrderPlaced, OrderRejected
from domain.owner import PERSON
from domain.position import PositionOpened
from domain.signal import DecisionMade, ReversalDecided, SignalDetected, Verdict
from domain.streams import parse
from projections.columns import TEXT
from projections.projection import Fold, Rows
from projections.tables import TableSpec

_SIGNAL, _CHAIN, _ENTRY, _HELD = "SIGNAL", "CHAIN", "ENTRY", "HELD"

OWNERS = TableSpec(
    "position_owners",
    key=("account", "kind", "name"),
    columns={"account": TEXT, "kind": TEXT, "name": TEXT, "owner": TEXT},
)
"""What `owner` is, by `kind`. SIGNAL: the strategy or scanner of a chain's signal. CHAIN: the owner of a chain whose
decision, or whose reversal's second leg, is ENTER. ENTRY: the owner of an entry order, empty after the order's end.
HELD: the owner of the open position in an instrument and a direction (`name` joins both), empty where none is open."""


def opener(rows: Rows, meta: Meta, event: PositionOpened) -> str:
    """The owner of the position that this event opens."""
    entry = _found(rows, meta, _ENTRY, event.order_id)
    return entry or _found(rows, meta, _CHAIN, meta.correlation_id) or PERSON


def hold(rows: Rows, meta: Meta, instrument: str, direction: str, owner: str) -> None:
    """Sets the owner of the open position in this instrument and direction; an empty owner means that none is open."""
    name = f"{instrument}-{direction}"
    if _found(rows, meta, _HELD, name) != owner:
        _put(rows, meta, _HELD, name, owner)


def _detected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalDetected)
    _put(rows, meta, _SIGNAL, meta.correlation_id, event.strategy)


def _decided(rows: Rows, recorded: Recorded) -> None:
    """Gives the chain an owner only if the decision, or the second leg of a reversal, is ENTER."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DecisionMade | ReversalDecided)
    if event.verdict is Verdict.ENTER:
        _put(rows, meta, _CHAIN, meta.correlation_id, _found(rows, meta, _SIGNAL, meta.correlation_id))


def _placed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderPlaced)
    if event.reduce_only:
        return
    grown = _held(rows, meta, event.instrument, towards(event.side))
    owner = _found(rows, meta, _CHAIN, meta.correlation_id) or grown or PERSON
    _put(rows, meta, _ENTRY, parse(meta.stream).id, owner)


def _ended(rows: Rows, recorded: Recorded) -> None:
    """Clears the order's owner: a fill after the order's end belongs to the owner of the chain."""
    meta = recorded.envelope.meta
    if _found(rows, meta, _ENTRY, parse(meta.stream).id):
        _put(rows, meta, _ENTRY, parse(meta.stream).id, "")


def _held(rows: Rows, meta: Meta, instrument: str, direction: Direction) -> str:
    return _found(rows, meta, _HELD, f"{instrument}-{direction.value}")


def _found(rows: Rows, meta: Meta, kind: str, name: str) -> str:
    row = rows.find("position_owners", meta.account, kind, name)
    return "" if row is None else row["owner"]


def _put(rows: Rows, meta: Meta, kind: str, name: str, owner: str) -> None:
    rows.put("position_owners", {"account": meta.account, "kind": kind, "name": name, "owner": owner})


FOLDS: Mapping[type, Fold] = {
    SignalDetected: _detected,
    DecisionMade: _decided,
    ReversalDecided: _decided,
    OrderPlaced: _placed,
    **dict.fromkeys((OrderCancelled, OrderDenied, OrderExpired, OrderRejected), _ended),
}
"""The folds that record owners of signals, chains and entry orders, before a position opens."""
