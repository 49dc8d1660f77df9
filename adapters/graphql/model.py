"""Models: those that are registered, their figures and drifts, and the scores of a signal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from adapters.graphql.scalars import Ordinal
from domain.model import ModelRole
from domain.scored import ScoreOutcome


@strawberry.type(description="A figure by its name.")
class ModelMetric:
    name: str = strawberry.field(description="Its name.")
    value: float = strawberry.field(description="The figure.")


@strawberry.type(description="How many scores of a model had an outcome.")
class ScoreCount:
    outcome: ScoreOutcome = strawberry.field(description="The outcome.")
    count: int = strawberry.field(description="The number of scores.")


@strawberry.type(description="A feature, or the outcome of the scored trades, that is not as in training.")
class ModelDrift:
    subject: str = strawberry.field(description="The feature's name, `outcome.brier` or `outcome.win`.")
    test: str = strawberry.field(description="The test's name, as PSI or ADWIN.")
    statistic: float = strawberry.field(description="The test's statistic.")
    limit: float = strawberry.field(description="The limit that the statistic is beyond.")
    count: int = strawberry.field(description="The number of scores in the window.")
    begin: datetime = strawberry.field(description="The first score of the window.")
    end: datetime = strawberry.field(description="The last score of the window.")


@strawberry.type(
    description="A registered model. The figures of resolved scores are of signals whose trade is closed: only entries "
    "that the champion let through were traded."
)
class Model:
    account: str = strawberry.field(description="The account.")
    sha256: strawberry.ID = strawberry.field(description="The SHA-256 of its file.")
    name: str = strawberry.field(description="The line of models that it belongs to.")
    role: ModelRole | None = strawberry.field(description="Its role; null where it scores nothing.")
    feature_set: str = strawberry.field(description="The feature set that it reads, with its version.")
    data_from: datetime = strawberry.field(description="The first signal that it was trained on.")
    data_until: datetime = strawberry.field(description="The last signal that it was trained on.")
    labels: int = strawberry.field(description="The number of rows that it was trained on.")
    seed: str = strawberry.field(description="The seed of its training.")
    metrics: list[ModelMetric] = strawberry.field(description="The figures of its validation.")
    registered_by: str = strawberry.field(description="Who registered it.")
    registered_at: datetime = strawberry.field(description="When it was registered.")
    reason: str = strawberry.field(
        description="The reason of its registration, promotion or retirement, whichever was last."
    )
    passed_gate: bool | None = strawberry.field(
        description="Whether the gate of its file let it pass; null where its registration does not state it."
    )
    outcomes: list[ScoreCount] = strawberry.field(description="Its scores, by outcome.")
    drifts: list[ModelDrift] = strawberry.field(
        description="Its latest drifts, 100 at most, the oldest first."
    )
    resolved: int = strawberry.field(description="Its scores whose trade is closed.")
    gain_rate: float | None = strawberry.field(
        description="The share of these trades that gained after fees; null without one."
    )
    accuracy: float | None = strawberry.field(
        description="The share of these scores whose confidence was on the side of the outcome, 0.5 or more for a gain."
    )
    mean_confidence: float | None = strawberry.field(description="The mean confidence of these scores.")
    brier: float | None = strawberry.field(
        description="The mean squared distance of the confidence from the outcome, 0 or 1; less is better."
    )
    mean_return: float | None = strawberry.field(
        description="The mean net return of these trades, as a fraction of what the entries cost."
    )
    judged: int = strawberry.field(
        description="Its resolved scores of entries that a champion judged; the champion let all of them through."
    )
    let_through: int = strawberry.field(
        description="How many of these the same limits let through for this model's score."
    )
    profit: float | None = strawberry.field(
        description="The sum of the net returns after fees of the trades that it lets through, each as a fraction of "
        "what the entries cost; null where no entry was judged."
    )
    champion_profit: float | None = strawberry.field(
        description="The same sum of all judged trades: what the champion made of the same signals."
    )
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


@strawberry.type(description="How far one feature moved the confidence of a score.")
class ScoreReason:
    feature: str = strawberry.field(description="The feature's name.")
    value: float | None = strawberry.field(description="Its value; null where it was missing.")
    effect: float = strawberry.field(description="In probability: positive raises the confidence.")


@strawberry.type(description="What one model expected of the trade of a signal, or why it returned nothing.")
class SignalScore:
    account: str = strawberry.field(description="The account.")
    signal: strawberry.ID = strawberry.field(description="The id of the signal.")
    model: strawberry.ID = strawberry.field(description="The SHA-256 of the model's file.")
    name: str = strawberry.field(description="The line of models that it belongs to.")
    role: ModelRole = strawberry.field(description="The role that the model had.")
    feature_set: str = strawberry.field(description="The feature set of the values, with its version.")
    values: list[float | None] = strawberry.field(
        description="The features that it read, in the order of the set; null where a value is missing."
    )
    outcome: ScoreOutcome = strawberry.field(description="Whether there is a score.")
    detail: str = strawberry.field(description="What is missing or late, or the class of the error.")
    confidence: float | None = strawberry.field(
        description="The calibrated probability that the trade gains after fees, 0 to 1."
    )
    risk: float | None = strawberry.field(
        description="The calibrated probability that its stop is hit first, 0 to 1."
    )
    expected_return: float | None = strawberry.field(
        description="The mean net return, as a fraction of the price of entry."
    )
    stands_on: list[str] = strawberry.field(description="The members of the ensemble that were computed.")
    reasons: list[ScoreReason] = strawberry.field(description="The largest contributions, the largest first.")
    gained: bool | None = strawberry.field(
        description="Whether the trade gained; null while it is not closed, and where there is none."
    )
    net_return: float | None = strawberry.field(
        description="Its net return, as a fraction of what the entries cost."
    )
    scored_at: datetime = strawberry.field(description="When it was scored.")
    ordinal: Ordinal = strawberry.field(description="Its event's ordinal in the log.")


def model_of(row: Mapping[Any, Any]) -> Model:
    """Makes the GraphQL object of a row."""
    count: int = row["resolved"]
    return Model(
        account=row["account"],
        sha256=strawberry.ID(row["sha256"]),
        name=row["name"],
        role=None if row["role"] is None else ModelRole(row["role"]),
        feature_set=row["feature_set"],
        data_from=row["data_from"],
        data_until=row["data_until"],
        labels=row["labels"],
        seed=str(row["seed"]),
        metrics=[ModelMetric(name=name, value=value) for name, value in sorted(row["metrics"].items())],
        registered_by=row["registered_by"],
        registered_at=row["registered_at"],
        reason=row["reason"],
        passed_gate=row["passed_gate"],
        outcomes=[
            ScoreCount(outcome=ScoreOutcome(name), count=n) for name, n in sorted(row["outcomes"].items())
        ],
        drifts=[_drift(one) for one in row["drifts"]],
        resolved=count,
        gain_rate=_mean(row["gained"], count),
        accuracy=_mean(row["accurate"], count),
        mean_confidence=_mean(row["sum_confidence"], count),
        brier=_mean(row["sum_squares"], count),
        mean_return=_mean(row["sum_return"], count),
        judged=row["judged"],
        let_through=row["let_through"],
        profit=row["profit"] if row["judged"] else None,
        champion_profit=row["champion_profit"] if row["judged"] else None,
        updated_ordinal=Ordinal(row["updated_ordinal"]),
    )


def score_of(row: Mapping[Any, Any]) -> SignalScore:
    """Makes the GraphQL object of a row."""
    return SignalScore(
        account=row["account"],
        signal=strawberry.ID(row["signal"]),
        model=strawberry.ID(row["sha256"]),
        name=row["name"],
        role=ModelRole(row["role"]),
        feature_set=row["feature_set"],
        values=list(row["values"]),
        outcome=ScoreOutcome(row["outcome"]),
        detail=row["detail"],
        confidence=row["confidence"],
        risk=row["risk"],
        expected_return=row["expected_return"],
        stands_on=list(row["stands_on"]),
        reasons=[ScoreReason(**one) for one in row["reasons"]],
        gained=row["gained"],
        net_return=row["net_return"],
        scored_at=row["scored_at"],
        ordinal=Ordinal(row["ordinal"]),
    )


def _drift(row: Mapping[str, Any]) -> ModelDrift:
    begin, end = (datetime.fromisoformat(row[name]) for name in ("begin", "end"))
    return ModelDrift(
        subject=row["subject"],
        test=row["test"],
        statistic=row["statistic"],
        limit=row["limit"],
        count=row["count"],
        begin=begin,
        end=end,
    )


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
