"""The faults of read models: being built, parked, late, or of another version of the program."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build
from projections.condition import FaultKind, faults_of
from projections.orders import ORDERS
from projections.standing import Standing

HEAD, PATIENCE = 100, 30.0


def standing(
    ordinal: int = HEAD,
    parked: int = 0,
    kind: BuildKind = BuildKind.TODAY,
    status: BuildStatus = BuildStatus.LIVE,
    fingerprint: str = ORDERS.fingerprint,
) -> Standing:
    return Standing(Build(1, "orders", kind, fingerprint, status), 0, ordinal, parked, min(parked, 1))


def kinds(*found: Standing, began_at: int = HEAD, late: float = 0.0) -> Sequence[FaultKind]:
    seconds = dict.fromkeys((one.ordinal for one in found), late)
    return [one.kind for one in faults_of(found, {"orders": ORDERS}, began_at, seconds, PATIENCE)]


@pytest.mark.parametrize(
    ("one", "late", "faults"),
    [
        (standing(), 0, []),
        (standing(99), 0, [FaultKind.BUILDING]),
        (standing(99, parked=2), 0, [FaultKind.BUILDING, FaultKind.PARKED]),
        (standing(parked=2), 0, [FaultKind.PARKED]),
        (standing(), PATIENCE, []),
        (standing(), PATIENCE + 1, [FaultKind.LATE]),
        (standing(fingerprint="of an old version"), 0, [FaultKind.BUILDING]),
        (standing(status=BuildStatus.BUILDING), 0, [FaultKind.BUILDING]),
        (standing(status=BuildStatus.RETIRED, parked=1), 0, [FaultKind.BUILDING]),
    ],
)
def test_a_build_has_the_faults_of_its_standing(
    one: Standing, late: float, faults: Sequence[FaultKind]
) -> None:
    assert kinds(one, late=late) == faults


def test_a_history_may_be_behind_but_its_parked_events_are_a_fault() -> None:
    assert kinds(standing(), standing(60, kind=BuildKind.HISTORY)) == []
    assert kinds(standing(), standing(60, 1, kind=BuildKind.HISTORY)) == [FaultKind.PARKED]


def test_a_read_model_that_was_never_built_is_being_built_also_on_an_empty_log() -> None:
    assert kinds(began_at=0) == [FaultKind.BUILDING]
