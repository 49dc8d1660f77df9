"""The notices in the store: deduplicated, due until confirmed, repeated until acknowledged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from adapters.alerts.book import NoticeBook, TakenUp
from domain.errors import InvalidInput
from tests.adapters.alerts.test_places import NOTICE
from tests.replacing import replace

NOW = NOTICE.at
PLACES = ("webhook", "command")
OTHER = replace(NOTICE, id="e-2")
ELSEWHERE = replace(NOTICE, id="e-3", subject="order-paper-x")


@pytest.fixture
def book(store: Engine) -> NoticeBook:
    return NoticeBook(store)


def test_a_notice_is_due_at_every_place_until_each_confirms(book: NoticeBook) -> None:
    book.take_up([NOTICE], TakenUp("log", 17), PLACES, NOW)
    first, second = book.due(PLACES, NOW)
    assert {first.place, second.place} == set(PLACES)
    book.delivered(first, NOW, None)
    assert [due.place for due in book.due(PLACES, NOW)] == [second.place]


def test_alerts_of_one_kind_and_subject_are_one_notice_until_it_is_acknowledged(book: NoticeBook) -> None:
    book.take_up([NOTICE, OTHER, ELSEWHERE], TakenUp("log", 17), PLACES[:1], NOW)
    assert {(entry.notice.id, entry.count) for entry in book.entries()} == {("e-1", 2), ("e-3", 1)}
    assert book.acknowledge(["e-1"], "ada", NOW) == ["e-1"]
    book.take_up([replace(NOTICE, id="e-4")], TakenUp("log", 18), PLACES[:1], NOW)
    assert {entry.notice.id for entry in book.entries()} == {"e-3", "e-4"}


def test_events_that_are_taken_up_twice_are_counted_once(book: NoticeBook) -> None:
    book.take_up([NOTICE], TakenUp("log", 17), PLACES, NOW)
    book.take_up([NOTICE], TakenUp("log", 17), PLACES, NOW)
    (entry,) = book.entries()
    assert entry.count == 1
    assert book.taken_up() == TakenUp("log", 17)


def test_a_failed_message_is_due_again_after_a_growing_wait_with_the_same_id(book: NoticeBook) -> None:
    book.take_up([NOTICE], TakenUp("log", 17), PLACES[:1], NOW)
    at = NOW
    waits: list[float] = []
    for _ in range(11):
        (due,) = book.due(PLACES, at)
        assert due.message.id == "e-1:0"
        book.failed(due, at, "down")
        before = at
        while not book.due(PLACES, at):
            at += timedelta(seconds=1)
        waits.append((at - before).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 120, 300, 300, 300]
    (entry,) = book.entries()
    assert (entry.sent, entry.error) == (0, "webhook: down")


def test_a_confirmed_notice_is_repeated_until_it_is_acknowledged(book: NoticeBook) -> None:
    book.take_up([NOTICE], TakenUp("log", 17), PLACES[:1], NOW)
    book.delivered(book.due(PLACES, NOW)[0], NOW, timedelta(minutes=30))
    assert not book.due(PLACES, NOW + timedelta(minutes=29))
    later = NOW + timedelta(minutes=30)
    assert book.due(PLACES, later)[0].message.id == "e-1:1"
    book.acknowledge(["e-1"], "ada", later)
    assert not book.due(PLACES, later + timedelta(days=1))
    (entry,) = book.entries(every=True)
    assert (entry.acknowledged_by, entry.acknowledged_at) == ("ada", later)


def test_an_acknowledgement_of_an_unknown_id_changes_nothing(book: NoticeBook) -> None:
    book.take_up([NOTICE], TakenUp("log", 17), PLACES, NOW)
    with pytest.raises(InvalidInput, match="no notice has the id 'nonsense'"):
        book.acknowledge(["e-1", "nonsense"], "ada", NOW)
    assert book.entries()[0].acknowledged_at is None
    assert book.acknowledge(["e-1"], "ada", NOW) == ["e-1"]
    assert book.acknowledge(["e-1"], "bob", NOW) == []


def test_a_fault_without_an_event_is_raised_once_while_it_is_open(book: NoticeBook) -> None:
    fault = replace(NOTICE, id="parked:orders:1", ordinal=None)
    book.raise_(fault, PLACES, NOW)
    book.raise_(replace(fault, id="parked:orders:2"), PLACES, NOW)
    assert [entry.notice.id for entry in book.entries()] == ["parked:orders:1"]
