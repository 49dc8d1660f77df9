"""The notices in the store: which are open, which messages are due, and who acknowledged what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from adapters.alerts.notice import Message, Notice
from adapters.alerts.table import ALERTED, DELIVERIES, NOTICES
from domain.errors import InvalidInput
from projections.answering import answering
from projections.severity import Severity
from projections.store import reading, writing

_WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 16, 32, 60, 120, 300))
"""The wait after each failed attempt to deliver a message; the last one applies to all later attempts."""
_LISTED = 500
WITHDRAWN = "system"
"""Who acknowledged a notice of a fault that is over; no person may have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A notice in the store. `sent_at` is when a message of it was last confirmed; `error` is the last failure."""

    notice: Notice
    count: int
    sent: int
    sent_at: datetime | None
    error: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class TakenUp:
    """The ordinal up to which the alerts of the log with this id are notices. `prefix` is the digest of the events up
    to it (`projections.lineage`), hexadecimal; empty where it is not known."""

    log_id: str
    ordinal: int
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is to be delivered to a place; `failed` attempts were made."""

    place: str
    message: Message
    failed: int


@dataclass(frozen=True, slots=True)
class Ending:
    """The kinds of an account's notices that end with their fault, without a person's acknowledgement."""

    account: str
    kinds: Collection[str]


class NoticeBook:
    """Reads and changes the notices of one partition's log. Errors of the database are raised as StoreError."""

    def __init__(self, engine: Engine, partition: int = 0) -> None:
        self._engine, self._partition = engine, partition

    def taken_up(self) -> TakenUp | None:
        """How far the log's alerts are notices; None before the first."""
        found = select(ALERTED).where(ALERTED.c.partition == self._partition)
        with answering(self._engine), reading(self._engine) as connection:
            row = connection.execute(found).mappings().one_or_none()
        return None if row is None else TakenUp(row["log_id"], row["ordinal"], row["prefix"])

    def take_up(
        self, notices: Iterable[Notice], upto: TakenUp, places: Collection[str], now: datetime
    ) -> None:
        """Adds the notices and moves the ordinal, in one transaction. A notice that is open already is counted."""
        with answering(self._engine), writing(self._engine) as connection:
            for notice in notices:
                _add(connection, notice, places, now)
            _move(connection, self._partition, upto)

    def raise_(self, notice: Notice, places: Collection[str], now: datetime) -> None:
        """Adds a notice without an event, unless it is open already."""
        with answering(self._engine), writing(self._engine) as connection:
            if _open(connection, notice) is None:
                _add(connection, notice, places, now)

    def withdraw(self, ending: Ending, standing: Collection[str], now: datetime) -> None:
        """Ends the open notices of these kinds that are not in `standing` (ids): what they are about is over."""
        over = (
            NOTICES.c.account == ending.account,
            NOTICES.c.kind.in_(ending.kinds),
            NOTICES.c.id.not_in(standing),
            NOTICES.c.acknowledged_at.is_(None),
        )
        with answering(self._engine), reading(self._engine) as connection:
            if connection.scalar(select(NOTICES.c.id).where(*over).limit(1)) is None:
                return
        ended = update(NOTICES).where(*over).values(acknowledged_at=now, acknowledged_by=WITHDRAWN)
        with answering(self._engine), writing(self._engine) as connection:
            connection.execute(ended)

    def due(self, places: Collection[str], now: datetime) -> Sequence[Due]:
        """The messages that are to be delivered now, the oldest notice first."""
        found = (
            select(NOTICES, DELIVERIES.c.place, DELIVERIES.c.sent, DELIVERIES.c.failed)
            .join(DELIVERIES, DELIVERIES.c.notice == NOTICES.c.id)
            .where(DELIVERIES.c.due_at <= now, DELIVERIES.c.place.in_(places))
            .where(NOTICES.c.acknowledged_at.is_(None))
            .order_by(NOTICES.c.at, NOTICES.c.id)
            .limit(_LISTED)
        )
        with answering(self._engine), reading(self._engine) as connection:
            return [_due(row) for row in connection.execute(found).mappings()]

    def delivered(self, due: Due, now: datetime, again: timedelta | None) -> None:
        """Records the confirmation; the next message follows after `again`, None for never."""
        self._settle(
            due,
            sent=due.message.repeat + 1,
            failed=0,
            sent_at=now,
            due_at=None if again is None else now + again,
            error="",
        )

    def failed(self, due: Due, now: datetime, error: str) -> None:
        """Records the failure; the same message is due again after a wait that grows from 1 s to 5 minutes."""
        wait = _WAITS[min(due.failed, len(_WAITS) - 1)]
        self._settle(due, failed=due.failed + 1, due_at=now + wait, error=error)

    def acknowledge(self, ids: Collection[str], by: str, now: datetime) -> Sequence[str]:
        """Acknowledges these open notices; returns the ids of those that were open.

        Raises InvalidInput for an id that no notice has.
        """
        with answering(self._engine), writing(self._engine) as connection:
            known = set(connection.scalars(select(NOTICES.c.id).where(NOTICES.c.id.in_(ids))))
            unknown = sorted(set(ids) - known)
            if unknown:
                raise InvalidInput(f"no notice has the id {', '.join(map(repr, unknown))}")
            open_ = NOTICES.c.id.in_(ids) & NOTICES.c.acknowledged_at.is_(None)
            ended = update(NOTICES).where(open_).values(acknowledged_at=now, acknowledged_by=by)
            return sorted(connection.scalars(ended.returning(NOTICES.c.id)))

    def entries(self, *, every: bool = False) -> Sequence[Entry]:
        """The open notices, or all of them, the latest first, 500 at most."""
        found = select(NOTICES).order_by(NOTICES.c.at.desc(), NOTICES.c.id).limit(_LISTED)
        if not every:
            found = found.where(NOTICES.c.acknowledged_at.is_(None))
        with answering(self._engine), reading(self._engine) as connection:
            rows = connection.execute(found).mappings().all()
            sent = connection.execute(
                select(DELIVERIES).where(DELIVERIES.c.notice.in_([row["id"] for row in rows]))
            )
            deliveries = sent.mappings().all()
        return [_entry(row, [one for one in deliveries if one["notice"] == row["id"]]) for row in rows]

    def _settle(self, due: Due, **values: object) -> None:
        place = (DELIVERIES.c.notice == due.message.notice.id) & (DELIVERIES.c.place == due.place)
        with answering(self._engine), writing(self._engine) as connection:
            connection.execute(update(DELIVERIES).where(place).values(**values))


