"""Builds of data sets: equal bytes, stops and repetitions, other builds, and files that are refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.tapes import Tape, synthetic_tape
from domain.errors import InvalidInput
from domain.features.core import CORE_1
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.learning.build import Build
from infra.learning.dataset import LabelSource
from infra.learning.dataset_file import MANIFEST, read_dataset, read_manifest, write_manifest
from infra.learning.parts import Labelled, Parts
from infra.learning.sources import source_of_candles
from tests.replacing import replace

STRATEGIES = ("quick=trend fast=5 slow=12 trend=30 adx_minimum=0", "wide=supertrend interval=1h", "grid")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def tapes() -> tuple[Tape, ...]:
    """Quarter-hourly candles of two instruments, of January and four days of February."""
    return synthetic_tape(5, ["BTCUSDT", "ETHUSDT"], timedelta(minutes=15), candles=35 * 96)


def a_build(tapes: tuple[Tape, ...], folder: Path, limit: timedelta = DAY) -> Build:
    source = source_of_candles(
        tapes, WhenceSettings(log="memory:"), "", change_of((), STRATEGIES, None), limit
    )
    return Build(folder, source.signals, source.labels, source.made_from)


def files(folder: Path) -> Mapping[str, bytes]:
    return {place.name: place.read_bytes() for place in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tapes: tuple[Tape, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that was built in one go."""
    folder = tmp_path_factory.mktemp("features") / "whole"
    assert list(a_build(tapes, folder).steps())[-1] == (6_720, 6_720)
    return folder


def test_a_build_that_was_stopped_continues_to_the_bytes_of_one_in_one_go(
    tapes: tuple[Tape, ...], whole: Path, tmp_path: Path
) -> None:
    assert set(files(whole)) == {"2025-01.parquet", "2025-02.parquet", MANIFEST}
    for _step in islice(a_build(tapes, tmp_path).steps(), 3_100):
        pass
    assert set(files(tmp_path)) == {"2025-01.parquet"}
    (tmp_path / ".2025-02.parquet.4711").write_bytes(b"half of a part")
    resumed = a_build(tapes, tmp_path)
    assert resumed.kept == 1
    list(resumed.steps())
    (tmp_path / ".2025-02.parquet.4711").unlink()
    assert files(tmp_path) == files(whole)


def test_the_rows_are_the_entries_with_their_labels_in_order_of_time(whole: Path) -> None:
    found, manifest = read_dataset(whole), read_manifest(whole)
    assert found.features == CORE_1.names
    assert found.x.shape == (len(found.net), len(CORE_1.names))
    assert manifest.rows == len(found.net) > 300
    assert set(found.strategies) == {"quick", "wide"}
    assert set(found.instruments) == {"BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"}
    assert set(found.labels) == {LabelSource.BARRIER}
    assert set(manifest.left_out) <= {"EXIT", "GRID", "UNRESOLVED"}
    assert manifest.left_out["GRID"] > 0
    assert (np.diff(found.signal_at) >= 0).all()
    assert (found.resolved_at > found.signal_at).all()
    assert (found.resolved_at - found.signal_at <= DAY / timedelta(microseconds=1) + 15 * 60e6).all()
    assert (found.net[found.stopped] < 0).all()
    overlapping = found.resolved_at[:-1] > found.signal_at[1:]
    assert overlapping.sum() > 100


def test_a_folder_of_another_build_is_refused(tapes: tuple[Tape, ...], whole: Path) -> None:
    with pytest.raises(InvalidInput, match="is of another build"):
        a_build(tapes, whole, limit=2 * DAY)


def test_a_file_that_is_no_part_is_refused(tapes: tuple[Tape, ...], tmp_path: Path) -> None:
    (tmp_path / "2025-01.parquet").write_bytes(b"PAR1 something else")
    with pytest.raises(InvalidInput, match="is no part of a data set of features"):
        a_build(tapes, tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"dataset\.json is missing"):
        read_dataset(tmp_path)


def copied(whole: Path, folder: Path) -> Path:
    for name, content in files(whole).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"form": 2}, "this program reads form 1"),
        ({"feature_set": "core.9"}, "no feature set is called 'core.9'; there are: core.1, book.1"),
        ({"table": "0" * 64}, "another table of core.1"),
        ({"labels": {"time_limit_seconds": 1}}, "is of another build"),
        ({"parts": []}, "the part 2025-01 is missing, or differs"),
    ],
)
def test_a_manifest_of_another_program_or_build_is_refused(
    whole: Path, tmp_path: Path, changes: dict[str, object], refusal: str
) -> None:
    folder = copied(whole, tmp_path)
    write_manifest(folder, replace(read_manifest(folder), **changes))
    with pytest.raises(InvalidInput, match=refusal):
        read_dataset(folder)


def test_a_part_that_is_missing_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = copied(whole, tmp_path)
    (folder / "2025-02.parquet").unlink()
    with pytest.raises(InvalidInput, match="the part 2025-02 is missing"):
        read_dataset(folder)


def with_one_row(whole: Path, folder: Path, **changes: object) -> Path:
    """A data set of one row with these values, whose manifest agrees."""
    row = Labelled(
        signal="x", strategy="trend", instrument="BTCUSDT-LINEAR.BYBIT", signal_at=10, resolved_at=20,
        label=LabelSource.BARRIER, net=0.01, risked=0.02, stopped=False, values=(None,) * len(CORE_1.names),
    )  # fmt: skip
    manifest = read_manifest(whole)
    part = Parts(folder, CORE_1, manifest.build).write("2025-01", [row._replace(**changes)], {})  # type: ignore[arg-type]
    write_manifest(folder, replace(manifest, parts=[part], rows=1, left_out={}))
    return folder


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"net": math.nan}, "the label `net` of row 0 is nan"),
        ({"net": math.inf}, "the label `net` of row 0 is inf"),
        ({"resolved_at": 9}, "not in order of time"),
    ],
)
def test_a_label_that_is_not_finite_or_of_before_its_signal_is_refused(
    whole: Path, tmp_path: Path, changes: dict[str, object], refusal: str
) -> None:
    assert len(read_dataset(with_one_row(whole, tmp_path)).net) == 1
    with pytest.raises(InvalidInput, match=refusal):
        read_dataset(with_one_row(whole, tmp_path, **changes))


def test_a_missing_value_is_nan(whole: Path, tmp_path: Path) -> None:
    assert np.isnan(read_dataset(with_one_row(whole, tmp_path)).x).all()


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode({"form": 1}))
    with pytest.raises(InvalidInput, match="is no manifest of a data set"):
        read_dataset(tmp_path)
