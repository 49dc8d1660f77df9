"""Turns the pushes of the topics `order` and `execution` into reports.

Pushes may be lost, repeated and reordered, also between the topics: an order may be filled without having been new, and
end before the push of its last fill. Fills come from `execution` only, each execution id once; `order` shows
acceptance, terms and end. A push that is older than what was seen of its order changes nothing. An order that ended
before its last execution was pushed is reported as ended at once: the log takes a fill after that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from adapters.bybit.execution_row import FORCED, FUNDING, TRADE, VENUE, ExecutionRow, execution_row, funded
from adapters.bybit.names import Names
from adapters.bybit.order_row import OrderRow, order_row, waiting_leg
from adapters.executed import filled, liquidated
from adapters.instruments.document import Table, is_table, rows
from adapters.order_terms import Terms
from commands.exchange import (
    Accepted,
    Amended,
    AnyReport,
    Cancelled,
    CancelRefused,
    Filled,
    Rejected,
    Triggered,
    Unread,
)
from domain.errors import InvalidInput
from domain.venue import VenueStatus

TOO_LATE_TO_CANCEL = "EC_OrigClOrdIDDoesNotExist"
"""The `rejectReason` of the second push `Filled`, with which Bybit answers a cancel that came too late."""

_NOT_READ = ("position", "wallet")
"""Topics whose rows lead to no report: positions and balances are queried."""
_KEPT = 100_000
_SHOWN = 40
R = TypeVar("R")
_RANKS: Mapping[type[AnyReport], int] = {Accepted: 0, Amended: 1, Triggered: 2, Filled: 3}
_LAST = 4


class _Seen(Struct, frozen=True, gc=False):
    """What later pushes of an order are compared with. A whole row would be three times as large, and those of ended
    orders are kept, too.
    """

    venue_id: str
    status: VenueStatus
    updated: datetime
    is_open: bool
    came_too_late: bool
    terms: Terms

    @classmethod
    def of(cls, row: OrderRow) -> _Seen:
        came_too_late = row.reject_reason == TOO_LATE_TO_CANCEL
        return cls(row.venue_id, row.status, row.updated, row.is_open, came_too_late, row.terms)


class Reading:
    """`settle` is the settlement currency. `unread` holds the pushes that could not be understood as a whole, until
    they are taken. `hide` takes the credentials out of a text.

    All calls come from one thread.
    """

    def __init__(self, names: Names, settle: str, hide: Callable[[str], str] = str) -> None:
        self._names, self._settle, self._hide = names, settle, hide
        self.unread: list[Unread] = []
        self._faults: list[str] = []
        self._topics: Mapping[str, Callable[[Sequence[Table]], Iterator[AnyReport]]] = {
            "order": self._orders,
            "execution": self._executions,
            **dict.fromkeys(_NOT_READ, _no_reports),
        }
        self._seen: dict[str, _Seen] = {}
        self._executed: dict[str, None] = {}
        self._strangers: list[ExecutionRow] = []

    def read(self, text: str) -> list[AnyReport]:
        """The reports of a push. Where a part of it cannot be understood, the whole text goes to `unread` with every
        reason, and the reports are those of the other rows."""
        try:
            frame: object = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as fault:
            frame = None
            self._refuse(f"it is not JSON that can be read: {fault}")
        found = self._take(frame) if is_table(frame) else self._no_object(frame)
        if self._faults:
            self.unread.append(self._unread(text))
        return found

    def _no_object(self, frame: object) -> list[AnyReport]:
        if not self._faults:
            self._refuse(f"the push is no object but {type(frame).__name__}")
        return []

    def _unread(self, text: str) -> Unread:
        """The text as it came; without the credentials, where an exchange that repeats them has put them there."""
        faults, self._faults = self._faults, []
        shown = self._hide(text)
        if shown != text:
            faults.append("credentials in it are hidden")
        return Unread(shown, "; ".join(faults))

    def _take(self, frame: Table) -> list[AnyReport]:
        topic = frame.get("topic")
        read = self._topics.get(topic.partition(".")[0]) if isinstance(topic, str) else None
        if read is None:
            self._refuse(f"its topic is unknown: {_shown(topic)}")
            return []
        return list(read(self._rows(frame)))

    def _refuse(self, reason: str) -> None:
        """Records why a part of the push could not be understood."""
        self._faults.append(reason)

    def _rows(self, frame: Table) -> Sequence[Table]:
        data = frame.get("data")
        found = rows(data)
        if not found:
            self._refuse("the push has no rows")
        elif strange := len(cast("list[object]", data)) - len(found):
            self._refuse(f"{strange} of its rows are no objects")
        return found

    def _read(self, data: Sequence[Table], read: Callable[[Table], R]) -> Iterator[R]:
        for row in data:
            try:
                yield read(row)
            except InvalidInput as fault:
                self._refuse(str(fault))

    def unknown(self) -> Sequence[str]:
        """Bybit's ids of orders whose executions wait until it is known whose order it is."""
        return list(dict.fromkeys(row.venue_order_id for row in self._strangers))

    def settle_unknown(self) -> list[AnyReport]:
        """The reports of executions whose order is known by now."""
        waiting, self._strangers = self._strangers, []
        return [report for row in waiting for report in self._fill(row)]

    def _orders(self, data: Sequence[Table]) -> Iterator[AnyReport]:
        for row in self._read(data, order_row):
            yield from self._order(row, self._names.name(row))
            for leg, order_id in self._names.legs(row.link).items() if row.link else ():
                waiting = waiting_leg(row, leg)
                if waiting is not None and not self._names.venue_id(order_id):
                    yield from self._order(waiting, order_id)

    def _order(self, row: OrderRow, name: str) -> Iterator[AnyReport]:
        before = self._seen.get(name)
        if not name or (before is not None and _is_old(row, before)):
            return
        if not row.quantity:
            # Bybit's own stops for a whole position may have no quantity; an order of ours has one.
            self._refuse(f"order {name}: qty is not above 0")
            return
        self._seen[name] = _Seen.of(row)
        if len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]
        if row.status is not VenueStatus.REJECTED and (before is None or before.venue_id != row.venue_id):
            yield _accepted(row, name)
        yield from self._amended(row, name, before)
        if before is None or before.status is not row.status:
            yield from _changed(row, name)
        elif row.reject_reason == TOO_LATE_TO_CANCEL and not before.came_too_late:
            yield _cancel_refused(row, name)

    def _amended(self, row: OrderRow, name: str, before: _Seen | None) -> Iterator[AnyReport]:
        placed = self._names.terms.get(name)
        if before is not None:
            known = before.terms
        elif placed is not None:
            known = Terms(placed.quantity, placed.limit_price, placed.trigger_price)
        else:
            return
        if known != row.terms and (row.is_open or row.filled):
            yield _with_terms(row, name)

    def _executions(self, data: Sequence[Table]) -> Iterator[AnyReport]:
        for row in self._read(data, partial(execution_row, settle=self._settle)):
            if row.id in self._executed:
                continue
            self._executed[row.id] = None
            if len(self._executed) > _KEPT:
                del self._executed[next(iter(self._executed))]
            yield from self._execution(row)

    def _execution(self, row: ExecutionRow) -> Iterator[AnyReport]:
        if row.type == TRADE:
            yield from self._fill(row)
        elif row.type == FUNDING:
            yield funded(row)
        elif row.type in FORCED:
            yield liquidated(row, row.fact)
        else:
            self._refuse(f"execType {row.type[:_SHOWN]!r} is neither a trade nor funding")

    def _fill(self, row: ExecutionRow) -> Iterator[AnyReport]:
        name = self._names.of_execution(row.link, row.venue_order_id)
        if name is None:
            self._strangers.append(row)
        else:
            yield filled(row, name or row.venue_order_id, row.fact)


