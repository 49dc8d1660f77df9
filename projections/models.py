"""Models and their scores: one row a registered model, one row a score of a signal, and the scored positions.

The figures of resolved scores are sums, so that a scrape or a query divides; see `projections/model_scores.py` for what
resolves a score. `sum_squares` is the sum of the squared distances of the confidence from the outcome. `judged` are the
resolved scores of entries that a champion judged, `let_through` those of them that its limits let through for this
model's score; `profit` and `champion_profit` are the sums of net returns of the latter and of all `judged`.
"""

from __future__ import annotations

from typing import Any

from domain.arithmetic import EXACT, ZERO
from domain.log import Meta, Recorded
from domain.model import DriftFound, ModelPromoted, ModelRegistered, ModelRetired, ModelRole
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade
from projections.columns import COUNT, FIGURE, FLAG, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Order, Projection, Row, Rows
from projections.score_limits import lets_through, limits_of
from projections.tables import TableSpec

MODELS_TABLE = TableSpec(
    "models",
    key=("account", "sha256"),
    columns={
        "account": TEXT,
        "sha256": TEXT,
        "name": TEXT,
        "role": optional(TEXT),
        "feature_set": TEXT,
        "data_from": MOMENT,
        "data_until": MOMENT,
        "labels": COUNT,
        "seed": COUNT,
        "metrics": JSON_TEXT,
        "registered_by": TEXT,
        "registered_at": MOMENT,
        "reason": TEXT,
        "passed_gate": optional(FLAG),
        "outcomes": JSON_TEXT,
        "drifts": JSON_TEXT,
        "resolved": COUNT,
        "gained": COUNT,
        "accurate": COUNT,
        "sum_confidence": FIGURE,
        "sum_squares": FIGURE,
        "sum_return": FIGURE,
        "judged": COUNT,
        "let_through": COUNT,
        "profit": FIGURE,
        "champion_profit": FIGURE,
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
)
SCORES_TABLE = TableSpec(
    "signal_scores",
    key=("account", "signal", "place"),
    columns={
        "account": TEXT,
        "signal": TEXT,
        "place": COUNT,
        "sha256": TEXT,
        "name": TEXT,
        "role": TEXT,
        "feature_set": TEXT,
        "values": JSON_TEXT,
        "outcome": TEXT,
        "detail": TEXT,
        "confidence": optional(FIGURE),
        "risk": optional(FIGURE),
        "expected_return": optional(FIGURE),
        "stands_on": JSON_TEXT,
        "reasons": JSON_TEXT,
        "let_through": optional(FLAG),
        "gained": optional(FLAG),
        "net_return": optional(FIGURE),
        "scored_at": MOMENT,
        "ordinal": COUNT,
    },
)
POSITIONS_TABLE = TableSpec(
    "scored_positions",
    key=("account", "stream"),
    columns={"account": TEXT, "stream": TEXT, "signal": TEXT, "cost": MONEY, "is_open": FLAG},
)
_CHAMPION = TableSpec("champions", key=("account",), columns={"account": TEXT, "sha256": TEXT})
_MOST_DRIFTS = 100
"""The latest drifts of a model that its row keeps; the journal has all."""


def _registered(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, ModelRegistered)
    rows.put(
        "models",
        {
            "account": meta.account,
            "sha256": event.sha256,
            "name": event.name,
            "role": None,
            "feature_set": event.feature_set,
            "data_from": event.data_from,
            "data_until": event.data_until,
            "labels": event.labels,
            "seed": event.seed,
            "metrics": dict(event.metrics),
            "registered_by": meta.actor,
            "registered_at": meta.occurred_at,
            "reason": event.reason,
            "passed_gate": event.passed_gate,
            "outcomes": {},
            "drifts": [],
            "resolved": 0,
            "gained": 0,
            "accurate": 0,
            "sum_confidence": 0.0,
            "sum_squares": 0.0,
            "sum_return": 0.0,
            "judged": 0,
            "let_through": 0,
            "profit": 0.0,
            "champion_profit": 0.0,
            "ordinal": recorded.ordinal,
            "updated_ordinal": recorded.ordinal,
        },
    )


def _promoted(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, ModelPromoted)
    if event.role is ModelRole.CHAMPION:
        champion = rows.find("champions", meta.account)
        if champion is not None and champion["sha256"]:
            _change(rows, recorded, champion["sha256"], role=None)
        rows.put("champions", {"account": meta.account, "sha256": event.sha256})
    else:
        _end_champion(rows, meta.account, event.sha256)
    _change(rows, recorded, event.sha256, role=event.role.value, reason=event.reason)


def _retired(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, ModelRetired)
    _end_champion(rows, meta.account, event.sha256)
    _change(rows, recorded, event.sha256, role=None, reason=event.reason)


def _end_champion(rows: Rows, account: str, sha256: str) -> None:
    """Where this model decides, none does any more."""
    champion = rows.find("champions", account)
    if champion is not None and champion["sha256"] == sha256:
        rows.put("champions", {"account": account, "sha256": ""})


def _drift(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, DriftFound)
    drift = {
        "subject": event.subject,
        "test": event.test,
        "statistic": event.statistic,
        "limit": event.limit,
        "count": event.count,
        "begin": event.begin.isoformat(),
        "end": event.end.isoformat(),
    }
    row = rows.get("models", meta.account, event.sha256)
    _change(rows, recorded, event.sha256, drifts=[*row["drifts"], drift][-_MOST_DRIFTS:])


def _scored(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, SignalScored)
    signal = meta.correlation_id
    rows.put(
        "signal_scores",
        {
            "account": meta.account,
            "signal": signal,
            "place": len(_scores(rows, meta.account, signal)),
            "sha256": event.model,
            "name": event.name,
            "role": event.role.value,
            "feature_set": event.feature_set,
            "values": list(event.values),
            "outcome": event.outcome.value,
            "detail": event.detail,
            "confidence": event.confidence,
            "risk": event.risk,
            "expected_return": event.expected_return,
            "stands_on": list(event.stands_on),
            "reasons": [
                {"feature": one.feature, "value": one.value, "effect": one.effect} for one in event.reasons
            ],
            "let_through": None,
            "gained": None,
            "net_return": None,
            "scored_at": meta.occurred_at,
            "ordinal": recorded.ordinal,
        },
    )
    row = rows.get("models", meta.account, event.model)
    outcomes = {**row["outcomes"], event.outcome.value: row["outcomes"].get(event.outcome.value, 0) + 1}
    _change(rows, recorded, event.model, outcomes=outcomes)


def _judged(rows: Rows, recorded: Recorded) -> None:
    """The limits of the champion's vote judge every score of the signal."""
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, DecisionMade)
    limits = limits_of(event)
    if limits is None:
        return
    for score in _scores(rows, meta.account, meta.correlation_id):
        if score["outcome"] == ScoreOutcome.OK:
            figures = score["confidence"], score["risk"], score["expected_return"]
            rows.put("signal_scores", {**score, "let_through": lets_through(*figures, limits)})


