"""What strangers wrote to the topics of a log on Kafka: as notices, and as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from adapters.alerts.notice import NO_ACCOUNT, Notice
from adapters.log.recorder_log import Refusals
from infra.config import WhenceSettings
from infra.run.commanding import command_topic, has_command_topic
from projections.severity import Severity

KIND = "RECORDS_REFUSED"


def stranger_notices(refused: Refusals, now: datetime) -> Iterator[Notice]:
    """A notice of the last record that was refused; it is raised again when another record is refused."""
    if not refused.records:
        return
    yield Notice(
        id=f"{KIND}:{refused.last}",
        account=NO_ACCOUNT,
        severity=Severity.CRITICAL,
        kind=KIND,
        subject="log",
        line=f"somebody without a key of this installation writes to the log's topic: {refused.records} records are "
        f"refused, the last at offset {refused.last}",
        stream="",
        chain="",
        at=now,
        ordinal=None,
    )


def refused_requests(settings: WhenceSettings) -> Callable[[], int]:
    """Counts the requests that engines of this log refused; 0 for a log without a command topic."""
    if not has_command_topic(settings):
        return lambda: 0
    from adapters.command_topic.refused import refused_count

    return refused_count(command_topic(settings))