def faults_in(text: str, settle: str) -> Sequence[str]:
    """Why the push cannot be understood by this version of the program; empty where it can."""
    reading = Reading(Names({}), settle)
    reading.read(text)
    return [one.reason for one in reading.unread]


def in_order(reports: Sequence[AnyReport]) -> list[AnyReport]:
    """By time; of one time first what an order needs before its fills, and its end last."""
    return sorted(reports, key=lambda report: (report.at, _RANKS.get(type(report), _LAST)))


def _no_reports(_data: Sequence[Table]) -> Iterator[AnyReport]:
    return iter(())


def _shown(value: object) -> str:
    return json.dumps(value, default=repr)[:_SHOWN]


def _is_old(row: OrderRow, seen: _Seen) -> bool:
    """Whether the push is older than the last one of its order; of one time an ended order is the later one."""
    if row.updated != seen.updated:
        return row.updated < seen.updated
    return row.is_open and not seen.is_open


def _fact(row: OrderRow, name: str, kind: str, at: datetime | None = None) -> str:
    made = [row.venue_id or f"{name}-attached", kind]
    if at is not None:
        made.append(f"{at:%Y%m%dT%H%M%S%f}")
    return f"exchange:{VENUE}:{'-'.join(made)}"


def _accepted(row: OrderRow, name: str) -> AnyReport:
    return Accepted(
        order_id=name,
        at=row.created if row.venue_id else row.updated,
        fact=_fact(row, name, "accepted"),
        venue_order_id=row.venue_id,
    )


def _with_terms(row: OrderRow, name: str) -> AnyReport:
    terms = row.terms
    figures = "-".join(str(one) for one in (terms.quantity, terms.limit_price, terms.trigger_price) if one)
    return Amended(
        order_id=name,
        at=row.updated,
        fact=f"{_fact(row, name, 'amended', row.updated)}-{figures}",
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
    )


def _changed(row: OrderRow, name: str) -> Iterator[AnyReport]:
    """The report of a status that neither acceptance nor fills report."""
    fact = _fact(row, name, row.status.value.lower(), row.updated)
    match row.status:
        case VenueStatus.CANCELLED:
            yield Cancelled(order_id=name, at=row.updated, fact=fact, reason=row.reason)
        case VenueStatus.REJECTED:
            yield Rejected(order_id=name, at=row.updated, fact=fact, reason=row.reason)
        case VenueStatus.TRIGGERED:
            price = row.trigger or row.value
            yield Triggered(order_id=name, at=row.updated, fact=fact, price=price)
        case _ if row.reject_reason == TOO_LATE_TO_CANCEL:
            yield _cancel_refused(row, name)
        case _:
            pass


def _cancel_refused(row: OrderRow, name: str) -> AnyReport:
    fact = _fact(row, name, "cancel-refused", row.updated)
    return CancelRefused(order_id=name, at=row.updated, fact=fact, reason=row.reject_reason)
