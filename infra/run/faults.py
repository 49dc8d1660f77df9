"""Faults of the read models, as notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from adapters.alerts.notice import NO_ACCOUNT, Notice
from projections.condition import Fault, FaultKind
from projections.severity import Severity

_ALERTS = frozenset({FaultKind.PARKED, FaultKind.LATE, FaultKind.ENDED})
"""A build that a start makes, and a store that does not answer for a moment, are no alerts."""


def read_model_notices(faults: Iterable[Fault], now: datetime) -> Iterator[Notice]:
    """A notice for each fault; an acknowledged one is raised again in the next hour while its fault lasts."""
    for fault in faults:
        if fault.kind in _ALERTS:
            yield Notice(
                id=f"{fault.alert}:{fault.name}:{now:%Y-%m-%dT%H}",
                account=NO_ACCOUNT,
                severity=Severity.CRITICAL,
                kind=fault.alert,
                subject=fault.name,
                line=str(fault),
                stream="",
                chain="",
                at=now,
                ordinal=None,
            )
