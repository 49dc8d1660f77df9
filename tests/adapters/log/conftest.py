"""Logs of every kind, opened by their addresses as the program does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.log.recorder_log import RecordedLog, RecorderLog
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader


class Place:
    """The place of a log that does not exist yet. Opened logs are closed after the test."""

    def __init__(self, address: str, held: ExitStack) -> None:
        self._settings, self._held = WhenceSettings(log=address), held

    def own(self) -> RecorderLog:
        log = open_owned(self._settings)
        self._held.callback(log.close)
        return log

    def read(self) -> RecordedLog:
        log = open_reader(self._settings)
        self._held.callback(log.close)
        return log


def _sqlite(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:///{folder / 'log.db'}"


def _postgres(request: pytest.FixtureRequest) -> str:
    database: str = request.getfixturevalue("postgres_database")
    return database


def _kafka(request: pytest.FixtureRequest) -> str:
    return f"kafka://{request.getfixturevalue('kafka_bootstrap_servers')}/{request.getfixturevalue('kafka_topic')}"


def _memory(_request: pytest.FixtureRequest) -> str:
    return "memory:"


_ADDRESS_OF: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "sqlite": _sqlite,
    "postgresql": _postgres,
    "kafka": _kafka,
    "memory": _memory,
}


@pytest.fixture(params=_ADDRESS_OF)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place for a log of each kind."""
    with ExitStack() as held:
        yield Place(_ADDRESS_OF[request.param](request), held)


@pytest.fixture(params=[kind for kind in _ADDRESS_OF if kind != "memory"])
def kept(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place for a log of each kind that outlives its process."""
    with ExitStack() as held:
        yield Place(_ADDRESS_OF[request.param](request), held)
