"""Suspicions of manipulation: one row for each recorded episode.

`walls` is the evidence in order of withdrawal: each has price and size as text, multiple, distance, the times at which
it was placed and withdrawn as ISO text, away and score, as `domain.manipulation.WithdrawnWall` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.log import Recorded
from domain.manipulation import ManipulationSuspected, WithdrawnWall
from projections.columns import COUNT, FIGURE, JSON_TEXT, MOMENT, MONEY, TEXT
from projections.projection import Order, Projection, Rows
from projections.sentences import sentence
from projections.tables import TableSpec

TABLE = TableSpec(
    "manipulations",
    key=("ordinal",),
    columns={
        "account": TEXT,
        "instrument": TEXT,
        "episode": TEXT,
        "kind": TEXT,
        "side": TEXT,
        "score": FIGURE,
        "lowest": MONEY,
        "highest": MONEY,
        "first_at": MOMENT,
        "at": MOMENT,
        "update_id": COUNT,
        "walls": JSON_TEXT,
        "line": TEXT,
        "chain": TEXT,
        "stream": TEXT,
        "ordinal": COUNT,
    },
    indexes=(("instrument", "ordinal"),),
    is_added_to=True,
)


def _suspected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, ManipulationSuspected)
    rows.put(
        "manipulations",
        {
            "account": meta.account,
            "instrument": event.instrument,
            "episode": event.episode,
            "kind": event.kind.value,
            "side": event.side.value,
            "score": event.score,
            "lowest": event.lowest,
            "highest": event.highest,
            "first_at": event.first_at,
            "at": event.last_at,
            "update_id": event.update_id,
            "walls": [_wall(one) for one in event.walls],
            "line": sentence(event),
            "chain": meta.correlation_id,
            "stream": meta.stream,
            "ordinal": recorded.ordinal,
        },
    )


def _wall(one: WithdrawnWall) -> Mapping[str, Any]:
    return {
        "price": f"{one.price:f}",
        "size": f"{one.size:f}",
        "multiple": one.multiple,
        "distance": one.distance,
        "placed_at": one.placed_at.isoformat(),
        "withdrawn_at": one.withdrawn_at.isoformat(),
        "away": one.away,
        "score": one.score,
    }


MANIPULATIONS = Projection("manipulations", 1, Order.STREAM, (TABLE,), {ManipulationSuspected: _suspected})
