"""A letter that somebody without a key has added or changed is shown as it is, and is never read again."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from adapters.dead_letters.store import DeadLetters
from domain.errors import MarkRefused
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters, open_letters
from tests.adapters.dead_letters.lettering import came


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{tmp_path / 'first.db'}")


@pytest.fixture
def letters(settings: WhenceSettings) -> DeadLetters:
    found = open_letters(settings)
    found.keep([came()])
    return found


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dead_letter_originals SET original = x'7B7D'",
        "UPDATE dead_letters SET place = 'okx'",
        "UPDATE dead_letters SET source = 'RECORD'",
        "UPDATE dead_letters SET received_at = received_at + 1",
        "UPDATE dead_letters SET reason = 'none'",
        "UPDATE dead_letters SET signature = x''",
    ],
)
def test_a_letter_that_was_changed_in_its_file_is_refused(
    letters: DeadLetters, tmp_path: Path, change: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "first.letters.db")) as file, file:
        file.execute(change)
    letter_id = came().letter.id
    assert letters.unverified(letter_id) in (b"{", b"{}")
    with pytest.raises(MarkRefused):
        letters.original(letter_id)


def test_the_file_is_beside_the_log_for_its_owner_alone(letters: DeadLetters, tmp_path: Path) -> None:
    for file in tmp_path.glob("first.letters.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (tmp_path / "first.letters.db").exists()
    letters.close()


def test_a_reader_of_a_log_without_letters_makes_no_file(settings: WhenceSettings, tmp_path: Path) -> None:
    found = FoundLetters(settings)
    assert list(found().letters()) == []
    found.close()
    assert list(tmp_path.iterdir()) == []


def test_of_a_stranger_s_records_in_the_topic_none_changes_a_letter_and_a_forged_letter_is_not_read(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    with closing(
        open_letters(WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"))
    ) as letters:
        letters.keep([came()])
        forged = came(1)
        header = msgspec.json.encode(forged.letter)
        producer = Producer({"bootstrap.servers": kafka_bootstrap_servers})
        for value, headers in (
            (b"garbage", []),
            (b"garbage", [("letter", b"{")]),
            (b"garbage", [("letter", b'{"x":' * 50_000)]),
            (
                b"garbage",
                [("letter", header.replace(b"2026-03-02T12:00:01.123456Z", b"0001-01-01T00:00:00+14:00"))],
            ),
            (b"garbage", [("letter", header.replace(b"Z", b""))]),
            (b"", [("change", b'{"letter":"gone"}')]),
            (b"other", [("letter", msgspec.json.encode(came().letter))]),
            (forged.original, [("letter", header)]),
        ):
            given: list[tuple[str, str | bytes | None]] = [*headers]
            producer.produce(f"{kafka_topic}.dead-letters", value, "key", 0, headers=given)
        assert producer.flush(20) == 0
        assert [one.id for one in letters.letters()] == [forged.letter.id, came().letter.id]
        assert letters.original(came().letter.id) == came().original
        with pytest.raises(MarkRefused):
            letters.original(forged.letter.id)
