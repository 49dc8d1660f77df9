"""Whose a position is that opens now: the owner of the entry that was filled, as `domain.portfolio` folds it.

The facts stand in several streams. The signal names the strategy instance or the scanner, an entry order is of a
signal's chain or of a person, and a person's entry that grows a position belongs to the owner of that.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.direction import Direction, towards
from domain.log import Meta, Recorded
from domain.order import OrderCancelled, OrderDenied, OrderExpired, OrderPlaced, OrderRejected
from domain.owner import PERSON
from domain.position import PositionOpened
from domain.signal import DecisionMade, SignalDetected, Verdict
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
"""By `kind`: who raised the signal of a chain (SIGNAL), who owns a chain that enters (CHAIN), and who an entry order
(ENTRY; empty where it has ended); who owns what is held of an instrument in a direction (HELD; `name` is both, `owner`
is empty where nothing is held)."""


def opener(rows: Rows, meta: Meta, event: PositionOpened) -> str:
    """The owner of the position that this event opens."""
    entry = _found(rows, meta, _ENTRY, event.order_id)
    return entry or _found(rows, meta, _CHAIN, meta.correlation_id) or PERSON


def hold(rows: Rows, meta: Meta, instrument: str, direction: str, owner: str) -> None:
    """What is held of the instrument belongs to this owner from here on; to nobody where it is empty."""
    name = f"{instrument}-{direction}"
    if _found(rows, meta, _HELD, name) != owner:
        _put(rows, meta, _HELD, name, owner)


def _detected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalDetected)
    _put(rows, meta, _SIGNAL, meta.correlation_id, event.strategy)


def _decided(rows: Rows, recorded: Recorded) -> None:
    """A signal that was skipped owns nothing."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DecisionMade)
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
    """A fill that comes after the end belongs to the chain."""
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
    OrderPlaced: _placed,
    **dict.fromkeys((OrderCancelled, OrderDenied, OrderExpired, OrderRejected), _ended),
}
"""What happens before a position is opened."""
