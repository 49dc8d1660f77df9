"""`whence log backup` and `restore`: a backup while an engine writes, and the same log of it again."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.inputs.sqlite import SqliteTape, read_sqlite
from commands.input_tape import SessionBegun
from commands.inputs import Tick
from domain.errors import NotAdopted
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.log.days import LOG_ID, day, opened
from tests.infra.cli.conftest import Whence

_LOG = "sqlite:///whence.db"
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _placed(log: str) -> list[tuple[int, str, int, bytes]]:
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        return list(reader.placed(0, reader.head()))


def test_a_backup_of_a_log_that_an_engine_writes_is_a_whole_earlier_log_and_a_copy(
    whence: Whence, tmp_path: Path
) -> None:
    stopped = threading.Event()
    with closing(open_owned(WhenceSettings(log=_LOG))) as log:
        log.append([opened(), day("account-main", 1)])

        def write() -> None:
            version = 2
            while not stopped.is_set():
                log.append([day("account-main", version)])
                version += 1

        engine = threading.Thread(target=write)
        engine.start()
        try:
            while log.head() < 10:
                pass
            made = whence("log", "backup", "kept")
        finally:
            stopped.set()
            engine.join()
        assert made.code == 0, made.err
        written = log.head()
    events = json.loads((tmp_path / "kept" / "backup.json").read_text())["events"]
    assert 10 <= events <= written
    restored = whence("log", "restore", "kept", "--log", "sqlite:///again.db")
    assert restored.code == 0, restored.err
    assert _placed("sqlite:///again.db") == _placed(_LOG)[:events]
    for copy in ("sqlite:///again.db", "sqlite:///kept/log.db"):
        with pytest.raises(NotAdopted):
            open_owned(WhenceSettings(log=copy))
    adopted = whence("log", "adopt", "--log", "sqlite:///again.db", "--source-lost", "--by", "me")
    assert adopted.code == 0, adopted.err
    open_owned(WhenceSettings(log="sqlite:///again.db")).close()


def test_a_log_on_kafka_is_backed_up_as_an_export_and_restored_into_a_file(
    whence: Whence, tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    source = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    with closing(open_owned(WhenceSettings(log=source))) as log:
        log.append([opened(), *(day("account-main", version) for version in (1, 2, 3))])
    assert whence("log", "backup", "kept", "--log", source).code == 0
    assert whence("log", "restore", "kept", "--log", "sqlite:///again.db").code == 0
    assert _placed("sqlite:///again.db") == _placed(source)


def test_the_tape_is_backed_up_and_restored(whence: Whence, tmp_path: Path) -> None:
    with closing(open_owned(WhenceSettings(log=_LOG))) as log:
        log.append([opened(), day("account-main", 1)])
    with closing(SqliteTape(tmp_path / "whence.db", lambda: _NOON)) as tape:
        tape.take(
            SessionBegun(at=_NOON, folded=0, log_id=LOG_ID, account="paper", source="test", since=_NOON)
        )
        tape.take(Tick(_NOON))
        tape.keep()
    assert whence("log", "backup", "kept").code == 0
    done = whence("log", "restore", "kept", "--log", "sqlite:///again.db")
    assert (done.code, "Its tape is restored." in done.err) == (0, True), done.err
    restored = [one.given for one in read_sqlite(tmp_path / "again.db")]
    assert restored == [one.given for one in read_sqlite(tmp_path / "whence.db")]
    assert len(restored) == 2


def test_a_changed_backup_half_a_backup_and_a_folder_with_files_are_refused(
    whence: Whence, tmp_path: Path
) -> None:
    with closing(open_owned(WhenceSettings(log=_LOG))) as log:
        log.append([opened(), day("account-main", 1)])
    whence("log", "backup", "kept")
    again = whence("log", "backup", "kept")
    assert (again.code, "holds files: name an empty folder" in again.err) == (2, True)
    shutil.copytree(tmp_path / "kept", tmp_path / "half")
    (tmp_path / "half" / "backup.json").unlink()
    half = whence("log", "restore", "half", "--log", "sqlite:///again.db")
    assert (half.code, "is no whole backup" in half.err) == (2, True)
    with (tmp_path / "kept" / "log.db").open("rb+") as file:
        file.seek(3000)
        file.write(b"\xff")
    changed = whence("log", "restore", "kept", "--log", "sqlite:///again.db")
    assert (changed.code, "is not as the backup made it" in changed.err) == (4, True)
    assert not (tmp_path / "again.db").exists()
