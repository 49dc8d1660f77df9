"""Faults of the program itself, as notices: read models that are parked or late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.alerts.notice import NO_ACCOUNT, Notice
from infra.run.projecting import Projecting, Status
from projections.severity import Severity


def read_model_faults(projecting: Projecting, late: str | None, now: datetime) -> Iterator[Notice]:
    """A notice for each read model with parked events, and one where the read models are `late`.

    `late` states how far they are behind. An acknowledged notice is raised again when further sequences are parked, or
    in the next hour while they are late.
    """
    for status in projecting.status():
        if status.parked_events:
            yield _parked(status, now)
    if late is not None:
        yield _fault(f"late:{now:%Y-%m-%dT%H}", "READ_MODELS_LATE", "", f"the read models {late}", now)


def _parked(status: Status, now: datetime) -> Notice:
    found = f"{status.parked_events:,} events of {status.parked_sequences:,} sequences"
    return _fault(
        f"parked:{status.projection}:{status.build}:{status.parked_sequences}",
        "READ_MODEL_PARKED",
        status.projection,
        f"{status.projection}: {found} are parked and missing from its answers; see `whence projections parked`",
        now,
    )


def _fault(notice_id: str, kind: str, subject: str, line: str, now: datetime) -> Notice:
    return Notice(
        id=notice_id,
        account=NO_ACCOUNT,
        severity=Severity.CRITICAL,
        kind=kind,
        subject=subject,
        line=line,
        stream="",
        chain="",
        at=now,
        ordinal=None,
    )
