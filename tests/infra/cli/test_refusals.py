"""Invalid input ends with one message and an exit code, without a traceback, and creates no log."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from infra.servers.port import free_port
from tests.adapters.tapes.sheets import HEADER, row, sheet, write
from tests.infra.cli.conftest import Whence

ROWS = [row(index) for index in range(300)]
GOOD = sheet(ROWS)


def spoilt(column: int, text: str) -> str:
    """The valid tape with one cell of row 101 replaced."""
    cells = [list(cells) for cells in ROWS]
    cells[99][column] = text
    return sheet(cells)


INVALID_TAPES = [
    pytest.param(GOOD.replace("volume", "weight", 1), "row 1: missing column: volume", id="a missing column"),
    pytest.param(spoilt(1, "ten"), "row 101: open 'ten' is not a number", id="text in a price"),
    pytest.param(spoilt(4, "NaN"), "row 101: close 'NaN' is not a number", id="NaN"),
    pytest.param(spoilt(4, "Infinity"), "row 101: close 'Infinity' is not a number", id="infinity"),
    pytest.param(spoilt(5, "-1"), "row 101: volume -1 is negative", id="a negative volume"),
    pytest.param(spoilt(2, "1"), "row 101: high 1 is below low", id="high below low"),
    pytest.param(spoilt(0, ROWS[90][0]), "row 101: repeats the time of row 92", id="a repeated time"),
    pytest.param(spoilt(0, "2025-04-01 00:00:00"), "row 101: the time goes back", id="times go back"),
    pytest.param(sheet(ROWS[::2]), "row 3: wrong interval", id="a wrong interval"),
    pytest.param("", "is empty", id="an empty file"),
    pytest.param(f"{HEADER}\n", "row 1: only a header", id="only a header"),
    pytest.param(GOOD[:-20], "row 301: the file is cut off here", id="a truncated file"),
    pytest.param(b"\x89PNG\r\n\x1a\n\x00", "row 1: is not text", id="a picture"),
]


@pytest.mark.parametrize(("content", "fault"), INVALID_TAPES)
def test_an_invalid_tape_is_refused_with_its_row_and_begins_no_log(
    whence: Whence, tmp_path: Path, content: str | bytes, fault: str
) -> None:
    write(tmp_path, content)
    done = whence("paper", "--candles", "BTCUSDT_5m.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("whence: BTCUSDT_5m.csv"), done.err
    assert fault in done.err
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["BTCUSDT_5m.csv"], "a log was created"


def test_an_invalid_second_tape_is_refused_with_its_row(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, spoilt(3, "x"), "ETHUSDT_5m.csv")
    done = whence("paper", "--candles", "BTCUSDT_5m.csv", "ETHUSDT_5m.csv")
    assert done.code == 2
    assert done.err.startswith("whence: ETHUSDT_5m.csv, row 101: ")
    assert not (tmp_path / "whence.db").exists()


def test_an_invalid_tape_leaves_an_existing_log_unchanged(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert whence("paper", "BTCUSDT_5m.csv").code == 0
    before = (tmp_path / "whence.db").read_bytes()
    write(tmp_path, spoilt(1, "ten"))
    assert whence("paper", "BTCUSDT_5m.csv").code == 2
    assert (tmp_path / "whence.db").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        pytest.param(("--candles", "gone.csv"), "gone.csv: there is no such file", id="no file"),
        pytest.param(("--candles", "."), ".: is a folder", id="a folder"),
        pytest.param(("--candles", "BTCUSDT_5m.csv", "--symbol", "A", "--symbol", "B"), "1 files", id="symbols"),
        pytest.param(("--candles", "BTCUSDT_5m.csv", "BTCUSDT_5m.csv"), "more than one tape of BTCUSDT", id="twice"),
        pytest.param(("--candles", "BTCUSDT_5m.csv", "--symbol", "no-symbol!"), "symbol", id="no symbol"),
        pytest.param(("--candles", "BTCUSDT_5m.csv", "--seed", "1"), "--bars are for a synthetic market", id="seed"),
        pytest.param(("--pace", "fast"), "--pace 'fast' is not a pace; write it like 60x", id="no pace"),
        pytest.param(("--pace", "0x"), "--pace '0x' is not a pace", id="pace zero"),
        pytest.param(("--pace", "-1x"), "--pace '-1x' is not a pace", id="pace below zero"),
        pytest.param(("--pace", "1e9x"), "--pace '1e9x' is not a pace", id="pace with an exponent"),
        pytest.param(("--pace", "\u0663x"), "--pace '\u0663x' is not a pace", id="pace in other digits"),
        pytest.param(("--bars", "1_0"), "'1_0' is not a whole number in the digits", id="bars with an underscore"),
        pytest.param(("--seed", "\uff17"), "'\uff17' is not a whole number in the digits", id="seed in full width"),
        pytest.param(("--port", "\u0668\u0660"), "is not a whole number in the digits", id="port in Arabic digits"),
        pytest.param(("--port", "65536"), "65536 is above 65535", id="port too large"),
        pytest.param(("--balance", "1_000"), "command line: --balance: ", id="balance with an underscore"),
        pytest.param(("--leverage", "\uff12"), "command line: --leverage: ", id="leverage in full width"),
        pytest.param(("--bars", "0"), "0 is below 1", id="no bars"),
        pytest.param(("--bars", "many"), "--bars", id="bars in words"),
        pytest.param(("--seed", "x"), "--seed", id="seed in words"),
        pytest.param(("--balance", "NaN"), "command line: --balance: ", id="balance NaN"),
        pytest.param(("--balance", "-1"), "command line: --balance: ", id="balance below zero"),
        pytest.param(("--leverage", "5x"), "not a number; write it like 5 or 2.5", id="leverage with a sign"),
        pytest.param(("--balance", "much"), "not a number; write it like 10000 or 2500.50", id="balance in words"),
        pytest.param(("--leverage", "0.5"), "--leverage", id="leverage below one"),
        pytest.param(("--leverage", "1000"), "leverage 1000 is too much", id="leverage beyond the exchange's"),
        pytest.param(("--account", "A-B"), "--account", id="no account"),
        pytest.param(("--account", "system"), "--account", id="a reserved account"),
        pytest.param(("--config", "gone.toml"), "gone.toml: No such file", id="no settings"),
        pytest.param(("--colour", "red"), "--colour", id="no option"),
        pytest.param(("--log", "whence.db"), "this is not the address of a log; write sqlite:///", id="a path"),
        pytest.param(("--log", "mysql://u:hushhush@host/db"), "'mysql' is not a kind of log", id="another database"),
        pytest.param(("--log", "sqlite://whence.db"), "after three slashes", id="two slashes"),
        pytest.param(("--log", "sqlite:///a.db?x=1"), "a file has no options", id="options of a file"),
        pytest.param(("--log", "sqlite://["), "its host is invalid", id="no host"),
        pytest.param(("--log", "sqlite:///no/such/folder/a.db"), "create it first", id="no folder"),
        pytest.param(("--log", "sqlite:///."), ". is a folder; a log is a file", id="a folder for a log"),
        pytest.param(("--log", "kafka://localhost:9092"), "HOST:PORT and a topic", id="no topic"),
        pytest.param(("--log", "kafka://host:9092/t?partition=x"), "one whole number", id="no partition"),
        pytest.param(("--log", "kafka://host:9092/t?partition=-1"), "one whole number", id="partition below zero"),
        pytest.param(("--log", "kafka://host:9092/t?acks=1"), "its only option", id="options of Kafka"),
        pytest.param(("--log", "kafka://me:hushhush@host:9092/t"), "logins belong in", id="a login"),
        pytest.param(("--log", "postgresql://me:hushhush/7@host/db"), "port is not a number", id="a slash"),
        pytest.param(("--log", "postgresql://me:hushhush@host"), "a host and a database", id="no database"),
        pytest.param(("--log", "//me:hushhush@host/db"), "this is not the address of a log", id="no kind"),
    ],
)  # fmt: skip
def test_an_invalid_option_is_refused_without_a_password_and_begins_no_log(
    whence: Whence, tmp_path: Path, words: Sequence[str], fault: str
) -> None:
    write(tmp_path, GOOD)
    done = whence("paper", *words)
    assert done.code == 2, done
    assert fault in " ".join(done.err.split()), done.err
    assert "Traceback" not in done.err
    assert "hushhush" not in done.err + done.out, "the message repeats a password"
    assert [path.name for path in tmp_path.iterdir()] == ["BTCUSDT_5m.csv"], "a log was created"


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("leverege = 2\n[trading.risk]\nmax_position = 3\n")
    done = whence("paper")
    assert (done.code, done.err) == (2, "whence: whence.toml: leverege: unknown; did you mean leverage?\n")
    (tmp_path / "whence.toml").write_text("[trading.risk]\nmax_position = 3\n")
    done = whence("paper")
    assert done.code == 2
    assert done.err == "whence: trading.risk.max_position: no such setting; did you mean max_positions?\n"
    assert not (tmp_path / "whence.db").exists()


@pytest.mark.parametrize("words", [("paper",), ("log",)])
def test_a_missing_kafka_is_reported_within_seconds_with_its_address(
    whence: Whence, words: Sequence[str]
) -> None:
    address, began = f"127.0.0.1:{free_port()}", time.monotonic()
    done = whence(*words, "--log", f"kafka://{address}/whence.events")
    assert time.monotonic() - began < 15
    assert done.code == 4
    assert done.err.splitlines()[-1].startswith("whence: ")
    assert address in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [("paper",), ("log",), ("explain", "x")])
def test_a_missing_postgresql_is_reported_within_seconds_without_a_password(
    whence: Whence, words: Sequence[str]
) -> None:
    port, began = free_port(), time.monotonic()
    done = whence(*words, "--log", f"postgresql://me:hushhush@127.0.0.1:{port}/db")
    assert time.monotonic() - began < 15
    assert done.code == 4
    assert f"whence: postgresql://me@127.0.0.1:{port}/db does not answer: " in done.err
    assert "hushhush" not in done.err


@pytest.mark.parametrize("words", [("log",), ("explain", "x")])
def test_reading_a_missing_file_is_refused_and_creates_none(
    whence: Whence, tmp_path: Path, words: Sequence[str]
) -> None:
    done = whence(*words)
    assert done.code == 2
    assert (
        done.err
        == "whence: there is no log at whence.db; `whence paper --log sqlite:///whence.db` begins one on candles, "
        "`whence live --log sqlite:///whence.db` one on an exchange\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("log",), ("explain", "x")])
def test_reading_a_missing_topic_is_refused_and_creates_none(
    whence: Whence, kafka_bootstrap_servers: str, kafka_topic: str, words: Sequence[str]
) -> None:
    for _again in range(2):
        done = whence(*words, "--log", f"kafka://{kafka_bootstrap_servers}/{kafka_topic}")
        assert done.code == 4
        assert f"there is no topic {kafka_topic}" in done.err


@pytest.mark.parametrize("words", [("log",), ("explain", "x")])
def test_reading_a_database_without_a_log_is_refused(
    whence: Whence, postgres_database: str, words: Sequence[str]
) -> None:
    done = whence(*words, "--log", postgres_database)
    assert done.code == 2
    assert "whence: there is no log in postgresql://" in done.err


@pytest.mark.parametrize("words", [("paper",), ("log",), ("explain", "x")])
def test_a_file_that_is_not_a_log_is_refused_and_unchanged(
    whence: Whence, tmp_path: Path, words: Sequence[str]
) -> None:
    (tmp_path / "text.db").write_text("a diary\n" * 100)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE stamps (country TEXT)")
    for name in ("text.db", "other.db"):
        before = (tmp_path / name).read_bytes()
        done = whence(*words, "--log", f"sqlite:///{name}")
        assert done.code == 4
        assert f"{name} is not a log of events: " in done.err
        assert (tmp_path / name).read_bytes() == before


EDITS = [
    pytest.param("DELETE FROM stored_events WHERE rowid = 1", "ordinal 1 is missing", id="the first removed"),
    pytest.param("DELETE FROM stored_events WHERE rowid = 9", "ordinal 9 is missing", id="one removed"),
    pytest.param(
        "UPDATE stored_events SET state = substr(state, 1, 40) WHERE rowid = 9", "ordinal 9: ", id="cut short"
    ),
    pytest.param("UPDATE stored_events SET state = 'x' WHERE rowid = 9", "ordinal 9: ", id="text for bytes"),
    pytest.param("UPDATE stored_events SET state = x'00' WHERE rowid = 9", "ordinal 9: ", id="other bytes"),
    pytest.param(
        "UPDATE stored_events SET state = (SELECT state FROM stored_events WHERE rowid = 8) WHERE rowid = 9",
        "ordinal 9: its mark was not made with key",
        id="another's bytes",
    ),
    pytest.param(
        "UPDATE stored_events SET originator_version = 99 WHERE rowid = 9",
        "ordinal 9: its mark was not made with key",
        id="another version",
    ),
    pytest.param(
        "UPDATE stored_events SET originator_id = 'log-2' WHERE rowid = 9",
        "ordinal 9: its mark was not made with key",
        id="another stream",
    ),
    pytest.param(
        "INSERT INTO stored_events SELECT originator_id, originator_version + 7000, topic, state FROM stored_events"
        " WHERE rowid = 9",
        " mark",
        id="one put in",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "fault"), EDITS)
@pytest.mark.parametrize("words", [("paper", "--bars", "600"), ("log",), ("explain", "x")])
def test_an_edited_log_is_refused_with_the_ordinal_and_unchanged(
    whence: Whence, tmp_path: Path, words: Sequence[str], edit: str, fault: str
) -> None:
    assert whence("paper", "--bars", "600").code == 0
    with closing(sqlite3.connect(tmp_path / "whence.db")) as log:
        assert log.execute(edit).rowcount == 1
        log.commit()
        left = log.execute("SELECT rowid, * FROM stored_events").fetchall()
    done = whence(*words)
    assert done.code == 4, done.err
    assert fault in done.err
    assert "Traceback" not in done.err
    with closing(sqlite3.connect(tmp_path / "whence.db")) as log:
        assert log.execute("SELECT rowid, * FROM stored_events").fetchall() == left
