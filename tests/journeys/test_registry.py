"""A schema registry that is added later: a person registers the schemas, writers look them up, and Kafka's own tools
read the topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient

from domain.events import FULL_NAMES
from domain.log import Recorded, is_outside_fact
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adapters.registry.oracle import oracle
from tests.journeys.program import whence
from tests.journeys.runs import events_at, events_of
from tests.kcat import kcat

_OF_EACH_KIND = 3
"""Confluent's deserializer makes a request to the registry for every record, so only three of each kind are read."""
BEFORE, ALL = ("--bars", "500"), ("--bars", "2500")


@pytest.fixture
def address(kafka_bootstrap_servers: str, kafka_topic: str) -> str:
    """The address of a new log on Kafka."""
    return f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"


@pytest.fixture
def subjects(schema_registry_url: str, kafka_topic: str) -> Iterator[SchemaRegistryClient]:
    """A client of the registry; the topic's subjects are deleted after the test."""
    with SchemaRegistryClient({"url": schema_registry_url, "timeout": 30}) as client:
        yield client
        for subject in of_topic(client, kafka_topic):
            client.delete_subject(subject)


def of_topic(client: SchemaRegistryClient, topic: str) -> list[str]:
    return [subject for subject in client.get_subjects() if subject.startswith(topic)]


def test_a_log_with_a_registry_added_later_reads_as_one_log(
    tmp_path: Path,
    address: str,
    kafka_topic: str,
    schema_registry_url: str,
    subjects: SchemaRegistryClient,
) -> None:
    """The records of the first part hold fingerprints of schemas. The records of the second part hold the registry's
    ids, which Confluent's tools read."""
    registry = {"WHENCE_REGISTRY__URL": schema_registry_url}
    assert whence(tmp_path, "paper", *BEFORE, "--log", address).returncode == 0
    before = events_at(address)

    refused = whence(tmp_path, "paper", *ALL, "--log", address, **registry)
    assert refused.returncode == 4
    assert f"whence schemas register --registry {schema_registry_url} --topic {kafka_topic}" in refused.stderr
    assert (of_topic(subjects, kafka_topic), events_at(address)) == ([], before)

    register = ("schemas", "register", "--registry", schema_registry_url, "--topic", kafka_topic)
    assert whence(tmp_path, *register).returncode == 0
    registered = sorted(of_topic(subjects, kafka_topic))
    assert registered == sorted(f"{kafka_topic}-{name}" for name in FULL_NAMES.values())

    done = whence(tmp_path, "paper", *ALL, "--log", address, **registry)
    assert done.returncode == 0, done.stderr
    assert sorted(of_topic(subjects, kafka_topic)) == registered, "a running writer registers nothing"

    with closing(open_reader(WhenceSettings(log=address, registry={"url": schema_registry_url}))) as reader:
        whole = events_of(reader)
    assert whole[: len(before)] == before
    assert whole == undisturbed(tmp_path)
    unread = whence(tmp_path, "log", "--log", address)
    assert unread.returncode == 4
    assert "set `url` in the table [registry]" in unread.stderr

    with closing(Consumer(readable(address))) as consumer:
        records = list(values(consumer, kafka_topic, len(whole)))
    assert {value[:2] for value in records[: len(before)]} == {b"\xc3\x01"}
    read, checked = oracle(subjects, kafka_topic), Counter[type]()
    for value, recorded in zip(records[len(before) :], whole[len(before) :], strict=True):
        assert value[:1] == b"\x00"
        kind = type(recorded.envelope.event)
        checked[kind] += 1
        if checked[kind] <= _OF_EACH_KIND:
            assert read(value, FULL_NAMES[kind]) == recorded.envelope


def undisturbed(folder: Path) -> Sequence[Recorded]:
    """The events of a run of the same tape on a log without a registry."""
    assert whence(folder, "paper", *ALL, "--log", "sqlite:///whole.db").returncode == 0
    return events_at(f"sqlite:///{folder / 'whole.db'}")


def readable(address: str) -> dict[str, str | bool]:
    return {
        "bootstrap.servers": address.split("/")[2],
        "group.id": "a stranger",
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
    }


def values(consumer: Consumer, topic: str, count: int) -> Iterator[bytes]:
    """The values of the first `count` records."""
    consumer.assign([TopicPartition(topic, 0, 0)])
    read = 0
    while read < count:
        message: Message | None = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        value = message.value()
        assert value is not None
        yield value
        read += 1


def test_kcat_reads_every_record_and_each_fill_leads_back_to_its_candle(
    tmp_path: Path, address: str, kafka_topic: str
) -> None:
    """A record's key, time and CloudEvents headers equal the event's values. With the headers alone, every fill is
    traced back to its candle."""
    assert whence(tmp_path, "paper", *ALL, "--log", address).returncode == 0
    seen = [(one.key, one.ts, one.header) for one in kcat(address.split("/")[2], kafka_topic)]
    whole = events_at(address)
    assert len(seen) == len(whole) > 50
    for (key, milliseconds, headers), recorded in zip(seen, whole, strict=True):
        meta = recorded.envelope.meta
        assert key == meta.stream == headers["ce_subject"]
        assert milliseconds == int(meta.recorded_at.timestamp() * 1000)
        assert headers["ce_id"] == str(meta.event_id)
        assert headers["ce_type"] == FULL_NAMES[type(recorded.envelope.event)]
        assert headers["ce_correlationid"] == meta.correlation_id
        assert headers["ce_causationid"] == meta.causation_id
        assert (headers["ce_specversion"], headers["content-type"]) == ("1.0", "application/avro")
        assert headers["traceparent"].startswith("00-")
    causes = {headers["ce_id"]: headers["ce_causationid"] for _, _, headers in seen}
    opened = [headers for _, _, headers in seen if headers["ce_type"] == "whence.position.PositionOpened"]
    assert opened
    for headers in opened:
        fill = headers["ce_causationid"]
        assert is_outside_fact(causes[fill])
        order = f"order-paper-{headers['ce_correlationid']}-e1"
        cause = next(found["ce_causationid"] for key, _, found in seen if key == order)
        while not is_outside_fact(cause):
            cause = causes[cause]
        assert cause.startswith("candle:")
