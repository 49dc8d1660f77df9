"""The program's log: its format for people and for programs, and the masking of secrets."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from adapters.tokens.token import Token
from infra.logging import ToStderr, configure

LOG = logging.getLogger("adapters.somewhere")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The logged lines without `message`, which pytest's handler adds to the records."""
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [{name: value for name, value in one.items() if name != "message"} for one in logged]


def test_programs_get_one_json_object_a_line_with_the_bound_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(logging.INFO)
    with bound_contextvars(correlation_id="c-1", request_id="r-1"):
        LOG.info("filled %s", "BTCUSDT", extra={"milliseconds": 1.5})
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "filled BTCUSDT",
        "level": "info",
        "logger": "adapters.somewhere",
        "correlation_id": "c-1",
        "request_id": "r-1",
        "milliseconds": 1.5,
    }


def test_lines_of_libraries_and_of_the_program_have_the_same_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(logging.INFO)
    logging.getLogger("asyncio").info("Started %d", 7)
    LOG.info("started", extra={"candles": 7})
    library, ours = lines(capsys)
    assert (library["event"], library["logger"]) == ("Started 7", "asyncio")
    assert (ours["event"], ours["logger"], ours["candles"]) == ("started", "adapters.somewhere", 7)


def test_an_error_is_one_line_with_its_whole_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        LOG.exception("broke")
    (line,) = lines(capsys)
    assert "ZeroDivisionError: division by zero" in line["exception"]


def test_people_on_a_terminal_get_a_readable_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure()
    LOG.warning("the index of %s is kept in memory", "postgresql://desk:hunter2@db/whence")
    assert capsys.readouterr().err == "warning: the index of postgresql://***@db/whence is kept in memory\n"
    configure(logging.INFO)
    LOG.warning("the index is kept in memory")
    (line,) = capsys.readouterr().err.splitlines()
    assert "the index is kept in memory" in line
    assert "adapters.somewhere" in line
    assert not line.startswith("{")


def test_secrets_are_masked_in_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    token = Token.mint().spelled
    hidden = [token, "hunter2", "s3cr3t", "eyJhbGci"]
    fault = ValueError(f"postgresql://desk:hunter2@db/whence and {token}")
    more = {"dsn": "host=db password=s3cr3t", "more": [{"a": token}]}
    LOG.error("requested with %s and Bearer eyJhbGci", token, exc_info=fault, extra=more)
    (line,) = capsys.readouterr().err.splitlines()
    assert [secret for secret in hidden if secret in line] == []
    assert "postgresql://***@db/whence" in line


def test_lines_below_the_level_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO)
    LOG.debug("looking")
    logging.getLogger("alembic.runtime.migration").info("Context impl")
    assert lines(capsys) == []


def test_a_second_configuration_does_not_log_a_line_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    configure()
    LOG.warning("once")
    assert len(lines(capsys)) == 1
    assert sum(isinstance(one, ToStderr) for one in logging.getLogger().handlers) == 1


def test_the_lines_of_a_second_process_have_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO, "api")
    LOG.info("started")
    assert [line["program"] for line in lines(capsys)] == ["api"]


def test_lines_go_on_in_a_new_file_after_the_file_of_the_standard_error_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, moved = tmp_path / "whence.log", tmp_path / "whence.log.1"
    with path.open("a", buffering=1) as stderr:
        path.chmod(0o640)
        monkeypatch.setattr(sys, "stderr", stderr)
        configure(logging.INFO, "live")
        logging.getLogger("whence").info("before")
        path.rename(moved)
        for number in range(3):
            logging.getLogger("whence").info("after %d", number)
        monkeypatch.undo()
    assert [json.loads(one)["event"] for one in moved.read_text().splitlines()] == ["before"]
    after = [json.loads(one)["event"] for one in path.read_text().splitlines()]
    assert after == ["after 0", "after 1", "after 2"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_lines_go_on_in_the_moved_file_while_no_new_one_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, moved = tmp_path / "lines", tmp_path / "moved"
    folder.mkdir()
    with (folder / "whence.log").open("a", buffering=1) as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        configure(logging.INFO)
        folder.rename(moved)
        logging.getLogger("whence").info("kept")
        monkeypatch.undo()
    assert json.loads((moved / "whence.log").read_text())["event"] == "kept"
