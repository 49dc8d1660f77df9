from __future__ import annotations

from commands.reconciliation import (
    BeginReconciliation,
    EndReconciliation,
    RecordDiscrepancy,
    ResolveDiscrepancy,
)
from domain.errors import Refused
from domain.reconciliation import (
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from tests.commands.sentence import given

FOUND = DiscrepancyFound("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RECORD = RecordDiscrepancy("exchange:test:stray", "nobody-e1", "Filled of something this log does not know")
RESOLVE = ResolveDiscrepancy("exchange:test:stray", "closed by hand")


def test_a_discrepancy_is_found_once_and_settled_once() -> None:
    result = given().when(RECORD, RECORD, RESOLVE, RESOLVE, RECORD)
    result.then(FOUND, DiscrepancyResolved("exchange:test:stray", "closed by hand"))
    assert (result.state.known, result.state.unresolved) == ({"exchange:test:stray"}, set())


def test_settling_an_unknown_discrepancy_is_refused() -> None:
    given().when(RESOLVE).then_error(
        Refused, "no discrepancy has the id exchange:test:stray: `whence reconcile` lists the ids"
    )


def test_a_reconciliation_begins_once_and_ends_once_and_leaves_discrepancies_as_they_are() -> None:
    begin, end = BeginReconciliation("the engine starts"), EndReconciliation(2, 1)
    result = given().when(end, begin, begin, RECORD, end, end, BeginReconciliation("a gap"))
    result.then(
        ReconciliationBegun("the engine starts"),
        FOUND,
        ReconciliationEnded(2, 1),
        ReconciliationBegun("a gap"),
    )
    assert (result.state.unresolved, result.state.reconciling) == ({"exchange:test:stray"}, "a gap")
