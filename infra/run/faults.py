"""Faults of the read models, as notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from adapters.alerts.notice import NO_ACCOUNT, Notice
from projections.condition import Fault, FaultKind
from projections.severity import Severity

_KINDS = {
    FaultKind.PARKED: "READ_MODEL_PARKED",
    FaultKind.LATE: "READ_MODEL_LATE",
    FaultKind.ENDED: "READ_MODELS_ENDED",
}
"""The kind of notice of each fault. A build that a start makes, and a store that does not answer for a moment, are no
alerts."""


def read_model_notices(faults: Iterable[Fault], now: datetime) -> Iterator[Notice]:
    """A notice for each fault; an acknowledged one is raised again in the next hour while its fault lasts."""
    for fault in faults:
        kind = _KINDS.get(fault.kind)
        if kind is not None:
            yield Notice(
                id=f"{kind}:{fault.name}:{now:%Y-%m-%dT%H}",
                account=NO_ACCOUNT,
                severity=Severity.CRITICAL,
                kind=kind,
                subject=fault.name,
                line=str(fault),
                stream="",
                chain="",
                at=now,
                ordinal=None,
            )
