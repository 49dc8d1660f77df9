"""Model files in a folder and an object store: what is kept, fetched and refused."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from commands.scorer import ModelScorer, ScoreWanted
from domain.errors import InvalidInput, ModelChanged, ModelMissing, ModelsUnavailable
from domain.features.feature_set import FeatureRow
from domain.model import ModelInForce, ModelsInForce
from domain.scored import ScoreOutcome
from infra.cli import serving
from infra.learning.model_store import ModelStore
from infra.run.announcing import Loop
from infra.run.model_check import ModelCheck
from infra.run.model_fetching import ModelFetching
from tests.domain.history import NOW
from tests.domain.models.files import raw

DATA = raw()
DIGEST = sha256(DATA).hexdigest()
IN_FORCE = ModelsInForce(champion=ModelInForce("main", DIGEST, "small.1"))


class Bucket:
    """Objects in memory."""

    def __init__(self) -> None:
        self.objects = dict[str, bytes]()
        self.reads = list[str]()
        self.is_up = True

    def read(self, name: str, most: int) -> bytes:
        self.reads.append(name)
        if not self.is_up:
            raise ModelsUnavailable("the store does not answer")
        if name not in self.objects:
            raise ModelMissing(f"there is no {name}")
        return self.objects[name][:most]

    def write(self, name: str, data: bytes) -> None:
        if not self.is_up:
            raise ModelsUnavailable("the store does not answer")
        self.objects[name] = data


def test_a_file_that_was_kept_on_one_machine_is_fetched_once_on_another(tmp_path: Path) -> None:
    bucket = Bucket()
    ModelStore(tmp_path / "one", lambda: bucket).keep(DATA)
    other = ModelStore(tmp_path / "other", lambda: bucket)
    assert other.file_of(DIGEST).seed == 1
    assert other.model_of(DIGEST).model.sha256 == DIGEST
    assert bucket.reads == [f"{DIGEST}.json"]
    assert (tmp_path / "other" / f"{DIGEST}.json").read_bytes() == DATA


def test_bytes_with_another_hash_are_refused_and_not_kept(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.objects[f"{DIGEST}.json"] = raw(seed=99)
    store = ModelStore(tmp_path, lambda: bucket)
    with pytest.raises(ModelChanged, match="it was changed there"):
        store.model_of(DIGEST)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_store_did_not_take_is_not_in_the_folder_either(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.is_up = False
    with pytest.raises(ModelsUnavailable):
        ModelStore(tmp_path, lambda: bucket).keep(DATA)
    assert list(tmp_path.iterdir()) == []


def test_without_an_object_store_nothing_is_fetched(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    store.check()
    for read in (store.model_of, store.file_of):
        with pytest.raises(ModelMissing, match=r"\[models\] folder"):
            read(DIGEST)
    with pytest.raises(InvalidInput, match=r"\[models.store\] address"):
        store.fetch(DIGEST)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def looked(check: ModelCheck, fetching: ModelFetching) -> Callable[[], None]:
    def look() -> None:
        check.look(IN_FORCE)
        fetching.wait()

    return look


def test_a_live_engine_fetches_the_file_of_a_model_in_force_beside_its_decisions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    bucket, clock = Bucket(), Clock()
    bucket.is_up = False
    store = ModelStore(tmp_path, lambda: bucket)
    fetching = ModelFetching(store.fetch, clock)
    look = looked(ModelCheck(store.folder.model_of, fetching), fetching)
    look()
    until = "every entry is skipped for SCORE_FAILED"
    assert caplog.messages == [f"the CHAMPION {DIGEST} is fetched from the object store; until then {until}"]
    for _second in range(3):
        look()
    failed = f"the CHAMPION {DIGEST} is not fetched, and {until}: the store does not answer"
    assert caplog.messages[1:] == [failed]
    bucket.is_up = True
    bucket.objects[f"{DIGEST}.json"] = DATA
    clock.now = 60.0
    look()
    look()
    assert caplog.messages[2:] == [f"the CHAMPION {DIGEST} is read: 2 features of small.1"]
    look()
    assert len(caplog.messages) == 3
    assert len(bucket.reads) == 2


def test_the_engine_of_an_api_fetches_the_file_of_a_model_in_force_while_it_attends(tmp_path: Path) -> None:
    bucket, attended = Bucket(), list[float]()
    bucket.objects[f"{DIGEST}.json"] = DATA
    store = ModelStore(tmp_path, lambda: bucket)
    fetching = ModelFetching(store.fetch)

    class Run:
        """A run whose world has one model in force."""

        world = SimpleNamespace(portfolio=SimpleNamespace(models=IN_FORCE))

        def attend(self, seconds: float) -> None:
            attended.append(seconds)
            fetching.wait()

        def close(self, why: str) -> None:
            assert why == "the API is stopping"

    run: Any = Run()
    api: Any = SimpleNamespace(check=lambda: None)
    stopping: Any = SimpleNamespace(requested=lambda: len(attended) == 2)
    serving._attend(run, api, ModelCheck(store.folder.model_of, fetching), stopping, Loop())  # pyright: ignore[reportPrivateUsage]
    assert (tmp_path / f"{DIGEST}.json").read_bytes() == DATA
    assert bucket.reads == [f"{DIGEST}.json"]


def test_no_decision_waits_for_a_store_that_is_slow(tmp_path: Path) -> None:
    bucket, answers = Bucket(), Event()
    bucket.objects[f"{DIGEST}.json"] = DATA
    store = ModelStore(tmp_path, lambda: bucket)

    def slow(digest: str) -> None:
        assert answers.wait(60)
        store.fetch(digest)

    fetching = ModelFetching(slow)
    check, scorer = ModelCheck(store.folder.model_of, fetching), ModelScorer(store.folder.model_of)
    wanted = ScoreWanted("signal", IN_FORCE.scoring, {"small.1": FeatureRow("small.1", (2.0, 3.0))})
    check.look(IN_FORCE)
    check.look(IN_FORCE)
    assert scorer.scores(NOW, [wanted])["signal"][0].outcome is ScoreOutcome.FAILED
    answers.set()
    fetching.wait()
    assert scorer.scores(NOW, [wanted])["signal"][0].outcome is ScoreOutcome.OK
