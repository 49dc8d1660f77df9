"""Sealing a log on Kafka whose events have no marks: one record, whose mark covers all events before it.

The headers of records that were written cannot be changed, so their marks cannot be added.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from confluent_kafka import KafkaException, Producer

from adapters.kafka.catch_up import catch_up
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import reason_of
from adapters.kafka.follower import Follower
from adapters.kafka.index import Index
from adapters.kafka.ownership import Claim
from adapters.kafka.record import MARK
from adapters.kafka.rule import SEAL, Rule
from adapters.kafka.takeover import Takeover
from adapters.kafka.topic import ensure_topics
from adapters.marks.sealed import Kind, Sealed

# The stubs require a list of a wider pair type for headers, though `produce` only reads the list.
_Produce = Callable[..., Any]


def seal(settings: KafkaSettings, rule: Rule) -> Sealed:
    """Seals the events of the log as its owner.

    Raises KafkaLogOwned, KafkaUnavailable, KeyMissing, KeyRefused.
    """
    clients, never = Clients(settings.client, settings.timeout), threading.Event()
    topics = ensure_topics(clients, settings)
    with ExitStack() as held:
        index = Index()
        held.callback(index.close)
        follower = Follower(index, settings, list(topics.identity), rule)
        claim = Claim(clients, settings)
        claim.make()
        held.callback(claim.close)
        taken = Takeover(clients, settings, follower, topics.max_bytes, never).whole()
        if follower.index.proof.is_marked:
            return Sealed(Kind.MARKED)
        events = follower.index.proof.link.ordinal
        if not events:
            return Sealed(Kind.EMPTY)
        _write(taken.producers[0], settings, rule.seal(follower.index.proof))
        catch_up(clients, settings, follower, never)
        _check(settings, follower)
        return Sealed(Kind.EVENTS, events)


def _write(producer: Producer, settings: KafkaSettings, mark: bytes) -> None:
    produce: _Produce = producer.produce
    try:
        producer.begin_transaction()
        produce(settings.topic, b"", SEAL, settings.partition, None, None, 0, [(MARK, mark)])
        producer.commit_transaction(settings.timeout)
    except KafkaException as fault:
        raise KafkaUnavailable(f"seal {settings.name}: {reason_of(fault)}; run the command again") from fault


def _check(settings: KafkaSettings, follower: Follower) -> None:
    if not follower.index.proof.is_marked:
        raise KafkaUnavailable(
            f"{settings.name}: another program wrote a record before the seal, so the seal does not count; stop that "
            "program, look at the log and run the command again"
        )
