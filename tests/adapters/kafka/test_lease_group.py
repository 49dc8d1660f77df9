"""Which errors of Kafka end a member of a group of leases, and which pass."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from adapters.kafka.lease_group import Trouble


@pytest.fixture
def now() -> list[float]:
    return [1_000.0]


@pytest.fixture
def trouble(now: list[float]) -> Trouble:
    return Trouble(lambda: now[0])


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(KafkaError.GROUP_AUTHORIZATION_FAILED, id="a right that is missing"),
        pytest.param(KafkaError.INCONSISTENT_GROUP_PROTOCOL, id="a group of another kind"),
    ],
)
def test_an_error_that_a_person_has_to_mend_is_final_at_once(trouble: Trouble, code: int) -> None:
    assert trouble.is_final(KafkaError(code))


def test_a_fatal_error_of_the_client_is_final_at_once(trouble: Trouble) -> None:
    assert trouble.is_final(KafkaError(KafkaError.ILLEGAL_GENERATION, "", True))


def test_a_coordinator_that_is_away_is_never_final(trouble: Trouble, now: list[float]) -> None:
    for _ in range(100):
        assert not trouble.is_final(KafkaError(KafkaError.COORDINATOR_NOT_AVAILABLE))
        now[0] += 10


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(KafkaError.UNKNOWN_TOPIC_OR_PART, id="an unknown topic"),
        pytest.param(KafkaError.KAFKA_STORAGE_ERROR, id="an error that nobody has listed"),
    ],
)
def test_another_error_is_final_after_a_minute(trouble: Trouble, now: list[float], code: int) -> None:
    for _ in range(7):
        assert not trouble.is_final(KafkaError(code))
        now[0] += 10
    assert trouble.is_final(KafkaError(code))


def test_a_renewal_ends_a_trouble(trouble: Trouble, now: list[float]) -> None:
    unknown = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
    assert not trouble.is_final(unknown)
    now[0] += 50
    trouble.is_over()
    assert not trouble.is_final(unknown)
    now[0] += 50
    assert not trouble.is_final(unknown)


def test_errors_hours_apart_are_no_lasting_trouble(trouble: Trouble, now: list[float]) -> None:
    unknown = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
    for _ in range(5):
        assert not trouble.is_final(unknown)
        now[0] += 3_600
