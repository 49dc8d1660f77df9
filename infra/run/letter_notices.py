"""The alert of a log with many dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.alerts.notice import NO_ACCOUNT, Notice
from adapters.dead_letters.state import OPEN
from adapters.dead_letters.store import Counts
from projections.severity import Severity

KIND, SUBJECT = "DEAD_LETTERS", "log"
MOST = 100
"""The open letters up to which nobody is alerted."""


def letter_notices(counts: Counts, now: datetime) -> Iterator[Notice]:
    """A notice where more than 100 letters are open. An acknowledged one is raised again in the next hour."""
    number = open_letters_in(counts)
    if number <= MOST:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    yield Notice(
        id=f"{KIND}:{hour:%Y-%m-%dT%H}",
        account=NO_ACCOUNT,
        severity=Severity.WARNING,
        kind=KIND,
        subject=SUBJECT,
        line=f"{number:,} messages, records or requests could not be understood: `whence dead-letters list` names them",
        stream="",
        chain="",
        at=hour,
        ordinal=None,
    )


def open_letters_in(counts: Counts) -> int:
    """The number of letters that nobody has dealt with."""
    return sum(number for (_source, state), number in counts.items() if state in OPEN)
