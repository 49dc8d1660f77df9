"""The folder of models: files by their hash, and what is refused."""

from __future__ import annotations

import os
from errno import EACCES, EIO
from hashlib import sha256
from pathlib import Path

import pytest

from domain.errors import InvalidInput, ModelChanged, ModelMissing
from domain.features.core import CORE_1
from domain.models.file import MOST_BYTES
from infra.learning import model_files, model_folder
from infra.learning.model_files import file_bytes, open_model, write_model
from infra.learning.model_folder import ModelFolder, loaded
from infra.learning.model_metrics import metrics_of
from tests.domain.models.files import raw, reference


def test_a_model_is_read_by_its_hash_with_the_features_that_its_training_almost_always_had(
    tmp_path: Path,
) -> None:
    data = raw(
        reference=[reference("gain") | {"counts": [85, 4, 11]}, reference("hour") | {"counts": [85, 5, 10]}]
    )
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


def test_an_opened_model_has_the_bytes_that_its_content_was_read_from(tmp_path: Path) -> None:
    place = tmp_path / "new.json"
    place.write_bytes(raw())
    opened = open_model(place)
    place.write_bytes(raw(seed=2))
    assert opened.model.sha256 == sha256(opened.data).hexdigest() == sha256(raw()).hexdigest()
    assert write_model(tmp_path, opened.data).stem == opened.model.sha256


def test_a_damaged_file_is_refused_also_where_its_hash_is_right(tmp_path: Path) -> None:
    data = raw()[:-1]
    digest = sha256(data).hexdigest()
    (tmp_path / f"{digest}.json").write_bytes(data)
    with pytest.raises(InvalidInput, match="damaged"):
        ModelFolder(tmp_path).model_of(digest)


def test_a_damaged_file_is_read_again_only_after_it_was_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, opened = raw(), list[Path]()
    digest = sha256(data).hexdigest()
    place = tmp_path / f"{digest}.json"
    place.write_bytes(data[:-1])

    def counted(path: Path) -> bytes:
        opened.append(path)
        return file_bytes(path)

    monkeypatch.setattr(model_folder, "file_bytes", counted)
    folder = ModelFolder(tmp_path)
    for _signal in range(3):
        with pytest.raises(ModelChanged):
            folder.model_of(digest)
    assert opened == [place]
    write_model(tmp_path, data)
    assert folder.model_of(digest).model.sha256 == digest


def test_a_file_that_comes_later_is_read(tmp_path: Path) -> None:
    digest, folder = sha256(raw()).hexdigest(), ModelFolder(tmp_path)
    with pytest.raises(ModelMissing):
        folder.model_of(digest)
    write_model(tmp_path, raw())
    assert folder.model_of(digest).model.sha256 == digest


def test_a_symbolic_link_is_read_by_the_hash_of_what_it_leads_to(tmp_path: Path) -> None:
    data = raw()
    digest, elsewhere = sha256(data).hexdigest(), tmp_path / "elsewhere"
    link = tmp_path / f"{digest}.json"
    link.symlink_to(elsewhere)
    folder = ModelFolder(tmp_path)
    with pytest.raises(ModelMissing, match="No such file"):
        folder.model_of(digest)
    elsewhere.write_bytes(raw(seed=2))
    with pytest.raises(ModelChanged, match="not that of its name"):
        folder.model_of(digest)
    elsewhere.write_bytes(data)
    assert folder.model_of(digest).model.sha256 == digest


@pytest.mark.parametrize("fault", [PermissionError(EACCES, "Permission denied"), OSError(EIO, "I/O error")])
def test_a_file_that_this_user_cannot_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    def refused(_path: str, _flags: int) -> int:
        raise fault

    place = write_model(tmp_path, raw())
    monkeypatch.setattr(model_files, "_without_waiting", refused)
    with pytest.raises(ModelMissing, match=rf"{place.stem}\.json: {fault.strerror}: .* cannot be read"):
        ModelFolder(tmp_path).model_of(place.stem)
    with pytest.raises(InvalidInput, match=rf"{place.stem}\.json cannot be read: {fault.strerror}"):
        open_model(place)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_a_number_that_is_not_finite_is_refused_with_its_place(tmp_path: Path, number: bytes) -> None:
    data = raw()
    changed = data.replace(b'"weight":0.3', b'"weight":' + number)
    assert changed != data
    digest = sha256(changed).hexdigest()
    (tmp_path / f"{digest}.json").write_bytes(changed)
    with pytest.raises(InvalidInput, match="the model file is damaged"):
        ModelFolder(tmp_path).model_of(digest)


def test_a_pipe_in_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{'0' * 64}.json")
    with pytest.raises(InvalidInput, match="not a regular file"):
        ModelFolder(tmp_path).model_of("0" * 64)


def test_a_file_without_an_end_is_refused_when_the_most_bytes_were_read(tmp_path: Path) -> None:
    place = tmp_path / f"{'0' * 64}.json"
    with place.open("wb") as file:
        file.truncate(10 * MOST_BYTES)  # no disk is used
    with pytest.raises(InvalidInput, match="more than 64,000,000 bytes"):
        ModelFolder(tmp_path).model_of(place.stem)


def test_a_file_with_the_features_of_a_known_set_in_another_order_is_refused(tmp_path: Path) -> None:
    names = [*CORE_1.names[1::-1], *CORE_1.names[2:]]
    data = raw(feature_set="core.1", features=names, reference=[reference(name) for name in names])
    with pytest.raises(InvalidInput, match=r"features\[0\] gain_1h, the set has gain_24h"):
        loaded(data)


@pytest.mark.parametrize("digest", ["../secret", "A" * 64, "0" * 63])
def test_what_is_no_hash_names_no_file(tmp_path: Path, digest: str) -> None:
    with pytest.raises(InvalidInput, match="no SHA-256"):
        ModelFolder(tmp_path).model_of(digest)


def test_metrics_are_the_finite_numbers_of_a_validation_by_dotted_name() -> None:
    validation = {"model": {"auc": 0.5, "brier": float("nan"), "passed": True}, "tests": 3, "words": "no"}
    assert metrics_of(validation) == {"model.auc": 0.5, "tests": 3.0}
