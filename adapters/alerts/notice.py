"""A notice: an alert that is sent to a person, repeated until somebody acknowledges it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.severity import Severity

NO_ACCOUNT = "system"
"""The account of a notice about the program itself, as of events that belong to no account."""


_DAILY = frozenset({"DAILY_LOSS", "ROUTE_REFUSED"})
"""Kinds of alert that every refused signal of a day raises; they are one notice a day."""


def subject_of(kind: str, stream: str, at: datetime) -> str:
    """What the alert of an event is about: its stream, or its day (UTC)."""
    return at.date().isoformat() if kind in _DAILY else stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a person is notified of.

    `id` is the id of the event, or names the fault of the program that no event records. Notices of one `account`,
    `kind` and `subject` are one notice while it is not acknowledged. `ordinal` is None where no event is behind it.
    """

    id: str
    account: str
    severity: Severity
    kind: str
    subject: str
    line: str
    stream: str
    chain: str
    at: datetime
    ordinal: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notice on its way to one place. `count` events are behind it; `repeat` messages of it arrived before."""

    notice: Notice
    count: int
    repeat: int

    @property
    def id(self) -> str:
        """The same for every attempt to deliver this message, so that a receiver can recognise it."""
        return f"{self.notice.id}:{self.repeat}"

    def body(self) -> bytes:
        """The message as JSON, UTF-8."""
        return json.dumps(self._fields(), ensure_ascii=False, separators=(",", ":")).encode()

    def _fields(self) -> dict[str, Any]:
        notice = self.notice
        return {
            "id": notice.id,
            "account": notice.account,
            "severity": notice.severity.value,
            "kind": notice.kind,
            "line": notice.line,
            "stream": notice.stream,
            "chain": notice.chain,
            "at": notice.at.isoformat(),
            "ordinal": notice.ordinal,
            "count": self.count,
            "repeat": self.repeat,
        }
