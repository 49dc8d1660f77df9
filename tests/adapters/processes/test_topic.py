"""Announcements in the compacted topic of a log on Kafka, on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.processes.announcement import announcement_bytes
from adapters.processes.topic import ProcessTopic, ProcessTopicPlace
from adapters.signed_topic import SIGNATURE
from tests.adapters.processes.announcements import ANNOUNCEMENT
from tests.adapters.processes.place_contract import check_place
from tests.replacing import replace


@pytest.fixture
def topic(kafka_bootstrap_servers: str, kafka_topic: str) -> ProcessTopic:
    return ProcessTopic(kafka_bootstrap_servers, kafka_topic)


@pytest.fixture
def place(topic: ProcessTopic, tmp_path: Path) -> Iterator[ProcessTopicPlace]:
    with closing(ProcessTopicPlace(topic, Signer(KeyFolder(tmp_path / "keys")))) as place:
        yield place


def test_the_last_announcement_of_each_process_is_read(place: ProcessTopicPlace, topic: ProcessTopic) -> None:
    assert place.announced() == []
    assert not topic.found(topic.clients())
    check_place(place)


@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed_for_another_content"])
def test_a_forged_announcement_replaces_the_believed_one_and_is_refused(
    place: ProcessTopicPlace, topic: ProcessTopic, tmp_path: Path, *, is_signed: bool
) -> None:
    place.announce(replace(ANNOUNCEMENT, fault="the log does not answer"))
    producer = topic.clients().plain_producer(100_000)
    headers: dict[str, str | bytes | None] = {SIGNATURE: b"0" * 24} if is_signed else {}
    producer.produce(
        topic.name, announcement_bytes(ANNOUNCEMENT), ANNOUNCEMENT.id.encode(), partition=0, headers=headers
    )
    assert producer.flush(30) == 0
    (found,) = place.announced()
    assert (found.key, found.announcement) == (ANNOUNCEMENT.id, None)
    assert found.refused
