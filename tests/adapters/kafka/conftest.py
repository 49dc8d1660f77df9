"""A log on the real broker for each test, and the environment that opens it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventsourcing.utils import Environment

from tests.adapters.kafka.logs import Logs, environment


@pytest.fixture
def env(kafka_bootstrap_servers: str, kafka_topic: str) -> Environment:
    """The environment of this test's log."""
    return environment(kafka_bootstrap_servers, kafka_topic)


@pytest.fixture
def logs(env: Environment) -> Iterator[Logs]:
    """Opens this test's log, several times if needed."""
    with Logs(env) as opened:
        yield opened
