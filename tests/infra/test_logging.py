"""What the program says beside its answers, and what it never says."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from adapters.tokens.token import Token
from infra.logging import ToStderr, configure

LOG = logging.getLogger("adapters.somewhere")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was said; pytest's own handler has left `message` on the records before."""
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [{name: value for name, value in one.items() if name != "message"} for one in told]


def test_programs_get_one_object_a_line_with_what_was_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO)
    with bound_contextvars(correlation_id="c-1", request_id="r-1"):
        LOG.info("filled %s", "BTCUSDT", extra={"milliseconds": 1.5})
    (told,) = lines(capsys)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "filled BTCUSDT",
        "level": "info",
        "logger": "adapters.somewhere",
        "correlation_id": "c-1",
        "request_id": "r-1",
        "milliseconds": 1.5,
    }


def test_libraries_and_our_own_speak_alike(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO)
    logging.getLogger("asyncio").info("Started %d", 7)
    structlog.get_logger("ours").info("started", process=7)
    library, ours = lines(capsys)
    assert (library["event"], library["logger"]) == ("Started 7", "asyncio")
    assert (ours["event"], ours["logger"], ours["process"]) == ("started", "ours", 7)


def test_an_error_is_one_line_with_all_of_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        LOG.exception("broke")
    (told,) = lines(capsys)
    assert "ZeroDivisionError: division by zero" in told["exception"]


def test_people_get_a_line_they_can_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure()
    LOG.warning("the index is kept in memory")
    (line,) = capsys.readouterr().err.splitlines()
    assert "the index is kept in memory" in line
    assert not line.startswith("{")


def test_no_secret_is_said_in_any_field(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    token = Token.mint().spelled
    hidden = [token, "hunter2", "s3cr3t", "eyJhbGci"]
    fault = ValueError(f"postgresql://desk:hunter2@db/whence and {token}")
    more = {"dsn": "host=db password=s3cr3t", "more": [{"a": token}]}
    LOG.error("asked with %s and Bearer eyJhbGci", token, exc_info=fault, extra=more)
    (line,) = capsys.readouterr().err.splitlines()
    assert [secret for secret in hidden if secret in line] == []
    assert "postgresql://***@db/whence" in line


def test_nothing_below_its_level_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.INFO)
    LOG.debug("looking")
    logging.getLogger("alembic.runtime.migration").info("Context impl")
    structlog.get_logger("ours").debug("looking")
    assert lines(capsys) == []


def test_configured_twice_it_says_things_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    configure()
    LOG.warning("once")
    assert len(lines(capsys)) == 1
    assert sum(isinstance(one, ToStderr) for one in logging.getLogger().handlers) == 1
