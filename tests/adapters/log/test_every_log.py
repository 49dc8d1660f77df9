"""The guarantees of a log, the same for each technology."""

from __future__ import annotations

import threading

import pytest

from domain.errors import Conflict, LogOwned
from tests.adapters.log.conftest import Place
from tests.adapters.log.days import day, days

A, B = "account-main", "account-other"


def test_an_empty_log_has_head_0_and_no_events(place: Place) -> None:
    log = place.own()
    assert (log.head(), list(log.read()), list(log.read_stream(A))) == (0, [], [])


def test_appended_events_are_read_back_in_order(place: Place) -> None:
    log = place.own()
    written = [*days(A, 1, 3), *days(B, 1, 2), day(A, 4)]
    assert log.append(written[:5]) == 5
    assert log.append(written[5:]) == 6
    assert log.head() == 6
    assert [one[:2] for one in log.read()] == list(enumerate(written, 1))
    assert list(log.read_stream(A)) == days(A, 1, 4)
    assert list(log.read_stream(A, after=2)) == days(A, 3, 4)


@pytest.mark.parametrize(
    ("after", "upto"), [(0, 2), (2, 4), (2, None), (0, 0), (3, 3), (5, None), (9, None), (4, 2)]
)
def test_a_range_of_ordinals_is_read(place: Place, after: int, upto: int | None) -> None:
    log = place.own()
    log.append(days(A, 1, 5))
    expected = [n for n in range(1, 6) if n > after and (upto is None or n <= upto)]
    assert [one.ordinal for one in log.read(after, upto)] == expected


def test_more_events_than_a_page_are_read(place: Place) -> None:
    log = place.own()
    log.append(days(A, 1, 12_000))
    assert [one.envelope.meta.version for one in log.read()] == list(range(1, 12_001))


def test_a_version_that_is_taken_is_a_conflict_and_no_event_is_written(place: Place) -> None:
    log = place.own()
    log.append(days(A, 1, 3))
    for wrong in ([day(A, 3)], [day(A, 1)], [day(B, 1), day(A, 2)], [day(A, 4), day(A, 4)]):
        with pytest.raises(Conflict):
            log.append(wrong)
    assert [one.envelope for one in log.read()] == days(A, 1, 3)
    log.append([day(A, 4)])
    assert [one.envelope for one in log.read()] == days(A, 1, 4)


def test_a_gap_in_a_stream_is_a_conflict_and_no_event_is_written(place: Place) -> None:
    log = place.own()
    log.append(days(A, 1, 2))
    for wrong in ([day(A, 4)], [day(B, 2)], [day(A, 3), day(A, 5)]):
        with pytest.raises(Conflict, match="is not the next"):
            log.append(wrong)
    assert log.head() == 2


def test_a_reopened_log_continues_and_still_refuses_conflicts(kept: Place) -> None:
    """A reopened log reads the versions that are taken from its store."""
    log = kept.own()
    log.append(days(A, 1, 3))
    log.close()
    log.close()
    again = kept.own()
    with pytest.raises(Conflict):
        again.append([day(A, 3)])
    with pytest.raises(Conflict, match="is not the next"):
        again.append([day(A, 5)])
    assert again.append([day(A, 4)]) == 4
    assert [one.envelope for one in again.read()] == days(A, 1, 4)


def test_a_log_has_one_owner_and_many_readers(kept: Place) -> None:
    log = kept.own()
    log.append(days(A, 1, 2))
    with pytest.raises(LogOwned, match="is owned by process"):
        kept.own()
    readers = [kept.read(), kept.read()]
    log.append(days(A, 3, 3))
    for reader in readers:
        assert [one.envelope for one in reader.read()] == days(A, 1, 3)
        assert list(reader.read_stream(A, after=1)) == days(A, 2, 3)
        assert reader.head() == 3


def test_a_released_log_can_be_owned_again(kept: Place) -> None:
    kept.own().close()
    kept.own().append([day(A, 1)])


def test_a_follower_receives_new_events_in_order_until_it_is_stopped(kept: Place) -> None:
    """The follower receives each event after the given ordinal once."""
    log = kept.own()
    log.append(days(A, 1, 2))
    seen: list[int] = []
    received, over = threading.Semaphore(0), threading.Event()

    def follow() -> None:
        for recorded in reader.follow(1, over.is_set, patience=0.05):
            seen.append(recorded.ordinal)
            received.release()

    reader = kept.read()
    follower = threading.Thread(target=follow)
    follower.start()
    try:
        for version in range(3, 8):
            assert received.acquire(timeout=30)
            log.append([day(A, version)])
        assert received.acquire(timeout=30)
    finally:
        over.set()
        follower.join(timeout=30)
    assert not follower.is_alive()
    assert seen == list(range(2, 8))


def test_a_follower_stops_between_two_events(place: Place) -> None:
    log = place.own()
    log.append(days(A, 1, 5))
    stopped = iter([False, False, False, True])
    assert [one.ordinal for one in log.follow(0, lambda: next(stopped))] == [1, 2, 3]
