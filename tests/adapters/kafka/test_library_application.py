"""The library's application cases, unmodified, with `PERSISTENCE_MODULE=adapters.kafka` in the environment."""

from __future__ import annotations

import eventsourcing.tests.application as library
import pytest
from eventsourcing.utils import Environment


class OnKafka:
    """Sets the environment of each case to a log of its own."""

    @pytest.fixture(autouse=True)
    def _environment(self, env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in env.items():
            monkeypatch.setenv(name, value)


class TestExampleApplication(OnKafka, library.ExampleApplicationTestCase):
    expected_factory_topic = "adapters.kafka.factory:KafkaFactory"


# One case expects a warning of the library that this project's settings suppress.
@pytest.mark.filterwarnings("always::DeprecationWarning")
class TestApplication(OnKafka, library.ApplicationTestCase):
    """The library's cases, unmodified."""
