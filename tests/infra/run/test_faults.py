"""Which faults of the read models become notices, and when an acknowledged one is raised again."""

from __future__ import annotations

from datetime import timedelta

from infra.run.faults import read_model_notices
from projections.condition import Fault, FaultKind
from projections.severity import Severity
from tests.domain.history import NOW


def test_parked_late_and_ended_read_models_are_critical_notices_and_other_faults_are_none() -> None:
    faults = [Fault("orders", kind, "detail") for kind in FaultKind]
    notices = list(read_model_notices(faults, NOW))
    assert {(one.kind, one.severity) for one in notices} == {
        ("READ_MODEL_PARKED", Severity.CRITICAL),
        ("READ_MODEL_LATE", Severity.CRITICAL),
        ("READ_MODEL_ENDED", Severity.CRITICAL),
    }
    assert {(one.account, one.subject, one.line, one.ordinal) for one in notices} == {
        ("system", "orders", "orders detail", None)
    }


def test_a_fault_has_one_id_within_an_hour_and_another_one_in_the_next() -> None:
    (fault,) = [Fault("orders", FaultKind.PARKED, "detail")]
    times = (NOW, NOW.replace(minute=59), NOW + timedelta(hours=1))
    first, same, later = [next(read_model_notices([fault], at)).id for at in times]
    assert first == same != later
