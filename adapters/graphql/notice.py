"""Notices: alerts that were sent to a person, and their acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import strawberry

from adapters.alerts.book import Entry, NoticeBook
from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql.context import Info
from adapters.graphql.scalars import Ordinal
from domain.errors import InvalidInput, Refused
from projections.severity import Severity

_MOST = 100


@strawberry.type(description="An alert that is sent to a person and repeated until it is acknowledged.")
class Notice:
    id: strawberry.ID = strawberry.field(
        description="The id of its event, or a name for a fault that no event records."
    )
    account: str = strawberry.field(description="The account it concerns; `system` for the program itself.")
    severity: Severity = strawberry.field(description="How urgent it is.")
    kind: str = strawberry.field(description="The kind of alert, as in `KILL_SWITCH_TRIPPED`.")
    subject: str = strawberry.field(
        description="What it is about: alerts of one account, kind and subject are one notice until it is acknowledged."
    )
    line: str = strawberry.field(description="The latest alert's sentence, on one line.")
    count: int = strawberry.field(description="How many alerts of this kind and subject it stands for.")
    at: datetime = strawberry.field(description="When the first of them occurred.")
    ordinal: Ordinal | None = strawberry.field(description="The ordinal of its event; null without an event.")
    sent: int = strawberry.field(description="How many messages of it were confirmed by their receivers.")
    sent_at: datetime | None = strawberry.field(description="When the last message was confirmed.")
    error: str = strawberry.field(description="Why the last attempt failed; empty where it did not.")
    acknowledged_at: datetime | None = strawberry.field(description="When it was acknowledged.")
    acknowledged_by: str | None = strawberry.field(description="Who acknowledged it.")

    @strawberry.field(description="The event of the first of these alerts; null without an event.")
    async def event(self, info: Info) -> kinds.Event | None:
        if self.ordinal is None:
            return None
        return await events.EVENTS.one(await info.context.moment(), self.ordinal)


async def notices_of(info: Info, *, every: bool) -> list[Notice]:
    """The open notices, or all, the latest first."""
    book = _book(info)
    found = await info.context.served.readers.run(partial(book.entries, every=every))
    return [_notice(entry) for entry in found]


async def acknowledged(info: Info, ids: Sequence[str], now: datetime) -> list[strawberry.ID]:
    """Acknowledges the notices; returns the ids of those that were open. Raises InvalidInput for an unknown id."""
    if not 0 < len(ids) <= _MOST:
        raise InvalidInput(f"name 1 to {_MOST} notices, not {len(ids)}")
    book = _book(info)
    done = await info.context.served.readers.run(
        partial(book.acknowledge, tuple(ids), info.context.caller.name, now)
    )
    return [strawberry.ID(one) for one in done]


def _book(info: Info) -> NoticeBook:
    book = info.context.served.notices
    if book is None:
        raise Refused("this program has no notices")
    return book


def _notice(entry: Entry) -> Notice:
    notice = entry.notice
    return Notice(
        id=strawberry.ID(notice.id),
        account=notice.account,
        severity=notice.severity,
        kind=notice.kind,
        subject=notice.subject,
        line=notice.line,
        count=entry.count,
        at=notice.at,
        ordinal=None if notice.ordinal is None else Ordinal(notice.ordinal),
        sent=entry.sent,
        sent_at=entry.sent_at,
        error=entry.error,
        acknowledged_at=entry.acknowledged_at,
        acknowledged_by=entry.acknowledged_by,
    )
