"""Requests to a partition's leader, which may have been killed: short tries, each one twice as long, to the timeout."""

from __future__ import annotations

import pytest
from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.errors import KafkaUnavailable

_PARTITION = TopicPartition("whence.events", 0)


class Silent:
    """An admin client whose first `silent` requests get no response; `tries` are the seconds that each one waited."""

    def __init__(self, silent: int) -> None:
        self._silent = silent
        self.tries: list[float] = []
        self.now = 100.0

    def within(self, timeout: float) -> Silent:
        self.tries.append(timeout)
        return self

    def end_of(self, _partition: TopicPartition, _isolation: IsolationLevel) -> int:
        if len(self.tries) > self._silent:
            return 7
        self.now += self.tries[-1]
        raise KafkaUnavailable(f"no response within {self.tries[-1]:g} s")


def _clients(monkeypatch: pytest.MonkeyPatch, admin: Silent) -> Clients:
    monkeypatch.setattr(Clients, "admin", property(lambda _: admin))
    monkeypatch.setattr("adapters.kafka.client.monotonic", lambda: admin.now)
    return Clients(ClientSettings({"bootstrap.servers": "127.0.0.1:1"}), 10.0)


def test_a_leader_that_was_killed_costs_short_tries_until_another_one_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = Silent(2)
    assert _clients(monkeypatch, admin).end_of(_PARTITION, IsolationLevel.READ_COMMITTED) == 7
    assert admin.tries == [1.0, 2.0, 4.0]


def test_without_any_response_the_request_is_refused_at_the_timeout_which_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = Silent(1_000)
    with pytest.raises(KafkaUnavailable, match=r"no response within 0\.1 s, in tries over 10 s"):
        _clients(monkeypatch, admin).end_of(_PARTITION, IsolationLevel.READ_COMMITTED)
    assert admin.tries[:4] == pytest.approx([1.0, 2.0, 4.0, 3.0])
    assert sum(admin.tries) < 10.5
