"""A process announces how it is, at once and at its end; a place that does not answer disturbs nothing."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from adapters.processes.announcement import Announcement, ProcessRole
from adapters.processes.place import Announced
from adapters.processes.running import REMEMBERED
from domain.errors import StoreUnavailable
from infra.run.announcing import Announcing, Loop, Program, Standing, TurningStops
from tests.adapters.processes.announcements import ANNOUNCEMENT, NOW
from tests.replacing import replace

PROGRAM = Program(ProcessRole.SCAN, "pump")
_SECONDS = 20


class Place:
    """Keeps every announcement; `failures` of the first ones are refused."""

    def __init__(self, failures: int = 0, held: Sequence[Announcement] = ()) -> None:
        self.made, self.forgotten = list[Announcement](), list[str]()
        self.has_announced, self.is_closed = threading.Event(), False
        self._failures, self._held = failures, held

    def announce(self, announcement: Announcement) -> None:
        if self._failures:
            self._failures -= 1
            raise StoreUnavailable("the store does not answer")
        self.made.append(announcement)
        self.has_announced.set()

    def announced(self) -> Sequence[Announced]:
        return [Announced(one.id, one) for one in self._held]

    def forget(self, ids: Collection[str]) -> None:
        self.forgotten.extend(ids)

    def close(self) -> None:
        self.is_closed = True


def announcing(place: Place, standing: Standing = Standing(), every: float = 0.02) -> Announcing:  # noqa: B008
    return Announcing(lambda: place, PROGRAM, lambda: standing, every=every, clock=lambda: NOW)


def test_a_process_announces_itself_at_once_and_its_end_with_the_progress_it_had() -> None:
    place = Place()
    one = announcing(place, Standing(ordinal=7, behind=2, fault="late"), every=3_600)
    one.start()
    assert place.has_announced.wait(_SECONDS)
    one.stop("it was ended by LogUnavailable: see its log")
    first, last = place.made
    assert (first.role, first.name, first.ordinal, first.behind, first.fault) == (
        "scan",
        "pump",
        7,
        2,
        "late",
    )
    assert not first.has_ended
    assert (last.id, last.ordinal, last.has_ended) == (first.id, 7, True)
    assert last.fault == "it was ended by LogUnavailable: see its log"
    assert place.is_closed


def test_a_place_that_does_not_answer_is_tried_again_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = Place(failures=3)
    one = announcing(place)
    one.start()
    assert place.has_announced.wait(_SECONDS)
    one.stop()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_place_that_is_made_later_is_found() -> None:
    place, looks = Place(), iter([None, None])
    one = Announcing(lambda: next(looks, place), PROGRAM, Standing, every=0.02, clock=lambda: NOW)
    one.start()
    assert place.has_announced.wait(_SECONDS)
    one.stop()
    assert place.made[-1].has_ended


def test_a_start_forgets_processes_that_were_last_seen_longer_than_seven_days_ago() -> None:
    old = replace(ANNOUNCEMENT, at=NOW - REMEMBERED - timedelta(seconds=1))
    place = Place(held=[old, replace(ANNOUNCEMENT, id="1" * 32)])
    one = announcing(place)
    one.start()
    assert place.has_announced.wait(_SECONDS)
    one.stop()
    assert place.forgotten == [old.id]


def test_a_loop_that_does_not_turn_is_at_fault_until_it_turns_again() -> None:
    now = 100.0
    loop = Loop(15, lambda: now)
    now = 115.0
    assert not loop.fault
    now = 116.0
    assert loop.standing() == Standing(fault="its loop has not turned for 16 s")
    assert TurningStops(_Stops(), loop).requested()
    assert not loop.fault


class _Stops:
    def requested(self) -> bool:
        return True

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)
