"""An export that follows a log which an engine writes."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from adapters.export import following
from adapters.export.folder import ExportFolder
from adapters.export.following import Export
from adapters.export.rows import read_export
from domain.errors import LogCorrupt, LogOwned
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.log.days import LOG_ID, day, days, opened
from tests.infra.run.stores import filled

_DAYS = 12


def test_an_export_follows_the_events_of_a_running_engine_until_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_AT_ONCE", 3)
    settings, stopped = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}"), threading.Event()
    with closing(open_owned(settings)) as log:
        log.append([opened()])
        with closing(open_reader(settings)) as reader:
            with closing(Export(reader, tmp_path / "files")) as export:
                thread = threading.Thread(target=export.follow, args=(stopped.is_set,))
                thread.start()
                for version in range(1, _DAYS + 1):
                    log.append([day("account-main", version)])
                while export.ordinal < _DAYS + 1 and thread.is_alive():
                    stopped.wait(0.01)
                stopped.set()
                thread.join()
            copy = read_export(tmp_path / "files")
            assert list(copy.placed(0, copy.head())) == list(reader.placed(0, reader.head()))


def test_a_second_export_into_the_folder_and_an_earlier_log_are_refused(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    filled(settings.log, [opened(), day("account-main", 1)])
    with closing(open_reader(settings)) as reader, closing(Export(reader, tmp_path / "files")) as export:
        assert list(export.advance()) == [2]
        with pytest.raises(LogOwned, match="another process exports to"):
            ExportFolder(tmp_path / "files", str(LOG_ID))
    earlier = WhenceSettings(log=f"sqlite:///{tmp_path / 'earlier.db'}")
    filled(earlier.log, [opened()])
    with (
        closing(open_reader(earlier)) as reader,
        pytest.raises(LogCorrupt, match="ends with event 2, and the log does not have it there"),
    ):
        Export(reader, tmp_path / "files")


def test_a_clock_that_was_set_back_changes_no_earlier_file(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    of_the_first_day_again = day("account-other", 1)
    filled(settings.log, [opened(), *days("account-main", 1, 3), of_the_first_day_again])
    with closing(open_reader(settings)) as reader, closing(Export(reader, tmp_path / "files")) as export:
        assert list(export.advance()) == [5]
    first = tmp_path / "files" / "2025-04-03" / "whence.account.DayOpened.jsonl"
    last = tmp_path / "files" / "2025-04-05" / "whence.account.DayOpened.jsonl"
    assert [len(one.read_bytes().splitlines()) for one in (first, last)] == [1, 2]
    assert read_export(tmp_path / "files").head() == 5
