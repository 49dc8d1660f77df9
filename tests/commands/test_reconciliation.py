from __future__ import annotations

from commands.reconciliation import RecordDiscrepancy, ResolveDiscrepancy
from domain.errors import Refused
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from tests.commands.sentence import given

FOUND = DiscrepancyFound("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RECORD = RecordDiscrepancy("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RESOLVE = ResolveDiscrepancy("exchange:test:stray", "closed by hand")


def test_a_discrepancy_is_found_once_and_settled_once() -> None:
    result = given().when(RECORD, RECORD, RESOLVE, RESOLVE, RECORD)
    result.then(FOUND, DiscrepancyResolved("exchange:test:stray", "closed by hand"))
    assert (result.state.known, result.state.unresolved) == ({"exchange:test:stray"}, set())


def test_settling_an_unknown_discrepancy_is_refused() -> None:
    given().when(RESOLVE).then_error(Refused, "no discrepancy exchange:test:stray was ever found")