def _add(connection: Connection, notice: Notice, places: Collection[str], now: datetime) -> None:
    if _has(connection, notice):
        return
    # In a log that was restored and continued differently, another event may have the same id.
    connection.execute(delete(NOTICES).where(NOTICES.c.id == notice.id))
    found = _open(connection, notice)
    if found is not None:
        connection.execute(
            update(NOTICES).where(NOTICES.c.id == found).values(count=NOTICES.c.count + 1, line=notice.line)
        )
        return
    connection.execute(insert(NOTICES).values(_row(notice)))
    new = {"notice": notice.id, "sent": 0, "failed": 0, "due_at": now, "error": ""}
    for place in places:
        connection.execute(insert(DELIVERIES).values(place=place, **new))


def _has(connection: Connection, notice: Notice) -> bool:
    same = (NOTICES.c.id == notice.id) & (NOTICES.c.kind == notice.kind) & (NOTICES.c.at == notice.at)
    return connection.scalar(select(NOTICES.c.id).where(same)) is not None


def _open(connection: Connection, notice: Notice) -> str | None:
    """The id of the open notice of the same account, kind and subject."""
    same = (
        (NOTICES.c.account == notice.account)
        & (NOTICES.c.kind == notice.kind)
        & (NOTICES.c.subject == notice.subject)
    )
    return connection.scalar(select(NOTICES.c.id).where(same, NOTICES.c.acknowledged_at.is_(None)))


def _move(connection: Connection, partition: int, upto: TakenUp) -> None:
    own = ALERTED.c.partition == partition
    values = {"log_id": upto.log_id, "ordinal": upto.ordinal, "prefix": upto.prefix}
    if not connection.execute(update(ALERTED).where(own).values(values)).rowcount:
        connection.execute(insert(ALERTED).values(values | {"partition": partition}))


def _row(notice: Notice) -> dict[str, object]:
    return {
        "id": notice.id,
        "account": notice.account,
        "severity": notice.severity.value,
        "kind": notice.kind,
        "subject": notice.subject,
        "line": notice.line,
        "stream": notice.stream,
        "chain": notice.chain,
        "at": notice.at,
        "ordinal": notice.ordinal,
        "count": 1,
    }


def _notice(row: RowMapping) -> Notice:
    return Notice(
        id=row["id"],
        account=row["account"],
        severity=Severity(row["severity"]),
        kind=row["kind"],
        subject=row["subject"],
        line=row["line"],
        stream=row["stream"],
        chain=row["chain"],
        at=row["at"],
        ordinal=row["ordinal"],
    )


def _due(row: RowMapping) -> Due:
    message = Message(notice=_notice(row), count=row["count"], repeat=row["sent"])
    return Due(row["place"], message, row["failed"])


def _entry(row: RowMapping, deliveries: Sequence[RowMapping]) -> Entry:
    times = [one["sent_at"] for one in deliveries if one["sent_at"] is not None]
    return Entry(
        notice=_notice(row),
        count=row["count"],
        sent=sum(one["sent"] for one in deliveries),
        sent_at=max(times, default=None),
        error="; ".join(f"{one['place']}: {one['error']}" for one in deliveries if one["error"]),
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
    )
