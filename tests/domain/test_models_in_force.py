"""Which models are in force after each change, and to which champion a rollback goes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.model import (
    NO_MODELS,
    ModelEvent,
    ModelPromoted,
    ModelRegistered,
    ModelRetired,
    ModelRole,
    ModelsInForce,
    in_force_after,
)

A, B = "a" * 64, "b" * 64
AT = datetime(2026, 1, 1, tzinfo=UTC)


def _registered(sha256: str) -> ModelRegistered:
    return ModelRegistered(
        name="main",
        sha256=sha256,
        feature_set="core.1",
        data_from=AT,
        data_until=AT,
        labels=1,
        seed=0,
        metrics={},
        reason="trained",
    )


def _champion(sha256: str, replaced: str = "") -> ModelPromoted:
    return ModelPromoted(
        name="main", sha256=sha256, role=ModelRole.CHAMPION, reason="better", replaced=replaced
    )


def _challenger(sha256: str) -> ModelPromoted:
    return ModelPromoted(name="main", sha256=sha256, role=ModelRole.CHALLENGER, reason="doubt")


def _retired(sha256: str) -> ModelRetired:
    return ModelRetired(name="main", sha256=sha256, reason="doubt")


def _after(*events: ModelEvent) -> ModelsInForce:
    models = NO_MODELS
    for event in (_registered(A), _registered(B), *events):
        models = in_force_after(models, event)
    return models


@pytest.mark.parametrize(
    ("events", "champion", "before"),
    [
        ((_champion(A),), A, ""),
        ((_champion(A), _champion(B, A)), B, A),
        ((_champion(A), _retired(A)), None, A),
        ((_champion(A), _retired(A), _champion(B)), B, A),
        ((_champion(A), _challenger(A)), None, A),
        ((_champion(A), _challenger(A), _champion(B)), B, A),
        ((_champion(A), _retired(A), _champion(A)), A, ""),
        ((_champion(A), _champion(B, A), _challenger(A)), B, A),
    ],
)
def test_the_champion_before_is_known_after_a_replacement_a_retirement_and_a_demotion(
    events: tuple[ModelEvent, ...], champion: str | None, before: str
) -> None:
    models = _after(*events)
    assert (None if models.champion is None else models.champion.sha256, models.before) == (champion, before)
