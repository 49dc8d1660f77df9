"""The state of a process by its last announcement: no announcement that is old, early or refused makes it healthy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.processes.announcement import Announcement, ProcessRole
from adapters.processes.place import Announced
from adapters.processes.running import REMEMBERED, ProcessState, judged, outlived, processes
from tests.adapters.processes.announcements import ANNOUNCEMENT, EVERY, NOW
from tests.replacing import replace

SECOND = timedelta(seconds=1)
ALLOWED = 3 * EVERY * SECOND


def found(announcement: Announcement) -> Announced:
    return Announced(announcement.id, announcement)


def shown(announced: Sequence[Announcement], now: datetime = NOW) -> Sequence[str]:
    return [one.key[-1] for one in processes(map(found, announced), now)]


@pytest.mark.parametrize(
    ("announcement", "state", "reason"),
    [
        pytest.param(ANNOUNCEMENT, ProcessState.HEALTHY, "", id="fresh"),
        pytest.param(
            replace(ANNOUNCEMENT, at=NOW - ALLOWED), ProcessState.HEALTHY, "", id="as_old_as_allowed"
        ),
        pytest.param(
            replace(ANNOUNCEMENT, at=NOW - ALLOWED - SECOND),
            ProcessState.SILENT,
            "it has announced nothing since 2026-03-02 13:59:44 UTC",
            id="older_than_allowed",
        ),
        pytest.param(
            replace(ANNOUNCEMENT, at=NOW - timedelta(days=1), fault="its loop has not turned for 20 s"),
            ProcessState.SILENT,
            "it has announced nothing since 2026-03-01 14:00:00 UTC",
            id="old_with_a_fault",
        ),
        pytest.param(
            replace(ANNOUNCEMENT, at=NOW + ALLOWED + SECOND),
            ProcessState.FAULTY,
            "its announcement is 16 s in the future: the clock of desk or of this machine is wrong",
            id="later_than_now",
        ),
        pytest.param(
            replace(ANNOUNCEMENT, fault="the log does not answer"),
            ProcessState.FAULTY,
            "the log does not answer",
            id="with_a_fault",
        ),
        pytest.param(
            replace(ANNOUNCEMENT, has_ended=True), ProcessState.ENDED, "it was stopped", id="last_one"
        ),
    ],
)
def test_the_state_follows_from_the_age_and_the_fault_of_the_last_announcement(
    announcement: Announcement, state: ProcessState, reason: str
) -> None:
    running = judged(found(announcement), NOW)
    assert (running.state, running.reason) == (state, reason)


def test_of_a_refused_announcement_only_a_printable_part_of_its_key_is_shown() -> None:
    running = judged(Announced("\x1b[31m" + "a" * 100, None, "it is not signed"), NOW)
    assert (running.state, running.reason) == (ProcessState.UNVERIFIED, "it is not signed")
    assert running.announcement is None
    assert running.key.isprintable()
    assert len(running.key) == 32


def test_a_silent_process_is_not_shown_once_a_later_one_of_its_role_name_and_host_has_started() -> None:
    killed = replace(ANNOUNCEMENT, id="1" * 32, at=NOW - timedelta(minutes=2))
    again = replace(ANNOUNCEMENT, id="2" * 32, started_at=NOW - timedelta(minutes=1))
    elsewhere = replace(again, id="3" * 32, host="other")
    other = replace(again, id="4" * 32, role=ProcessRole.API)
    assert shown([killed, again]) == ["2"]
    assert "1" in shown([killed, elsewhere, other])


def test_a_silent_process_beside_one_that_ran_at_the_same_time_is_shown() -> None:
    killed = replace(ANNOUNCEMENT, id="1" * 32, at=NOW - timedelta(minutes=2))
    beside = replace(ANNOUNCEMENT, id="2" * 32)
    assert set(shown([killed, beside])) == {"1", "2"}


def test_processes_are_listed_by_role_and_forgotten_after_seven_days() -> None:
    old = replace(ANNOUNCEMENT, id="1" * 32, at=NOW - REMEMBERED - SECOND)
    api = replace(ANNOUNCEMENT, id="2" * 32, role=ProcessRole.API)
    assert shown([api, ANNOUNCEMENT, old]) == ["0", "2"]
    assert outlived(map(found, [api, ANNOUNCEMENT, old]), NOW) == ["1" * 32]
