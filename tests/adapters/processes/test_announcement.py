"""An announcement as JSON, and what is refused as one."""

from __future__ import annotations

import msgspec
import pytest

from adapters.processes.announcement import Announcement, announcement_bytes, read_announcement
from domain.errors import InvalidInput
from tests.adapters.processes.announcements import ANNOUNCEMENT
from tests.replacing import replace


def test_an_announcement_that_was_written_is_read() -> None:
    assert read_announcement(announcement_bytes(ANNOUNCEMENT)) == ANNOUNCEMENT


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param(replace(ANNOUNCEMENT, version=2), "version 2", id="another_version"),
        pytest.param(replace(ANNOUNCEMENT, id="../../etc"), "id: it is not 32", id="id_of_other_characters"),
        pytest.param(replace(ANNOUNCEMENT, host="\x1b[2J"), "host: it is not", id="control_characters"),
        pytest.param(replace(ANNOUNCEMENT, fault="x" * 301), "fault: it is not", id="long_text"),
        pytest.param(replace(ANNOUNCEMENT, every=1e9), "every: it is not", id="years_between_two"),
        pytest.param(
            replace(ANNOUNCEMENT, at=ANNOUNCEMENT.at.replace(tzinfo=None)), "time zone", id="no_time_zone"
        ),
    ],
)
def test_what_is_no_announcement_of_this_version_is_refused(written: Announcement, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_announcement(msgspec.json.encode(written))


def test_many_faults_at_once_are_cut_and_leave_the_announcement_readable() -> None:
    faults = "; ".join(["the circuit breaker of ORDERS is OPEN"] * 20)
    read = read_announcement(announcement_bytes(replace(ANNOUNCEMENT, fault=faults, name="a\tb")))
    assert (len(read.fault), read.fault[:37], read.fault[-1], read.name) == (300, faults[:37], "…", "a b")
