"""The scorers of the modes where the object store of models, its keys or a file are not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commands.scorer import ScoreWanted
from domain.errors import InvalidSettings, ModelMissing, ModelsUnavailable, SecretsUnavailable, WhenceError
from domain.model import ModelInForce, ModelRole
from domain.scored import ScoreOutcome
from infra import model_store as stores
from infra.config import WhenceSettings
from infra.run import scorers
from infra.run.model_fetching import ModelFetching
from infra.run.watchers import Watchers
from tests.commands.models_of_tests import FIRST, SET
from tests.domain.history import NOW

WANTED = ScoreWanted("signal", ((ModelRole.CHAMPION, ModelInForce("main", FIRST, SET)),), {})


class Failing:
    """An object store whose reads raise."""

    def __init__(self, fault: WhenceError) -> None:
        self._fault, self.reads = fault, 0

    def read(self, name: str, most: int) -> bytes:
        self.reads += 1
        raise self._fault

    def write(self, name: str, data: bytes) -> None:
        raise self._fault


def giving(store: Failing) -> Callable[..., Failing]:
    def bucket(*_given: object) -> Failing:
        return store

    return bucket


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    table = {"folder": str(tmp_path / "models"), "store": {"address": "s3://models"}}
    return WhenceSettings.model_validate({"models": table})


def test_a_live_engine_starts_without_the_keys_of_the_object_store_and_logs_an_error(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[ModelFetching] = []

    class Kept(ModelFetching):
        def check(self, check: Callable[[], None]) -> None:
            super().check(check)
            made.append(self)

    def sealed(*_given: object) -> Failing:
        raise SecretsUnavailable("the vault is sealed")

    monkeypatch.setattr(stores, "_bucket", sealed)
    monkeypatch.setattr(scorers, "ModelFetching", Kept)
    scorers.live_models(settings, Watchers())
    made[0].wait()
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        (
            "ERROR",
            "a model that is not in the folder cannot be fetched from the object store: the vault is sealed",
        )
    ]


@pytest.mark.parametrize(
    "fault", [ModelsUnavailable("no answer"), InvalidSettings("no keys"), SecretsUnavailable("sealed")]
)
def test_a_run_on_a_tape_ends_where_the_object_store_cannot_be_read(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch, fault: WhenceError
) -> None:
    monkeypatch.setattr(stores, "_bucket", giving(Failing(fault)))
    with pytest.raises(type(fault)):
        scorers.tape_scorer(settings).scores(NOW, [WANTED])


def test_a_file_that_the_object_store_lacks_is_looked_for_once_a_tape_run(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Failing(ModelMissing("there is none"))
    monkeypatch.setattr(stores, "_bucket", giving(bucket))
    scorer = scorers.tape_scorer(settings)
    found = [scorer.scores(NOW, [WANTED])["signal"][0] for _signal in range(3)]
    assert {(one.outcome, one.detail) for one in found} == {(ScoreOutcome.FAILED, "ModelMissing")}
    assert bucket.reads == 1
