"""A data set of features in a folder: its parts, and `dataset.json`, which is written last and names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import domain.book
import domain.book.analysis
import domain.features
import domain.indicators
import domain.regimes
from adapters.whole_file import write_file
from domain.errors import InvalidInput
from domain.features.book import BOOK_1
from domain.features.feature_set import FeatureSet
from domain.features.sets import SETS
from infra.learning.dataset import Dataset, LabelSource
from infra.learning.parts import Part, Parts, read_table

MANIFEST = "dataset.json"
FORM = 1
"""The version of the folder's form."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set was made from, and its parts in order of time.

    `table` is the hash of the table of features, `made_from` hashes and ids of candles, log and strategies, `labels`
    the parameters of the labels. `left_out` counts the signals without a row by the reason.
    """

    form: int
    feature_set: str
    table: str
    made_from: Mapping[str, Any]
    labels: Mapping[str, Any]
    rows: int
    left_out: Mapping[str, int]
    parts: Sequence[Part]

    @property
    def build(self) -> str:
        """Identifies what the data set is made from: equal builds give equal files."""
        return build_of(self.feature_set, self.table, self.made_from, self.labels)


def build_of(feature_set: str, table: str, made_from: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """64 hexadecimal digits (SHA-256) of what a data set is made from."""
    content = [FORM, feature_set, table, made_from, labels]
    return sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def table_hash(features: FeatureSet) -> str:
    """64 hexadecimal digits (SHA-256) of the table: another name, formula, window or order gives another hash."""
    return sha256(msgspec.json.encode(features)).hexdigest()


def code_hash(features: FeatureSet) -> str:
    """64 hexadecimal digits (SHA-256) of the source of features, labels, their indicators and the regime, and of the
    analysis of order books where the set has their figures.
    """
    found = sha256()
    packages = (domain.features, domain.indicators, domain.regimes)
    for package in (*packages, domain.book, domain.book.analysis) if features is BOOK_1 else packages:
        for file in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()


def set_named(name: str) -> FeatureSet:
    """The feature set of this id. Raises InvalidInput for an unknown one."""
    found = SETS.get(name)
    if found is None:
        raise InvalidInput(f"no feature set is called {name!r}; there are: {', '.join(SETS)}")
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes `dataset.json`, which completes the data set. Raises InvalidInput where it cannot be written."""
    content = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)
    write_file(folder / MANIFEST, lambda file: file.write(content + b"\n"))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a data set. Raises InvalidInput where the folder holds no complete one."""
    place = folder / MANIFEST
    try:
        found = msgspec.json.decode(place.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInput(
            f"{folder} holds no complete data set: {MANIFEST} is missing; run `whence features build --out {folder}` "
            "to its end"
        ) from None
    except (OSError, msgspec.DecodeError) as fault:
        raise InvalidInput(f"{place} is no manifest of a data set: {fault}") from None
    if found.form != FORM:
        raise InvalidInput(
            f"{place} has the form {found.form}; this program reads form {FORM}: build it again"
        )
    return found


def read_dataset(path: Path) -> Dataset:
    """The data set in this folder.

    Raises InvalidInput for a folder without a complete data set, for a feature set that this program does not have or
    has otherwise, for a part that was changed or is missing, and for labels that are not finite or not in order.
    """
    manifest = read_manifest(path)
    features = set_named(manifest.feature_set)
    if manifest.table != table_hash(features):
        raise InvalidInput(
            f"{path} was built with another table of {features.id} than this program has: build it again"
        )
    sealed = Parts(path, features, manifest.build).sealed()
    _check_parts(path, manifest, sealed)
    return _dataset(path, features, [path / f"{one.month}.parquet" for one in manifest.parts])


def _check_parts(path: Path, manifest: Manifest, sealed: Mapping[str, Part]) -> None:
    named = {one.month: one for one in manifest.parts}
    for month in sorted(named.keys() | sealed.keys()):
        if named.get(month) != sealed.get(month):
            raise InvalidInput(
                f"{path}: the part {month} is missing, or differs from {MANIFEST}: build the data set again into "
                "another folder"
            )


def _dataset(path: Path, features: FeatureSet, places: Sequence[Path]) -> Dataset:
    table = read_table(places, features)
    columns = {name: table.column(name) for name in table.column_names}
    values = [columns[name].to_numpy() for name in features.names]
    net = columns["net"].to_numpy()
    signal_at, resolved_at = columns["signal_at"].to_numpy(), columns["resolved_at"].to_numpy()
    if not np.isfinite(net).all():
        row = int(np.flatnonzero(~np.isfinite(net))[0])
        raise InvalidInput(
            f"{path}: the label `net` of row {row} is {net[row]}; it must be finite: build it again"
        )
    if (np.diff(signal_at) < 0).any() or (resolved_at < signal_at).any():
        raise InvalidInput(f"{path}: the rows are not in order of time: build the data set again")
    return Dataset(
        feature_set=features.id,
        features=features.names,
        x=np.column_stack(values).astype(np.float64),
        signal_at=signal_at,
        resolved_at=resolved_at,
        net=net,
        stopped=columns["stopped"].to_numpy(),
        strategies=columns["strategy"].to_pylist(),
        instruments=columns["instrument"].to_pylist(),
        labels=[LabelSource(one) for one in columns["label"].to_pylist()],
    )
