"""The folder of models: files by their hash, and what is refused."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from domain.errors import InvalidInput, ModelChanged, ModelMissing
from infra.learning.model_files import write_model
from infra.learning.model_folder import ModelFolder, loaded
from infra.learning.model_metrics import metrics_of
from tests.domain.models.files import raw, reference


def test_a_model_is_read_by_its_hash_with_the_features_that_its_training_always_had(tmp_path: Path) -> None:
    data = raw(reference=[reference("gain") | {"counts": [1, 1, 1]}, reference("hour")])
    place = write_model(tmp_path, data)
    found = ModelFolder(tmp_path).model_of(place.stem)
    assert (found.model.sha256, found.needed) == (sha256(data).hexdigest(), (1,))
    assert found.model.score([2.0, 3.0]) == loaded(data).model.score([2.0, 3.0])


def test_a_file_that_is_not_there_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"\[models\] folder"):
        ModelFolder(tmp_path).model_of("0" * 64)


def test_a_file_with_other_bytes_than_its_name_says_is_refused(tmp_path: Path) -> None:
    place = write_model(tmp_path, raw())
    place.write_bytes(raw(seed=2))
    with pytest.raises(ModelChanged, match="was changed after it was registered"):
        ModelFolder(tmp_path).model_of(place.stem)


def test_a_damaged_file_is_refused_also_where_its_hash_is_right(tmp_path: Path) -> None:
    data = raw()[:-1]
    digest = sha256(data).hexdigest()
    (tmp_path / f"{digest}.json").write_bytes(data)
    with pytest.raises(InvalidInput, match="damaged"):
        ModelFolder(tmp_path).model_of(digest)


@pytest.mark.parametrize("digest", ["../secret", "A" * 64, "0" * 63])
def test_what_is_no_hash_names_no_file(tmp_path: Path, digest: str) -> None:
    with pytest.raises(InvalidInput, match="no SHA-256"):
        ModelFolder(tmp_path).model_of(digest)


def test_metrics_are_the_finite_numbers_of_a_validation_by_dotted_name() -> None:
    validation = {"model": {"auc": 0.5, "brier": float("nan"), "passed": True}, "tests": 3, "words": "no"}
    assert metrics_of(validation) == {"model.auc": 0.5, "tests": 3.0}
