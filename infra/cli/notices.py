"""The work of `whence alerts`."""

from __future__ import annotations

import logging
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from adapters.alerts.book import Entry, NoticeBook
from adapters.alerts.heartbeat import Heartbeat
from adapters.alerts.notice import NO_ACCOUNT, Message, Notice
from adapters.alerts.place import Undelivered
from adapters.avro import iso
from domain.errors import InvalidInput
from infra.cli.opened_store import opened
from infra.cli.stopping import stoppable
from infra.config import load
from infra.logging import configure
from infra.run.alerting import places_of
from infra.run.alerts_sent import alerts_sent
from infra.run.rebuilding import partition_of
from projections.severity import Severity

_HOW = "set webhook, command or heartbeat in the table [alerts] of whence.toml (docs/alerts.md)"
_NOWHERE = f"nothing is configured to be sent: {_HOW}"
_NOT_MADE = f"alerts are not configured, so none are listed here and none are sent: {_HOW}"


@contextmanager
def book(**given: object) -> Generator[NoticeBook]:
    """The notices in the configured store."""
    with opened(**given) as store:
        yield NoticeBook(store.engine, partition_of(store.settings))


def as_rows(entries: Sequence[Entry]) -> Sequence[Mapping[str, object]]:
    """The notices for programs."""
    return [
        {
            "id": entry.notice.id,
            "at": iso(entry.notice.at),
            "account": entry.notice.account,
            "severity": entry.notice.severity.value,
            "kind": entry.notice.kind,
            "line": entry.notice.line,
            "count": entry.count,
            "ordinal": entry.notice.ordinal,
            "sent": entry.sent,
            "sent_at": None if entry.sent_at is None else iso(entry.sent_at),
            "error": entry.error,
            "acknowledged_at": None if entry.acknowledged_at is None else iso(entry.acknowledged_at),
            "acknowledged_by": entry.acknowledged_by,
        }
        for entry in entries
    ]


def unconfigured(**given: object) -> str:
    """Why no alerts are made, and how they are configured; empty where they are."""
    return _NOT_MADE if load(**given).alerts.is_empty else ""


def as_lines(entries: Sequence[Entry], *, every: bool, missing: str = "") -> Iterator[str]:
    """The notices for people: a heading and the sentence of each; `every` is whether acknowledged ones are in it.

    `missing` is why no alerts are made; it takes the place of the line that there are none.
    """
    if missing:
        yield missing
    elif not entries:
        yield "no alert yet" if every else "no open alert"
    for entry in entries:
        notice = entry.notice
        times = f", {entry.count} times" if entry.count > 1 else ""
        yield f"{notice.at:%Y-%m-%d %H:%M:%S} {notice.severity} {notice.kind}{times}  {_state(entry)}"
        yield f"  {notice.line}"
        yield f"  {notice.id}"


def _state(entry: Entry) -> str:
    if entry.acknowledged_at is not None:
        return f"acknowledged by {entry.acknowledged_by}"
    if entry.error:
        return f"not delivered: {entry.error}"
    return "sent" if entry.sent else "not sent"


def acknowledged(ids: Collection[str], by: str, *, every: bool, **given: object) -> Sequence[str]:
    """Acknowledges these notices, or all open ones; returns the ids of those that were open.

    Raises InvalidInput where neither or both are given.
    """
    if bool(ids) == every:
        raise InvalidInput("name the alerts by their ids (`whence alerts list`), or give --all")
    with book(**given) as notices:
        named = [entry.notice.id for entry in notices.entries()] if every else ids
        return notices.acknowledge(tuple(named), by, datetime.now(UTC))


def tested(**given: object) -> Iterator[tuple[str, str | None]]:
    """Sends a test alert; yields each place with the fault of its delivery, None where it was confirmed.

    Raises InvalidInput where no place is configured.
    """
    settings = load(**given).alerts
    if settings.is_empty:
        raise InvalidInput(_NOWHERE)
    message = Message(notice=_test_notice(), count=1, repeat=0)
    for place in places_of(settings):
        try:
            place.deliver(message)
        except Undelivered as fault:
            yield place.name, str(fault)
        else:
            yield place.name, None
    if settings.heartbeat is not None:
        yield "heartbeat", _beaten(Heartbeat(settings.heartbeat.get_secret_value()))


def _beaten(heartbeat: Heartbeat) -> str | None:
    try:
        heartbeat.beat()
    except Undelivered as fault:
        return str(fault)
    return None


def _test_notice() -> Notice:
    return Notice(
        id=f"test-{uuid4().hex[:12]}",
        account=NO_ACCOUNT,
        severity=Severity.INFO,
        kind="TEST",
        subject="",
        line="a test of the alerts of Whence",
        stream="",
        chain="",
        at=datetime.now(UTC),
        ordinal=None,
    )


def sent_until_stopped(**given: object) -> None:
    """Sends alerts until a stop. Raises InvalidInput where no place is configured."""
    settings = load(**given)
    if settings.alerts.is_empty:
        raise InvalidInput(_NOWHERE)
    configure(logging.INFO)
    with stoppable() as stopping, alerts_sent(settings):
        while not stopping.requested():
            stopping.wait(1.0)
