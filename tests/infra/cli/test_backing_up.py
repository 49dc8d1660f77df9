"""`whence log backup` and `restore`: a backup while an engine writes, and the same log of it again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.inputs.sqlite import SqliteTape, read_sqlite
from commands.input_tape import SessionBegun
from commands.inputs import Tick
from domain.errors import NotAdopted
from infra.config import WhenceSettings
from infra.inputs import input_tape, taped_batches, taped_inputs, write_tape
from infra.logs import open_any, open_owned, open_reader
from tests.adapters.log.days import LOG_ID, day, days, opened
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled

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


def test_a_log_on_kafka_is_backed_up_as_an_export_while_its_engine_runs_and_restored_into_a_file(
    whence: Whence, kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    source = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    with closing(open_owned(WhenceSettings(log=source))) as engine:
        engine.append([opened(), *days("account-main", 1, 3)])
        assert whence("log", "backup", "kept", "--log", source).code == 0
        engine.append(days("account-main", 4, 5))
    assert whence("log", "restore", "kept", "--log", "sqlite:///again.db").code == 0
    assert _placed("sqlite:///again.db") == _placed(source)[:4]
    adopted = whence("log", "adopt", "--log", "sqlite:///again.db", "--source-lost")
    assert (adopted.code, "Nothing proves" in adopted.err) == (0, False)

    statement = tmp_path / "kept" / "backup.json"
    signed = json.loads(statement.read_text())
    for changed, code, fault in (
        ({"root": "00" * 32}, 4, "are not those that were backed up"),
        ({"notary": "another"}, 1, "its signature was not made for this content"),
        ({"signature": ""}, 1, "backup.json has no signature"),
    ):
        statement.write_text(json.dumps({**signed, **changed}))
        refused = whence("log", "restore", "kept", "--log", "sqlite:///forged.db")
        assert (refused.code, fault in refused.err) == (code, True), refused.err
    accepted = whence("log", "restore", "kept", "--log", "sqlite:///forged.db", "--without-proof")
    assert (accepted.code, "Nothing proves who wrote" in accepted.err) == (0, True), accepted.err


def change_event(file: Path, ordinal: int) -> None:
    """Gives the event the bytes of the one before it."""
    with closing(sqlite3.connect(file)) as changed, changed:
        changed.execute(
            "UPDATE stored_events SET state = (SELECT state FROM stored_events WHERE rowid = ?) WHERE rowid = ?",
            (ordinal - 1, ordinal),
        )


def test_a_backup_that_is_refused_leaves_nothing_so_that_it_can_be_repeated(
    whence: Whence, tmp_path: Path
) -> None:
    filled(_LOG, [opened(), *days("account-main", 1, 3)])
    (tmp_path / "whole.db").write_bytes((tmp_path / "whence.db").read_bytes())
    change_event(tmp_path / "whence.db", 3)
    (tmp_path / "there").mkdir()
    for folder in ("new", "there"):
        refused = whence("log", "backup", folder)
        assert (refused.code, "ordinal 3: its mark" in refused.err) == (4, True), refused.err
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "there").iterdir()) == []
    (tmp_path / "whole.db").replace(tmp_path / "whence.db")
    assert whence("log", "backup", "new").code == 0


def test_the_tape_is_backed_up_and_restored(whence: Whence, tmp_path: Path) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
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


def test_the_tape_of_a_log_on_kafka_is_restored_into_a_file_and_onto_kafka_also_after_an_interruption(
    whence: Whence, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    source = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}")
    with closing(open_owned(source)) as log:
        log.append([opened(), day("account-main", 1)])
        for session in (0, 1):
            with input_tape(source, log, lambda: _NOON) as tape:
                tape.take(
                    SessionBegun(
                        at=_NOON, folded=0, log_id=LOG_ID, account="paper", source="test", since=_NOON
                    )
                )
                tape.take(Tick(_NOON + timedelta(seconds=session)))
    recorded = [one.given for one in taped_inputs(source)]
    assert len(recorded) == 4
    assert whence("log", "backup", "kept", "--log", source.log).code == 0
    first, _second = taped_batches(source)
    for target in ("sqlite:///again.db", f"{source.log}.again"):
        copy = WhenceSettings(log=target)
        if target.startswith("kafka"):
            with closing(open_reader(source)) as reader, closing(open_any(copy, copies=True)) as owned:
                owned.append_recorded(list(reader.read()))
                assert write_tape(copy, owned, [first])
        done = whence("log", "restore", "kept", "--log", target)
        assert (done.code, "Its tape is restored." in done.err) == (0, True), done.err
        assert [one.given for one in taped_inputs(copy)] == recorded
    again = whence("log", "restore", "kept", "--log", target)
    assert again.code == 0, again.err
    assert len(list(taped_batches(copy))) == 2


def test_a_changed_backup_half_a_backup_and_a_folder_with_files_are_refused(
    whence: Whence, tmp_path: Path
) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
    whence("log", "backup", "kept")
    again = whence("log", "backup", "kept")
    assert (again.code, "holds files: name an empty folder" in again.err) == (2, True)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / ".log.db.4711").touch()
    cut = whence("log", "backup", "cut")
    assert (cut.code, ".log.db.4711; a backup that has ended has backup.json" in cut.err) == (2, True), (
        cut.err
    )
    none = whence("log", "backup", "none", "--log", "sqlite:///never.db")
    assert (none.code, (tmp_path / "none").exists()) == (2, False)
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
