"""Signals: what the strategies detected, the decision on each, and the routes to other engines."""

from __future__ import annotations

from typing import Any

from domain.grid import Grid
from domain.log import Recorded
from domain.signal import DecisionMade, GridEnded, ReversalDecided, SignalDetected
from domain.streams import parse
from projections.columns import COUNT, FIGURE, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Order, Projection, Rows
from projections.routes import FOLDS, ROUTES
from projections.sentences import plain
from projections.tables import TableSpec

DETECTED, DECIDED = "DETECTED", "DECIDED"

TABLE = TableSpec(
    "signals",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "chain": TEXT,
        "strategy": TEXT,
        "instrument": TEXT,
        "interval_seconds": COUNT,
        "candle_closed_at": MOMENT,
        "direction": TEXT,
        "intent": TEXT,
        "confidence": FIGURE,
        "trend": FIGURE,
        "price": MONEY,
        "stop": MONEY,
        "target": MONEY,
        "inputs": JSON_TEXT,
        "grid": optional(JSON_TEXT),
        "grid_end": optional(TEXT),
        "status": TEXT,
        "verdict": optional(TEXT),
        "reasons": optional(JSON_TEXT),
        "actor": TEXT,
        "detected_at": MOMENT,
        "decided_at": optional(MOMENT),
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
    indexes=(("ordinal",), ("chain",), ("instrument", "ordinal"), ("verdict", "ordinal")),
)


def _detected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalDetected)
    row = {
        "account": meta.account,
        "id": parse(meta.stream).id,
        "chain": meta.correlation_id,
        "strategy": event.strategy,
        "instrument": event.instrument,
        "interval_seconds": event.interval_seconds,
        "candle_closed_at": event.candle_closed_at,
        "direction": event.direction.value,
        "intent": event.intent.value,
        "confidence": event.confidence,
        "trend": event.trend,
        "price": event.price,
        "stop": event.stop,
        "target": event.target,
        "inputs": dict(event.inputs),
        "grid": None if event.grid is None else _grid(event.grid),
        "grid_end": None,
        "status": DETECTED,
        "verdict": None,
        "reasons": None,
        "actor": meta.actor,
        "detected_at": meta.occurred_at,
        "decided_at": None,
        "ordinal": recorded.ordinal,
        "updated_ordinal": recorded.ordinal,
    }
    rows.put("signals", row)


def _grid(grid: Grid) -> dict[str, Any]:
    """The grid with its prices as text, which JSON keeps to the last digit."""
    return {
        "levels": [{"price": plain(one.price), "target": plain(one.target)} for one in grid.levels],
        "rounds": grid.rounds,
        "lifetime_seconds": grid.lifetime_seconds,
    }


def _grid_ended(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, GridEnded)
    row = rows.get("signals", meta.account, parse(meta.stream).id)
    rows.put("signals", {**row, "grid_end": event.reason.value, "updated_ordinal": recorded.ordinal})


def _decided(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DecisionMade)
    row = rows.get("signals", meta.account, parse(meta.stream).id)
    decision = {
        "status": DECIDED,
        "verdict": event.verdict.value,
        "reasons": list(event.reasons),
        "decided_at": meta.occurred_at,
        "updated_ordinal": recorded.ordinal,
    }
    rows.put("signals", {**row, **decision})


def _second_leg(rows: Rows, recorded: Recorded) -> None:
    """Adds the reasons of a REVERSE's second leg; the verdict stays."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, ReversalDecided)
    row = rows.get("signals", meta.account, parse(meta.stream).id)
    reasons = list(dict.fromkeys((*row["reasons"], *event.reasons)))
    rows.put("signals", {**row, "reasons": reasons, "updated_ordinal": recorded.ordinal})


SIGNALS = Projection(
    "signals",
    5,
    Order.STREAM,
    (TABLE, ROUTES),
    {
        SignalDetected: _detected,
        DecisionMade: _decided,
        ReversalDecided: _second_leg,
        GridEnded: _grid_ended,
        **FOLDS,
    },
)
