"""Notices of records that strangers wrote to a log's topic."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.log.recorder_log import Refusals
from infra.run.strangers import stranger_notices
from projections.severity import Severity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_no_notice_is_raised_while_nothing_is_refused() -> None:
    assert list(stranger_notices(Refusals(), NOON)) == []


def test_a_refused_record_is_a_critical_notice_that_names_its_offset() -> None:
    [notice] = stranger_notices(Refusals(2, 17), NOON)
    assert (notice.severity, notice.kind) == (Severity.CRITICAL, "RECORDS_REFUSED")
    assert "2 records are refused, the last at offset 17" in notice.line


def test_a_further_refused_record_is_another_notice_and_the_same_one_is_not() -> None:
    one, two = Refusals(1, 3), Refusals(2, 4)
    ids = [notice.id for refused in (one, one, two) for notice in stranger_notices(refused, NOON)]
    assert ids[0] == ids[1] != ids[2]
