"""Every store of dead letters: in a SQLite file, in tables of PostgreSQL, and in a Kafka topic."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from adapters.dead_letters.changes import due, failed, understood
from adapters.dead_letters.letter import MOST_BYTES
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import DeadLetters, Wanted
from domain.errors import InvalidInput, Refused
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from tests.adapters.dead_letters.conftest import Opened
from tests.adapters.dead_letters.lettering import NOON, ODD, came


def test_a_store_without_letters_lists_none_and_names_an_unknown_id(letters: DeadLetters) -> None:
    assert (list(letters.letters()), dict(letters.counts())) == ([], {})
    for read in (letters.letter, letters.original, letters.unverified):
        with pytest.raises(InvalidInput, match="no dead letter has the id 'gone'"):
            read("gone")


def test_a_reader_finds_no_letters_until_an_engine_has_kept_one(
    settings: WhenceSettings, opened: Opened
) -> None:
    with closing(FoundLetters(settings)) as found:
        assert (list(found().letters()), dict(found().counts())) == ([], {})
        opened().keep([came()])
        assert [one.id for one in found().letters()] == [came().letter.id]


def test_a_kept_letter_is_read_by_another_process_with_every_byte(
    letters: DeadLetters, opened: Opened
) -> None:
    kept = came(original=ODD, reason="half \ud800 of a pair, NUL \x00 and \N{RIGHT-TO-LEFT OVERRIDE}")
    letters.keep([kept])
    other = opened()
    [found] = other.letters()
    assert other.original(found.id) == ODD
    assert (found.reason, found.place, found.source) == (kept.letter.reason, "bybit", LetterSource.EXCHANGE)
    assert (found.received_at, found.state, found.retries) == (NOON, LetterState.NEW, 0)
    assert (found.size, found.kept, found.digest) == (len(ODD), len(ODD), hashlib.sha256(ODD).hexdigest())


def test_a_letter_of_10_mb_is_kept_up_to_the_bound_with_its_whole_length_and_hash(
    letters: DeadLetters,
) -> None:
    original = b"0123456789" * 1_000_000
    one = came(original=original)
    letters.keep([one])
    found = letters.letter(one.letter.id)
    assert (found.size, found.kept, found.is_whole) == (len(original), MOST_BYTES, False)
    assert found.digest == hashlib.sha256(original).hexdigest()
    assert letters.original(found.id) == original[:MOST_BYTES]


def test_a_letter_that_is_kept_twice_is_there_once_and_keeps_its_state(
    letters: DeadLetters, opened: Opened
) -> None:
    one = came()
    letters.keep([one])
    letters.change(failed(one.letter, NOON, "tess", "in vain"))
    letters.keep([one, came(1)])
    opened().keep([one])
    assert [(found.id, found.state) for found in letters.letters()] == [
        (came(1).letter.id, LetterState.NEW),
        (one.letter.id, LetterState.RETRIED),
    ]


def test_letters_are_listed_by_source_state_and_number_the_latest_first(letters: DeadLetters) -> None:
    every = [came(0), came(1, source=LetterSource.RECORD), came(2), came(3, source=LetterSource.COMMAND)]
    letters.keep(every)
    ids = [one.letter.id for one in every]
    letters.change(failed(every[0].letter, NOON, "tess", "in vain"))
    letters.change(due(every[2].letter, NOON, "tess", "readable"))

    def listed(wanted: Wanted) -> list[int]:
        return [ids.index(one.id) for one in letters.letters(wanted)]

    assert listed(Wanted()) == [3, 2, 1, 0]
    assert listed(Wanted(most=2)) == [3, 2]
    assert listed(Wanted(source=LetterSource.EXCHANGE)) == [2, 0]
    assert listed(Wanted(states=frozenset({LetterState.NEW}))) == [3, 1]
    assert listed(Wanted(is_due=True)) == [2]
    assert dict(letters.counts()) == {
        (LetterSource.EXCHANGE, LetterState.RETRIED): 2,
        (LetterSource.RECORD, LetterState.NEW): 1,
        (LetterSource.COMMAND, LetterState.NEW): 1,
    }


def test_every_change_is_recorded_with_its_time_and_person(letters: DeadLetters, opened: Opened) -> None:
    letter = came().letter
    letters.keep([came()])
    first = failed(letter, NOON, "tess", "in vain")
    second = understood(letters.change(first), NOON, "engine", "taken in")
    after = opened().change(second)
    assert letters.letter(letter.id) == after
    assert list(letters.changes(letter.id)) == [first, second]
    assert (after.state, after.changed_by, after.changed_at, after.note) == (
        LetterState.RESOLVED,
        "engine",
        NOON,
        "taken in",
    )


def test_of_two_changes_at_once_one_is_recorded_and_one_refused(letters: DeadLetters, opened: Opened) -> None:
    letter = came().letter
    letters.keep([came()])
    stores = [letters, *(opened() for _ in range(3))]

    def attempt(number: int) -> str:
        try:
            return stores[number].change(failed(letter, NOON, f"person {number}", "in vain")).changed_by
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(len(stores)) as threads:
        done = list(threads.map(attempt, range(len(stores))))
    [change] = letters.changes(letter.id)
    refused = f"letter {letter.id} was changed by somebody else meanwhile; look at it again"
    assert sorted(done) == sorted([refused] * 3 + [change.by])


def test_two_writers_at_once_keep_every_letter_once(opened: Opened) -> None:
    shared, writers = [came(number) for number in range(50)], [opened(), opened()]
    own = [[came(100 + number) for number in range(50)], [came(200 + number) for number in range(50)]]

    def keep(number: int) -> None:
        for start in range(0, 50, 10):
            writers[number].keep([*shared[start : start + 10], *own[number][start : start + 10]])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(keep, range(2)))
    assert sorted(one.id for one in opened().letters()) == sorted(
        one.letter.id for one in (*shared, *own[0], *own[1])
    )