def _opened(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, PositionOpened)
    if not _scores(rows, meta.account, meta.correlation_id):
        return
    rows.put(
        "scored_positions",
        {
            "account": meta.account,
            "stream": meta.stream,
            "signal": meta.correlation_id,
            "cost": EXACT.multiply(event.quantity, event.price),
            "is_open": True,
        },
    )


def _increased(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, PositionIncreased)
    row = rows.find("scored_positions", meta.account, meta.stream)
    if row is not None:
        cost = EXACT.add(row["cost"], EXACT.multiply(event.quantity, event.price))
        rows.put("scored_positions", {**row, "cost": cost})


def _closed(rows: Rows, recorded: Recorded) -> None:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    assert isinstance(event, PositionClosed)
    held = rows.find("scored_positions", meta.account, meta.stream)
    if held is None:
        return
    rows.put("scored_positions", {**held, "is_open": False})
    share = float(EXACT.divide(event.net, held["cost"])) if held["cost"] else 0.0
    for score in _scores(rows, meta.account, held["signal"]):
        if score["outcome"] == ScoreOutcome.OK and score["gained"] is None:
            _resolve(rows, recorded, score, gained=event.net > ZERO, share=share)


def _resolve(rows: Rows, recorded: Recorded, score: Row, *, gained: bool, share: float) -> None:
    rows.put("signal_scores", {**score, "gained": gained, "net_return": share})
    row = rows.get("models", score["account"], score["sha256"])
    confidence: float = score["confidence"]
    through: bool | None = score["let_through"]
    judged = through is not None
    _change(
        rows,
        recorded,
        score["sha256"],
        resolved=row["resolved"] + 1,
        gained=row["gained"] + gained,
        accurate=row["accurate"] + ((confidence >= 0.5) == gained),
        sum_confidence=row["sum_confidence"] + confidence,
        sum_squares=row["sum_squares"] + (confidence - gained) ** 2,
        sum_return=row["sum_return"] + share,
        judged=row["judged"] + judged,
        let_through=row["let_through"] + (through is True),
        profit=row["profit"] + (share if through else 0.0),
        champion_profit=row["champion_profit"] + (share if judged else 0.0),
    )


def _scores(rows: Rows, account: str, signal: str) -> list[Row]:
    found: list[Row] = []
    while (row := rows.find("signal_scores", account, signal, len(found))) is not None:
        found.append(row)
    return found


def _change(rows: Rows, recorded: Recorded, sha256: str, **changes: Any) -> None:
    meta: Meta = recorded.envelope.meta
    row = rows.get("models", meta.account, sha256)
    rows.put("models", {**row, **changes, "updated_ordinal": recorded.ordinal})


MODELS = Projection(
    "models",
    2,
    Order.ACCOUNT,
    (MODELS_TABLE, SCORES_TABLE, POSITIONS_TABLE, _CHAMPION),
    {
        ModelRegistered: _registered,
        ModelPromoted: _promoted,
        ModelRetired: _retired,
        DriftFound: _drift,
        SignalScored: _scored,
        DecisionMade: _judged,
        PositionOpened: _opened,
        PositionIncreased: _increased,
        PositionClosed: _closed,
    },
)
