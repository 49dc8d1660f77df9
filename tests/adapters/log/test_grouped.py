"""Appends that share transactions: the log has the same events, and after a kill it ends at a whole append."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.grouped import MOST_EVENTS, GroupedLog
from adapters.log.library import open_memory
from adapters.log.sqlite import open_sqlite
from domain.errors import Conflict, InvalidEvent
from tests.adapters.log.days import day, days, opened
from tests.clean_process import killed
from tests.replacing import replace

A, B = "account-main", "account-other"
UNIT = 7


def test_grouped_appends_give_the_ordinals_and_bytes_of_single_ones() -> None:
    one, stored = open_memory(AvroCodec()), open_memory(AvroCodec())
    with closing(GroupedLog(stored, AvroCodec())) as grouped:
        for unit in ([opened()], days(A, 1, 3), days(B, 1, 1), days(A, 4, 6)):
            assert grouped.append(unit) == one.append(unit)
    assert [row.data for row in stored.read()] == [row.data for row in one.read()]


def test_appends_are_not_written_one_by_one_and_every_read_finds_all_of_them() -> None:
    stored = open_memory(AvroCodec())
    grouped = GroupedLog(stored, AvroCodec())
    grouped.append(days(A, 1, 2))
    assert stored.head() == 0
    assert grouped.head() == stored.head() == 2
    grouped.append(days(A, 3, 3))
    assert [one.envelope for one in grouped.read(after=1)] == days(A, 2, 3)
    grouped.append(days(B, 1, 1))
    assert list(grouped.read_stream(B)) == days(B, 1, 1)
    grouped.append(days(B, 2, 2))
    grouped.check()
    assert stored.head() == 5


def test_an_invalid_event_is_refused_when_it_is_written_and_the_log_ends_before_its_append() -> None:
    stored = open_memory(AvroCodec())
    grouped, wrong = GroupedLog(stored, AvroCodec()), day(A, 3)
    grouped.append(days(A, 1, 1))
    with pytest.raises(InvalidEvent, match=r"meta\.stream"):  # noqa: PT012  (the append writes itself after 0.1 s)
        grouped.append([day(A, 2), replace(wrong, meta=replace(wrong.meta, stream=""))])
        grouped.append(days(A, 4, 4))
        grouped.settle()
    grouped.close()
    assert [one.envelope for one in stored.read()] == days(A, 1, 1)


def test_an_invalid_event_of_a_request_is_refused_at_its_append_and_the_log_goes_on() -> None:
    stored = open_memory(AvroCodec())
    grouped, wrong = GroupedLog(stored, AvroCodec()), day(A, 2)
    grouped.append(days(A, 1, 1))
    with pytest.raises(InvalidEvent, match=r"meta\.stream"):
        grouped.append([replace(wrong, meta=replace(wrong.meta, stream="", causation_id="command:one/f"))])
    assert stored.head() == 1
    assert grouped.append(days(A, 2, 2)) == 2
    assert [one.envelope for one in grouped.read()] == days(A, 1, 2)


def test_a_conflict_is_raised_when_the_events_are_written_and_none_of_them_is() -> None:
    stored = open_memory(AvroCodec())
    grouped = GroupedLog(stored, AvroCodec())
    grouped.append(days(A, 1, 1))
    with pytest.raises(Conflict, match="is not the next"):  # noqa: PT012  (the append writes itself after 0.1 s)
        grouped.append(days(A, 3, 3))
        grouped.settle()
    grouped.close()
    assert stored.head() == 0


def _killed_while_appending(path: Path, units: int) -> None:
    grouped = GroupedLog(open_sqlite(path, AvroCodec()), AvroCodec())
    grouped.append([opened()])
    for unit in range(units):
        grouped.append(days(A, 1 + unit * UNIT, (unit + 1) * UNIT))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_whole_appends(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    units = MOST_EVENTS // UNIT + 30
    killed(_killed_while_appending, path, units)
    with closing(open_sqlite(path, AvroCodec())) as log:
        kept = log.head()
        # On a busy machine the time writes earlier than the number of events.
        assert 0 < kept <= units * UNIT + 1
        assert (kept - 1) % UNIT == 0
        assert [one.envelope for one in log.read(after=1)] == days(A, 1, kept - 1)
