"""Weights in force: one row for each account, with the rows of its weights.

Each of `weights` has strategy, instrument and regime (`*` for every one), the weight as text, and since when it has
been in force: the time, id and ordinal of the event of the settings, and their version. A change of the settings that
leaves a row and the scale as they were leaves these, too. `scales` is what the weights scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.log import Recorded
from domain.settings import SettingsChanged
from projections.columns import COUNT, JSON_TEXT, MOMENT, TEXT
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "weights",
    key=("account",),
    columns={
        "account": TEXT,
        "scales": TEXT,
        "weights": JSON_TEXT,
        "updated_at": MOMENT,
        "ordinal": COUNT,
    },
)


def _changed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SettingsChanged)
    before, settings = rows.find("weights", meta.account), event.settings.weights
    scales, known = settings.scales.value, dict[tuple[str, ...], Mapping[str, Any]]()
    if before is not None and before["scales"] == scales:
        known = {_key(one): one for one in before["weights"]}
    since = {
        "since": meta.occurred_at.isoformat(),
        "event": str(meta.event_id),
        "event_ordinal": recorded.ordinal,
        "version": event.version,
    }
    weights: list[Mapping[str, Any]] = []
    for one in settings.table:
        weight = {
            "strategy": one.strategy,
            "instrument": one.instrument,
            "regime": one.regime,
            "weight": f"{one.weight:f}",
        }
        weights.append(known.get(_key(weight), weight | since))
    if before is None or (before["scales"], before["weights"]) != (scales, weights):
        row = Row(account=meta.account, scales=scales, weights=weights)
        rows.put("weights", {**row, "updated_at": meta.occurred_at, "ordinal": recorded.ordinal})


def _key(weight: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(weight[name]) for name in ("strategy", "instrument", "regime", "weight"))


_FOLDS: Mapping[type, Fold] = {SettingsChanged: _changed}

WEIGHTS = Projection("weights", 1, Order.ACCOUNT, (TABLE,), _FOLDS)
