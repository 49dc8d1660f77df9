"""Leases of books on a real broker: their epochs, and an outage."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import pytest

from adapters.book_topic.leases import VALID_SECONDS, BookLeases
from adapters.book_topic.owner import Owner, owner_text
from adapters.book_topic.place import LeaseTopic
from domain.errors import InvalidInput
from infra.servers.kafka import KafkaBroker
from tests.conftest import unused_topic

PATIENCE = 60.0
BTC = "BTCUSDT-LINEAR.BYBIT"


class Seconds:
    """The machine's clock, which a test moves ahead."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def until(leases: BookLeases, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, leases.held
        leases.step(0.1)


def test_a_later_owner_has_a_greater_epoch_although_its_clock_is_behind(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    place = LeaseTopic(kafka_bootstrap_servers, kafka_topic)
    epochs = list[set[int]]()
    for now_ms in (1_000_000, 5):
        with closing(BookLeases(place, "bybit", lambda: now_ms)) as leases:  # noqa: B023
            until(leases, lambda: len(leases.held) == leases.partitions)
            assert leases.are_valid
            epochs.append({one.epoch for one in leases.held.values()})
    assert epochs == [{1_000_000}, {1_000_001}]


def test_leases_are_not_valid_during_an_outage_of_the_broker_and_are_renewed_after_it(
    private_broker: KafkaBroker,
) -> None:
    with unused_topic(private_broker.url) as events:
        seconds = Seconds()
        place = LeaseTopic(private_broker.url, events)
        with closing(BookLeases(place, "bybit", lambda: 1_000_000, seconds)) as leases:
            until(leases, lambda: len(leases.held) == leases.partitions and leases.are_valid)
            private_broker.kill()
            seconds.ahead += VALID_SECONDS
            leases.step(0.1)
            assert not leases.are_valid
            private_broker.start()
            until(leases, lambda: len(leases.held) == leases.partitions and leases.are_valid)


def test_an_owner_states_what_it_publishes_of_its_leases_to_the_others(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    place, seconds = LeaseTopic(kafka_bootstrap_servers, kafka_topic), Seconds()
    with (
        closing(BookLeases(place, "bybit", lambda: 1_000)) as first,
        closing(BookLeases(place, "bybit", lambda: 1_000, seconds, source="bybit-testnet")) as second,
    ):
        first.state({number: [BTC] for number in range(first.partitions)})
        end = time.monotonic() + PATIENCE
        while not (second.held and first.held and len(second.owners) == len(first.held)):
            assert time.monotonic() < end, (first.held, second.owners)
            first.step(0.05)
            second.step(0.05)
            seconds.ahead += 1.0
        assert set(second.owners) == set(first.held)
        assert set(second.owners.values()) == {Owner("bybit", frozenset({BTC}))}


def test_more_instruments_of_one_lease_than_kafka_keeps_are_refused() -> None:
    with pytest.raises(InvalidInput, match="200 of the --instruments are of one lease"):
        owner_text("bybit", [f"A{number}USDT-LINEAR.BYBIT" for number in range(200)])
