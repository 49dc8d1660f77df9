"""What somebody without a key has added or changed is never read again, and hides no letter and makes none due."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from adapters.dead_letters.changes import discarded, due, failed, understood
from adapters.dead_letters.letter import unchanged
from adapters.dead_letters.signing import LetterSigner
from adapters.dead_letters.state import OPEN, LetterState
from adapters.dead_letters.store import DeadLetters, Wanted
from adapters.marks.key_folder import KeyFolder
from domain.errors import KeyMissing, MarkRefused
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters, open_letters
from tests.adapters.dead_letters.lettering import NOON, came


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
    _in_the_file(tmp_path, change)
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


FORGED = "UPDATE dead_letters SET changes = 1, changed_by = 'engine', changed_at = received_at, "


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dead_letters SET state = 'DISCARDED'",
        f"{FORGED} state = 'RESOLVED'",
        f"{FORGED} state = 'RESOLVED', change_signature = signature",
        f"{FORGED} state = 'RETRIED', is_due = 1",
        "UPDATE dead_letters SET is_due = 1",
        "UPDATE dead_letters SET retries = 3, state = 'PERMANENT'",
    ],
)
def test_a_state_that_nobody_signed_is_not_believed_and_the_next_change_replaces_it(
    letters: DeadLetters, tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    _in_the_file(tmp_path, change)
    letter = came().letter
    [found] = letters.letters(Wanted(states=OPEN))
    assert found == letters.letter(letter.id) == unchanged(found)
    assert list(letters.letters(Wanted(is_due=True))) == []
    [reason] = letters.refused(letter.id)
    assert f"of letter {letter.id} is not that of its changes" in reason
    assert len(caplog.messages) == 1
    after = letters.change(failed(found, NOON, "tess", "in vain"))
    assert letters.letter(letter.id) == after
    assert (after.state, after.changes, list(letters.refused(letter.id))) == (LetterState.RETRIED, 1, [])


def test_a_change_that_was_altered_in_its_file_or_added_to_it_does_not_count(
    letters: DeadLetters, tmp_path: Path
) -> None:
    letter = came().letter
    genuine = failed(letter, NOON, "tess", "in vain")
    letters.change(genuine)
    _in_the_file(
        tmp_path,
        "INSERT INTO dead_letter_changes SELECT letter, 2, at, by, 'DISCARDED', retries, is_due, note, signature "
        "FROM dead_letter_changes",
        "UPDATE dead_letters SET changes = 2, state = 'DISCARDED'",
    )
    found = letters.letter(letter.id)
    assert (found.state, found.changes, list(letters.changes(letter.id))) == (
        LetterState.RETRIED,
        1,
        [genuine],
    )
    [reason] = letters.refused(letter.id)
    assert reason.startswith(
        f"change 2 of letter {letter.id} is not believed: its signature was not made for"
    )
    after = letters.change(understood(found, NOON, "tess", "read"))
    assert (after.state, after.changes) == (LetterState.RESOLVED, 2)
    assert (len(letters.changes(letter.id)), list(letters.refused(letter.id))) == (2, [])


WITHOUT_SIGNATURES = (
    "ALTER TABLE dead_letters DROP COLUMN change_signature",
    "ALTER TABLE dead_letter_changes DROP COLUMN signature",
)
"""What tables of an earlier version do not have."""


def test_a_file_of_an_earlier_version_is_opened_and_its_unsigned_changes_do_not_count(
    settings: WhenceSettings, letters: DeadLetters, tmp_path: Path
) -> None:
    letters.change(failed(came().letter, NOON, "tess", "in vain"))
    letters.close()
    _in_the_file(tmp_path, *WITHOUT_SIGNATURES)
    with closing(open_letters(settings)) as later:
        _check_unsigned(later)


def test_tables_of_an_earlier_version_on_postgresql_are_opened_and_their_changes_do_not_count(
    postgres_database: str,
) -> None:
    settings = WhenceSettings(log=postgres_database)
    with closing(open_letters(settings)) as letters:
        letters.keep([came()])
        letters.change(failed(came().letter, NOON, "tess", "in vain"))
    with psycopg.connect(postgres_database) as connection:
        for statement in WITHOUT_SIGNATURES:
            connection.execute(statement)
    with closing(open_letters(settings)) as later:
        _check_unsigned(later)


def _check_unsigned(letters: DeadLetters) -> None:
    letter = came().letter
    assert letters.letter(letter.id).state is LetterState.NEW
    assert "it is not signed with a key of this installation" in letters.refused(letter.id)[0]
    assert letters.change(failed(letter, NOON, "tess", "in vain")).retries == 1
    assert letters.letter(letter.id).state is LetterState.RETRIED


def test_changes_of_strangers_in_the_topic_do_not_count_and_are_named(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    letter = came().letter
    stranger = LetterSigner(KeyFolder(tmp_path / "their keys"))
    hidden = discarded(letter, NOON, "tess", "never looked at")
    wanted = due(letter, NOON, "tess", "readable")
    with closing(_on_kafka(kafka_bootstrap_servers, kafka_topic)) as letters:
        letters.keep([came()])
        first = failed(letter, NOON, "tess", "in vain")
        signature = LetterSigner(KeyFolder()).signature(first)
        _produce(
            kafka_bootstrap_servers,
            kafka_topic,
            (b"", {"change": msgspec.json.encode(hidden)}),
            (b"", {"change": msgspec.json.encode(hidden), "signature": b"short"}),
            (b"", {"change": msgspec.json.encode(wanted), "signature": stranger.signature(wanted)}),
            (b"", {"change": msgspec.json.encode(wanted), "signature": signature}),
        )
        assert letters.letter(letter.id).state is LetterState.NEW
        assert list(letters.letters(Wanted(is_due=True))) == []
        assert len(letters.refused(letter.id)) == 4
        assert letters.change(first).retries == 1
        assert list(letters.changes(letter.id)) == [first]
    assert [f"change 1 of letter {letter.id} is not believed" in one for one in caplog.messages] == [True] * 4


def test_a_forged_letter_with_the_id_of_a_genuine_one_hides_it_neither_before_nor_after(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """The id of a record's letter is a hash of what its writer knows."""
    letter = came().letter
    forged = replace(letter, state=LetterState.DISCARDED, changes=7, signature=b"x" * 24)
    record = (b"other", {"letter": msgspec.json.encode(forged)})
    with closing(_on_kafka(kafka_bootstrap_servers, kafka_topic)) as letters:
        letters.keep([came(1)])
        _produce(kafka_bootstrap_servers, kafka_topic, record)
        assert letters.letter(letter.id).state is LetterState.NEW
        with pytest.raises(KeyMissing):
            letters.original(letter.id)
        letters.keep([came()])
        _produce(kafka_bootstrap_servers, kafka_topic, record)
        assert letters.original(letter.id) == came().original
        assert letters.change(failed(letter, NOON, "tess", "in vain")).retries == 1


def _in_the_file(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "first.letters.db")) as file, file:
        for statement in statements:
            file.execute(statement)


def _on_kafka(servers: str, topic: str) -> DeadLetters:
    return open_letters(WhenceSettings(log=f"kafka://{servers}/{topic}"))


def _produce(servers: str, topic: str, *records: tuple[bytes, Mapping[str, bytes]]) -> None:
    producer = Producer({"bootstrap.servers": servers})
    for value, headers in records:
        given = list[tuple[str, str | bytes | None]](headers.items())
        producer.produce(f"{topic}.dead-letters", value, "key", 0, headers=given)
    assert producer.flush(20) == 0
