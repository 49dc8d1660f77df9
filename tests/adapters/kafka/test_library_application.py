"""The library's application cases, unmodified, with `PERSISTENCE_MODULE=adapters.kafka` in the environment."""

from __future__ import annotations

import eventsourcing.tests.application as library
import pytest
from eventsourcing.utils import Environment


class OnKafka:
    """Puts a log of its own into each case's environment."""

    @pytest.fixture(autouse=True)
    def _environment(self, env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in env.items():
            monkeypatch.setenv(name, value)


class TestExampleApplication(OnKafka, library.ExampleApplicationTestCase):
    expected_factory_topic = "adapters.kafka.factory:KafkaFactory"


# One case wants to see a warning of the library's that this project's settings keep quiet.
@pytest.mark.filterwarnings("always::DeprecationWarning")
class TestApplication(OnKafka, library.ApplicationTestCase):
    """Every case of the library's, as it stands."""
