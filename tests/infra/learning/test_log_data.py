"""The data sets that `whence models auto` builds of a log: stopped, continued, and replaced by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import read_sqlite
from infra.config import WhenceSettings
from infra.learning.build import Build
from infra.learning.dataset_file import read_dataset
from infra.learning.log_data import LogData
from infra.learning.sources import LogSource
from tests.infra.run.test_unattended import play
from tests.journeys.runs import short_plan

LIMIT = timedelta(hours=24)
FIRST = 90


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "whence.db"
    play(path)
    return path


def steps(path: Path, data: LogData, upto: int) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Builds with the log open, as the signals are read while the build goes on."""
    with closing(read_sqlite(path, AvroCodec())) as reader:
        found = LogSource(reader, WhenceSettings(log=f"sqlite:///{path}"), short_plan().tapes, upto)
        for _step in found.steps():
            pass
        made = found.source(LIMIT)
        place = data.place(upto, made)
        for step in Build(place, made.signals, made.labels, made.made_from).steps():
            yield place, step


def whole(path: Path, data: LogData, upto: int) -> Path:
    return [place for place, _step in steps(path, data, upto)][-1]


def test_a_stopped_build_is_found_again_by_its_last_event(tmp_path: Path, log: Path) -> None:
    data = LogData(tmp_path / "data")
    assert data.unfinished(1_000) is None
    place = whole(log, data, FIRST)
    assert data.unfinished(1_000) is None
    (place / "dataset.json").unlink()  # as a stop after the last month leaves it
    assert data.unfinished(1_000) == FIRST
    assert data.unfinished(FIRST - 1) is None
    before = {one.name: one.read_bytes() for one in place.glob("*.parquet")}
    assert whole(log, data, FIRST) == place
    assert before == {one.name: one.read_bytes() for one in place.glob("*.parquet")}
    assert len(read_dataset(place).net) > 0


def test_another_end_of_the_log_has_another_place_and_the_ones_before_are_removed(
    tmp_path: Path, log: Path
) -> None:
    data = LogData(tmp_path / "data")
    first, second = whole(log, data, FIRST), whole(log, data, FIRST + 40)
    foreign = tmp_path / "data" / "notes"
    foreign.mkdir()
    kept = first / "mine.txt"
    kept.write_text("mine", encoding="utf-8")
    data.remove_others(second)
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == sorted(
        [first.name, second.name, "notes"]
    )
    assert list(first.iterdir()) == [kept]
    assert len(read_dataset(second).net) > 0
