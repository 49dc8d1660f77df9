"""Training: the same bytes from the same rows, the content of the file, and datasets that are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.learning.folds import divided
from domain.learning.settings import TrainingSettings
from domain.models.file import read_file, read_model
from infra.learning.dataset import Dataset
from infra.learning.fitting import fitted, mean
from infra.learning.library import one_thread
from infra.learning.model_files import open_model, write_model
from infra.learning.training import TREES, Trained, check, trained
from tests.infra.learning.rows import noise, planted

SETTINGS = TrainingSettings(trees=6, tests=2)


@pytest.fixture(scope="module")
def found() -> Trained:
    return trained(planted(2), SETTINGS, 11, labels={"hours": 24})


def test_equal_rows_settings_and_seed_give_equal_bytes_and_another_seed_other_ones(found: Trained) -> None:
    assert trained(planted(2), SETTINGS, 11, labels={"hours": 24}).data == found.data
    assert trained(planted(2), SETTINGS, 12, labels={"hours": 24}).data != found.data


def test_a_file_holds_what_trained_it_and_its_verdict(found: Trained) -> None:
    file = read_file(found.data)
    data = planted(2)
    assert [(one.kind, one.weight) for one in file.members] == [("boosting", 0.3), ("forest", 0.3)]
    assert file.data.rows == 2_000
    assert (file.data.first_signal_at, file.data.last_signal_at) == (data.signal_at[0], data.signal_at[-1])
    assert file.labels == {"TRADE": 2_000, "BARRIER": 0, "parameters": {"hours": 24}}
    assert file.parameters["trees"] == 6
    assert file.versions["scikit-learn"]
    assert found.validation is not None
    assert file.verdict.passed is found.validation.verdict.passed is True
    validation: Any = file.validation
    assert set(validation["baselines"]) == {"always", "never", "base rate", "logistic"}
    assert validation["brier_gain"]["low"] > 0
    assert len(validation["tests"]) == 2
    # Every row of the tests counts once, and no row before a test both trains and calibrates.
    assert sum(one["rows"] for one in validation["tests"]) == validation["rows"]
    for one in validation["tests"]:
        assert one["trained"] + one["calibrated"] + one["purged"] < 2_000


def test_the_model_of_a_file_scores_as_the_library_did_in_training(found: Trained) -> None:
    data = planted(2)
    model = read_model(found.data)
    rows = np.arange(1_500, 1_800)
    file = read_file(found.data)
    n = len(data.net)
    part = divided(
        np.arange(n), data.signal_at, data.resolved_at, SETTINGS.calibration_share, SETTINGS.embargo
    )
    with one_thread():
        theirs = fitted(data, part, TREES, SETTINGS, 11)
        heads = mean(theirs.members, data, rows)
    for place, row in enumerate(rows):
        values = [None if np.isnan(one) else one for one in data.x[row].tolist()]
        score = model.score(values)
        assert score.confidence == pytest.approx(file.win.calibrated(heads.win[place]), abs=6e-7)
        assert score.risk == pytest.approx(file.stopped.calibrated(heads.stopped[place]), abs=6e-7)
        assert score.expected_return == pytest.approx(heads.net[place], abs=6e-7)
        assert score.stands_on == TREES


def test_noise_of_few_rows_trains_a_model_that_may_not_be_promoted() -> None:
    found = trained(noise(1, rows=280), SETTINGS, 0)
    verdict = read_file(found.data).verdict
    assert not verdict.passed
    assert verdict.reasons[0] == "no: 280 resolved labels; at least 300 are needed"


def test_too_few_rows_are_refused_with_their_number() -> None:
    with pytest.raises(InvalidInput, match=r"the dataset has 90 rows: .* each needs 30"):
        trained(noise(1, rows=90), SETTINGS, 0)


_CHANGES: Sequence[tuple[Callable[[Dataset], Dataset], str]] = [
    (lambda data: replace(data, net=data.net[:-1]), "other numbers of"),
    (lambda data: replace(data, signal_at=data.signal_at[::-1].copy()), "not in order of signal_at"),
    (lambda data: replace(data, resolved_at=data.signal_at - 1), "known before its signal"),
    (lambda data: replace(data, net=data.net * np.inf), "net return that is not finite"),
    (lambda data: replace(data, x=data.x * 1e300), "infinite or beyond 1e30"),
    (lambda data: replace(data, features=data.features[1:]), "not 400 rows of 7"),
]


def test_a_dataset_without_a_row_is_refused_and_one_with_fewer_rows_than_tests_has_fewer_tests() -> None:
    with pytest.raises(InvalidInput, match="the dataset has no row"):
        trained(noise(1, rows=0), SETTINGS, 0)
    with pytest.raises(
        InvalidInput, match=r"with an embargo of less than 24 hours: `whence models train --embargo-hours`"
    ):
        trained(noise(1, rows=25), replace(SETTINGS, embargo_hours=24), 0)
    found = trained(
        noise(1, rows=62), replace(SETTINGS, tests=100, calibration_share=0.5, embargo_hours=0), 0
    )
    assert found.validation is not None
    assert 1 <= found.validation.rows < 10


@pytest.mark.parametrize(("change", "fault"), _CHANGES)
def test_a_dataset_that_is_not_as_defined_is_refused(
    change: Callable[[Dataset], Dataset], fault: str
) -> None:
    with np.errstate(all="ignore"):
        changed = change(noise(1, rows=400))
    with pytest.raises(InvalidInput, match=fault):
        check(changed)


def test_a_file_is_named_by_its_hash_and_refused_where_it_was_changed(found: Trained, tmp_path: Path) -> None:
    place = write_model(tmp_path / "models", found.data)
    assert place.name == f"{found.sha256}.json"
    assert write_model(tmp_path / "models", found.data) == place
    assert [one.name for one in place.parent.iterdir()] == [place.name]
    assert open_model(place)[1].sha256 == found.sha256
    place.write_bytes(found.data.replace(b'"seed":11', b'"seed":12'))
    with pytest.raises(InvalidInput, match="was changed: its bytes have the SHA-256"):
        open_model(place)
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_model(tmp_path / "none.json")


def test_the_base_rate_of_the_risk_reads_no_label_that_was_unknown_when_its_test_began() -> None:
    data, settings = noise(4, rows=600), TrainingSettings(trees=4, tests=1)
    unknown = np.flatnonzero(data.resolved_at[:300] >= data.signal_at[300])
    assert len(unknown)
    stopped = data.stopped.copy()
    stopped[unknown] = ~stopped[unknown]
    rates = [_base_rate_of_risk(one, settings) for one in (data, replace(data, stopped=stopped))]
    assert rates[0] == rates[1]


def _base_rate_of_risk(data: Dataset, settings: TrainingSettings) -> float:
    validation: Any = read_file(trained(data, settings, 1).data).validation
    return float(validation["stopped"]["base_rate_brier"])
