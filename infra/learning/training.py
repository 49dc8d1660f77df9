"""Trains a model from a dataset: validation first, then the model on all rows, as one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Final, NamedTuple

import numpy as np

from domain.drift.reference import reference_of
from domain.errors import InvalidInput
from domain.learning.folds import divided
from domain.learning.settings import TrainingSettings
from domain.models.file import FORMAT, DataRange, MemberFile, ModelFile, Verdict, model_bytes
from domain.models.members import BOOSTING, FOREST, SEQUENCE, WEIGHTS
from infra.learning.dataset import Dataset, LabelSource
from infra.learning.fitting import fitted
from infra.learning.library import one_thread, versions
from infra.learning.validation import LEAST_TO_TRAIN, Progress, Validation, validated

TREES: Final = (BOOSTING, FOREST)
"""The members that the extra `ml` trains."""
_LARGEST: Final = 1e30
"""The library adds up columns in 32 bits, whose largest number is 3.4e38."""


class Trained(NamedTuple):
    """The bytes of a model file, and its validation; None where the rows were too few for a test."""

    data: bytes
    validation: Validation | None

    @property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()


def trained(
    dataset: Dataset,
    settings: TrainingSettings,
    seed: int,
    *,
    kinds: Sequence[str] = TREES,
    labels: Mapping[str, object] | None = None,
    progress: Progress = lambda _name, _done, _all: None,
) -> Trained:
    """Validates and trains. Equal rows, settings, seed and versions give equal bytes. `labels` are the parameters by
    which the labels were made, for the file.

    Raises InvalidInput where the dataset is not as `Dataset` defines it, or too small to train and calibrate.
    """
    check(dataset)
    with one_thread():
        validation = validated(dataset, kinds, settings, seed, progress)
        progress("model", 0, 1)
        file = _file(dataset, settings, seed, kinds, validation, labels or {})
        progress("model", 1, 1)
    return Trained(model_bytes(file), validation)


def check(dataset: Dataset) -> None:
    """Raises InvalidInput where arrays differ in length, are out of order or hold a value that no model can read."""
    for holds, fault in _faults(dataset):
        if not holds:
            raise InvalidInput(f"the dataset {fault}")


def _faults(data: Dataset) -> Iterator[tuple[bool, str]]:
    n = len(data.signal_at)
    yield n > 0, "has no row; build features of a longer time, or of more strategies"
    yield (
        data.x.shape == (n, len(data.features)),
        f"has values of shape {data.x.shape}, not {n} rows of {len(data.features)}",
    )
    lengths = {
        name: len(getattr(data, name))
        for name in ("resolved_at", "net", "stopped", "strategies", "instruments", "labels")
    }
    yield set(lengths.values()) <= {n}, f"has {n} signals and other numbers of {lengths}"
    yield bool(np.all(np.diff(data.signal_at) >= 0)), "is not in order of signal_at"
    yield bool(np.all(data.resolved_at >= data.signal_at)), "has a label that was known before its signal"
    yield bool(np.isfinite(data.net).all()), "has a net return that is not finite"
    yield not bool((np.abs(data.x) > _LARGEST).any()), "has a value that is infinite or beyond 1e30"


def _file(
    dataset: Dataset,
    settings: TrainingSettings,
    seed: int,
    kinds: Sequence[str],
    validation: Validation | None,
    labels: Mapping[str, object],
) -> ModelFile:
    n = len(dataset.net)
    part = divided(
        np.arange(n), dataset.signal_at, dataset.resolved_at, settings.calibration_share, settings.embargo
    )
    if min(len(part.train), len(part.calibrate)) < LEAST_TO_TRAIN:
        raise InvalidInput(
            f"the dataset has {n:,} rows: {len(part.train):,} are left to train and {len(part.calibrate):,} to "
            f"calibrate, and each needs {LEAST_TO_TRAIN}; build features of a longer time, or train with an embargo of "
            f"less than {settings.embargo_hours} hours: `whence models train --embargo-hours`"
        )
    found = fitted(dataset, part, kinds, settings, seed)
    return ModelFile(
        format=FORMAT,
        feature_set=dataset.feature_set,
        features=dataset.features,
        members=tuple(
            MemberFile(kind=kind, weight=WEIGHTS[kind], content=one.content)
            for kind, one in found.members.items()
        ),
        win=found.win,
        stopped=found.stopped,
        reference=reference_of(dataset.features, dataset.x[part.train]).features,
        data=_data_range(dataset),
        labels={**_counts(dataset), "parameters": labels},
        parameters=_parameters(settings, kinds),
        seed=seed,
        versions=versions(kinds),
        validation={} if validation is None else validation.as_json(),
        verdict=_verdict(validation),
    )


def _counts(dataset: Dataset) -> Mapping[str, int]:
    return {source.value: sum(one == source for one in dataset.labels) for source in LabelSource}


def _data_range(dataset: Dataset) -> DataRange:
    return DataRange(
        rows=len(dataset.net),
        first_signal_at=int(dataset.signal_at[0]),
        last_signal_at=int(dataset.signal_at[-1]),
        last_resolved_at=int(dataset.resolved_at.max()),
        strategies=tuple(sorted(set(dataset.strategies))),
        instruments=tuple(sorted(set(dataset.instruments))),
        sha256=dataset_hash(dataset),
    )


def dataset_hash(dataset: Dataset) -> str:
    """The SHA-256 of all rows: names, then the arrays in 64-bit little-endian numbers."""
    found = sha256("\n".join((dataset.feature_set, *dataset.features)).encode())
    for floats in (dataset.x, dataset.net):
        found.update(np.ascontiguousarray(floats, dtype="<f8").tobytes())
    for whole in (dataset.signal_at, dataset.resolved_at, dataset.stopped):
        found.update(np.ascontiguousarray(whole, dtype="<i8").tobytes())
    for words in (dataset.strategies, dataset.instruments, dataset.labels):
        found.update("\n".join(words).encode())
    return found.hexdigest()


def _parameters(settings: TrainingSettings, kinds: Sequence[str]) -> Mapping[str, float | int | str]:
    found = asdict(settings)
    thresholds, sequence = found.pop("thresholds"), found.pop("sequence")
    found |= {f"threshold_{name}": value for name, value in thresholds.items()}
    return found | {f"sequence_{name}": value for name, value in sequence.items() if SEQUENCE in kinds}


def _verdict(validation: Validation | None) -> Verdict:
    if validation is None:
        return Verdict(passed=False, reasons=("no: no test of the walk-forward has enough rows before it",))
    return Verdict(passed=validation.verdict.passed, reasons=validation.verdict.reasons)
