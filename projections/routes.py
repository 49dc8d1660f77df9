"""Routes: one row for each signal that was routed to another engine, open or over.

The table belongs to the projection of signals, because a route has the owner and the proposed instrument of its signal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.log import Recorded
from domain.routed import RouteEnded, RouteReported, RouteState, SignalRouted, is_open_after
from domain.strategies import Intent
from domain.streams import parse
from projections.columns import COUNT, FLAG, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Fold, Row, Rows
from projections.tables import TableSpec

ROUTES = TableSpec(
    "routes",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "chain": TEXT,
        "owner": TEXT,
        "proposed": TEXT,
        "instrument": TEXT,
        "direction": TEXT,
        "intent": TEXT,
        "price": MONEY,
        "stop": MONEY,
        "target": MONEY,
        "state": TEXT,
        "is_open": FLAG,
        "signal": TEXT,
        "reasons": JSON_TEXT,
        "end_reason": optional(TEXT),
        "ended_by": optional(TEXT),
        "routed_at": MOMENT,
        "reported_at": optional(MOMENT),
        "ended_at": optional(MOMENT),
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
    indexes=(("ordinal",), ("is_open", "ordinal"), ("chain",)),
)
"""`signal` and `reasons` are those of the last report, empty before the first. `end_reason` and `ended_by` are of the
person who has ended the route. `routed_at` is that of the route, or of its opening again after a person has ended it,
as in `domain.routed.OpenRoute`. `ended_at` is when the route was over; it is NULL while `is_open`.
"""


def _routed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalRouted)
    signal = rows.get("signals", meta.account, parse(meta.stream).id)
    row: Row = {
        "account": meta.account,
        "id": signal["id"],
        "chain": meta.correlation_id,
        "owner": signal["strategy"],
        "proposed": signal["instrument"],
        "instrument": event.instrument,
        "direction": event.direction.value,
        "intent": event.intent.value,
        "price": event.price,
        "stop": event.stop,
        "target": event.target,
        "state": RouteState.UNANSWERED.value,
        "is_open": True,
        "signal": "",
        "reasons": [],
        "end_reason": None,
        "ended_by": None,
        "routed_at": meta.recorded_at,
        "reported_at": None,
        "ended_at": None,
        "ordinal": recorded.ordinal,
        "updated_ordinal": recorded.ordinal,
    }
    rows.put("routes", row)


def _reported(rows: Rows, recorded: Recorded) -> None:
    """A route that a person has ended is open again where the other engine has taken it."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, RouteReported)
    row = rows.get("routes", meta.account, parse(meta.stream).id)
    is_open = is_open_after(event.outcome, Intent(row["intent"]))
    report = {
        "state": RouteState(event.outcome.value).value,
        "is_open": is_open,
        "signal": event.signal,
        "reasons": list(event.reasons),
        "end_reason": None,
        "ended_by": None,
        "routed_at": meta.recorded_at if is_open and not row["is_open"] else row["routed_at"],
        "reported_at": meta.recorded_at,
        "ended_at": None if is_open else meta.recorded_at,
    }
    _put(rows, row, report, recorded)


def _ended(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, RouteEnded)
    row = rows.get("routes", meta.account, parse(meta.stream).id)
    end = {
        "state": RouteState.ENDED_BY_PERSON.value,
        "is_open": False,
        "end_reason": event.reason,
        "ended_by": meta.actor,
        "ended_at": meta.recorded_at,
    }
    _put(rows, row, end, recorded)


def _put(rows: Rows, row: Mapping[str, Any], changed: Mapping[str, Any], recorded: Recorded) -> None:
    rows.put("routes", {**row, **changed, "updated_ordinal": recorded.ordinal})


FOLDS: Mapping[type, Fold] = {SignalRouted: _routed, RouteReported: _reported, RouteEnded: _ended}
