from __future__ import annotations

from commands.reconciliation import RecordDiscrepancy, ResolveDiscrepancy
from domain.errors import Refused
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from tests.commands.sentence import given

FOUND = DiscrepancyFound("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RECORD = RecordDiscrepancy("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RESOLVE = ResolveDiscrepancy("exchange:test:stray", "closed by hand")


def test_a_discrepancy_is_found_once_and_settled_once() -> None:
    asked = given().when(RECORD, RECORD, RESOLVE, RESOLVE, RECORD)
    asked.then(FOUND, DiscrepancyResolved("exchange:test:stray", "closed by hand"))
    assert (asked.state.known, asked.state.unresolved) == ({"exchange:test:stray"}, set())


def test_nothing_is_settled_that_was_never_found() -> None:
    given().when(RESOLVE).then_error(Refused, "no discrepancy exchange:test:stray was ever found")
