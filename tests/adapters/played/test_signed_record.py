"""The record of played candles is used as this installation wrote it, or not at all."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from adapters.marks.key_folder import KeyFolder
from adapters.played import NOTHING_PLAYED, SqlitePlayed
from infra.config import WhenceSettings
from infra.logs import played_store
from infra.run.last_prices import played_prices

LOG, OTHER = UUID(int=1), UUID(int=2)
CANDLE = {"instrument": "BTCUSDT-LINEAR.BYBIT", "open_time": "2025-01-02T11:30:00Z", "close": "59443.7"}
FORGE = """UPDATE played_latest SET candles =
'[{"instrument": "BTCUSDT-LINEAR.BYBIT", "open_time": "2025-01-02T11:30:00Z", "close": "1000"}]'
"""
MOVE = (
    "UPDATE played_candles SET log_id = '00000000-0000-0000-0000-000000000002'",
    "UPDATE played_latest SET log_id = '00000000-0000-0000-0000-000000000002'",
    "UPDATE played_signatures SET log_id = '00000000-0000-0000-0000-000000000002'",
)


def recorded(path: Path) -> SqlitePlayed:
    """A record of five candles, written in two steps."""
    record = SqlitePlayed(path)
    record.add(LOG, 0, array("I", [1, 2, 3]), [CANDLE])
    record.add(LOG, 3, array("I", [4, 5]), [CANDLE])
    return record


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_record_is_read_as_it_was_written_and_prices_the_market(tmp_path: Path) -> None:
    record = recorded(tmp_path / "record.db")
    assert list(record.read(LOG).checksums) == [1, 2, 3, 4, 5]
    assert [str(one.price) for one in played_prices(record)(LOG, 5)] == ["59443.7"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(FORGE, id="another price"),
        pytest.param("DELETE FROM played_latest", id="no prices"),
        pytest.param(
            "UPDATE played_candles SET checksums = x'0000000900000005' WHERE first = 3", id="checksum"
        ),
        pytest.param("DELETE FROM played_candles WHERE first = 0", id="first candles removed"),
        pytest.param("DELETE FROM played_candles WHERE first = 3", id="last candles removed"),
        pytest.param(
            "INSERT INTO played_candles SELECT log_id, 5, checksums FROM played_candles WHERE first = 3",
            id="candles added",
        ),
        pytest.param("UPDATE played_candles SET first = 9 - first", id="candles in another order"),
        pytest.param("DELETE FROM played_signatures", id="no signature, as of an earlier version"),
        pytest.param("UPDATE played_signatures SET signature = zeroblob(24)", id="another key"),
        pytest.param("UPDATE played_signatures SET signature = 'abcdefghijklmnopqrstuvwx'", id="text"),
        pytest.param("UPDATE played_signatures SET signature = NULL, digest = NULL", id="nothing"),
        pytest.param("UPDATE played_latest SET candles = zeroblob(9)", id="bytes as prices"),
        pytest.param("UPDATE played_candles SET checksums = NULL", id="no checksums"),
    ],
)
def test_a_record_that_somebody_changed_gives_no_prices_and_compares_nothing(
    tmp_path: Path, statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    record = recorded(tmp_path / "record.db")
    changed(tmp_path / "record.db", statement)
    assert record.read(LOG) == NOTHING_PLAYED
    assert not played_prices(record)(LOG, 0)
    assert "the record of played candles in" in caplog.text


def test_the_record_of_another_log_is_not_used(tmp_path: Path) -> None:
    record = recorded(tmp_path / "record.db")
    changed(tmp_path / "record.db", *MOVE)
    assert record.read(OTHER) == NOTHING_PLAYED


def test_a_record_of_another_installation_is_not_used(tmp_path: Path) -> None:
    recorded(tmp_path / "record.db")
    elsewhere = SqlitePlayed(tmp_path / "record.db", KeyFolder(tmp_path / "keys"))
    assert elsewhere.read(LOG) == NOTHING_PLAYED


def test_an_earlier_copy_of_the_record_is_no_price_after_the_logs_last_mark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not played_prices(recorded(tmp_path / "record.db"))(LOG, 6)
    assert "it ends at candle 5, and the log's last mark was made at candle 6" in caplog.text


@pytest.mark.parametrize("first", [4, 6])
def test_candles_that_do_not_follow_on_the_record_are_not_added(tmp_path: Path, first: int) -> None:
    record = recorded(tmp_path / "record.db")
    record.add(LOG, first, array("I", [9]), [CANDLE])
    assert list(record.read(LOG).checksums) == [1, 2, 3, 4, 5]


def test_a_changed_record_is_never_signed_by_adding_to_it(tmp_path: Path) -> None:
    record = recorded(tmp_path / "record.db")
    changed(tmp_path / "record.db", "UPDATE played_candles SET checksums = x'00000009' WHERE first = 0")
    record.add(LOG, 5, array("I", [6]), [CANDLE])
    assert record.read(LOG) == NOTHING_PLAYED


def test_a_record_that_is_made_anew_replaces_a_changed_one(tmp_path: Path) -> None:
    record = recorded(tmp_path / "record.db")
    changed(tmp_path / "record.db", "DELETE FROM played_signatures")
    record.add(LOG, 0, array("I", [7]), [CANDLE])
    assert list(record.read(LOG).checksums) == [7]


def _file_of_a_log(folder: Path) -> Path:
    """A file such as the owner of a log makes before its candles are recorded."""
    path = folder / "whence.db"
    path.touch()
    return path


KEPT: dict[str, Callable[[Path], str]] = {
    "SQLite": lambda folder: f"sqlite:///{_file_of_a_log(folder)}",
    "PostgreSQL": lambda _folder: "postgresql://eve@localhost:1/whence",
    "Kafka": lambda _folder: "kafka://localhost:1/whence.events",
}


@pytest.mark.parametrize("kind", KEPT)
def test_the_record_of_a_log_on_each_storage_is_signed(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with played_store(WhenceSettings(log=KEPT[kind](tmp_path))) as store:
        assert store is not None
        store.add(LOG, 0, array("I", [1]), [CANDLE])
        assert len(store.read(LOG).checksums) == 1
        (file,) = tmp_path.rglob("*.db")
        changed(file, FORGE)
        assert store.read(LOG) == NOTHING_PLAYED
