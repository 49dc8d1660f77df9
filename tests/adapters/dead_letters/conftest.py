"""A store of dead letters of each kind, opened as the program opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.dead_letters.store import DeadLetters
from infra.config import WhenceSettings
from infra.dead_letters import open_letters

Opened = Callable[[], DeadLetters]


@pytest.fixture(params=["sqlite", "postgresql", "kafka"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> WhenceSettings:
    """The settings of a log of this kind, which has no letters."""

    def address() -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / 'log.db'}"
        if request.param == "postgresql":
            return str(request.getfixturevalue("postgres_database"))
        servers, topic = (
            request.getfixturevalue("kafka_bootstrap_servers"),
            request.getfixturevalue("kafka_topic"),
        )
        return f"kafka://{servers}/{topic}.events?partition=0"

    return WhenceSettings(log=address())


@pytest.fixture
def opened(settings: WhenceSettings) -> Iterator[Opened]:
    """Opens the store once more, as another process would."""
    found: list[DeadLetters] = []

    def open_one() -> DeadLetters:
        found.append(open_letters(settings))
        return found[-1]

    yield open_one
    for letters in found:
        letters.close()


@pytest.fixture
def letters(opened: Opened) -> DeadLetters:
    return opened()
