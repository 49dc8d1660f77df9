"""The named steps at which a life ends: each ends the engine's process by SIGKILL from within.

A reversal has two legs: `reversal-close` is the decision to reverse, with the order that closes the position;
`reversal-entry` is the decision of its second leg, with the entry that opens the other one.

A step wraps one method of the program for the rest of the process; the program itself knows no step. It is used in
the process of one life only (`life.py`), which wraps nothing else.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from adapters.bybit import BybitExchange, BybitFeed
from adapters.bybit.account import BybitAccount
from adapters.bybit.client import Client
from adapters.bybit.stream import Stream
from adapters.kafka.transaction import Transaction
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite_recorder import SqliteLogRecorder
from adapters.marks.mark import Link
from adapters.snapshots import SnapshotFile
from commands.sender import Sender
from domain.direction import WAYS_OUT, Purpose
from domain.log import Envelope
from domain.order import OrderAmendRequested, OrderCancelRequested, OrderFilled, OrderPlaced
from domain.reconciliation import ReconciliationEnded
from domain.signal import DecisionMade, ReversalDecided, Verdict
from domain.streams import parse

Report = Callable[[str], None]
"""Reports what happens in this process to the one that watches it."""

KINDS: Mapping[str, Callable[[Any], bool]] = {
    "submit": lambda event: isinstance(event, OrderPlaced) and event.purpose is Purpose.ENTRY,
    "fill": lambda event: isinstance(event, OrderFilled),
    "cancel": lambda event: isinstance(event, OrderCancelRequested),
    "amend": lambda event: isinstance(event, OrderAmendRequested),
    "close": lambda event: isinstance(event, OrderPlaced) and event.purpose in WAYS_OUT,
    "reconciliation": lambda event: isinstance(event, ReconciliationEnded),
    "reversal-close": lambda event: isinstance(event, DecisionMade) and event.verdict is Verdict.REVERSE,
    "reversal-entry": lambda event: isinstance(event, ReversalDecided) and event.verdict is Verdict.ENTER,
}
"""What an append is about, by an event in it."""

_METHODS: Mapping[str, str] = {"cancel_order": "cancel", "amend_order": "amend"}


@dataclass(slots=True)
class _Now:
    """What the process does at this moment: the kinds of the append, and those of the request, under way.

    `legs` are the orders of reversals by client order id, each with its kind.
    """

    append: Collection[str] = ()
    request: Collection[str] = ()
    legs: dict[str, str] = field(default_factory=dict[str, str])


_now = _Now()


@dataclass(slots=True)
class Death:
    """Ends the process when the step `name` is reached for the `nth` time."""

    name: str
    nth: int
    report: Report
    reached: int = field(default=0, init=False)

    def __call__(self, *, here: bool = True) -> None:
        if not here:
            return
        self.reached += 1
        if self.reached == self.nth:
            self.report(f"step {self.name}")
            os.kill(os.getpid(), signal.SIGKILL)


def _appending(die: Death, kind: str, moment: str) -> None:
    """Around or within the append of an event of this kind."""
    append = RecorderLog.append

    def appended(self: RecorderLog, envelopes: Sequence[Envelope]) -> int:
        _now.append = {name for name, fits in KINDS.items() if any(fits(one.event) for one in envelopes)}
        die(here=moment == "before" and kind in _now.append)
        ordinal = append(self, envelopes)
        die(here=moment == "after" and kind in _now.append)
        _now.append = ()
        return ordinal

    RecorderLog.append = appended  # type: ignore[method-assign]
    if moment == "within":
        _within(lambda: die(here=kind in _now.append))


def _within(die: Callable[[], None]) -> None:
    """After the events were written and before they are committed, on SQLite and on Kafka."""
    insert = SqliteLogRecorder._insert_events  # pyright: ignore[reportPrivateUsage]
    commit = Transaction.commit

    def inserted(self: SqliteLogRecorder, *given: Any, **named: Any) -> Any:
        ordinals = insert(self, *given, **named)
        die()
        return ordinals

    def committed(self: Transaction) -> None:
        self._producer.flush(1)  # pyright: ignore[reportPrivateUsage]
        die()
        commit(self)

    setattr(SqliteLogRecorder, "_insert_events", inserted)  # noqa: B010  (mypy and pyright differ on it)
    Transaction.commit = committed  # type: ignore[method-assign]


def _sending(die: Death, kind: str, moment: str) -> None:
    """Before a request of this kind, after it was written (by REST or to the socket of orders), or after its response
    was read.
    """
    send, read, write = Client.send, HTTPConnection.getresponse, Stream.write

    def sent(self: Client, method: str, params: Any) -> str:
        usual = _METHODS.get(method) or ("close" if params.get("reduceOnly") else "submit")
        leg = "" if method in _METHODS else _now.legs.get(params["orderLinkId"], "")
        _now.request = (usual, leg)
        die(here=moment == "before" and kind in _now.request)
        response = send(self, method, params)
        die(here=moment == "after" and kind in _now.request)
        _now.request = ()
        return response

    def responded(self: HTTPConnection) -> Any:
        die(here=moment == "within" and kind in _now.request)
        return read(self)

    def written(self: Stream, text: str) -> None:
        write(self, text)
        die(here=moment == "within" and kind in _now.request)

    if kind in _REVERSED:
        _noting_legs(kind)
    Stream.write = written  # type: ignore[method-assign]
    Client.send = sent  # type: ignore[method-assign]
    HTTPConnection.getresponse = responded  # type: ignore[method-assign]


def _noting_legs(kind: str) -> None:
    """Notes the orders that an append with an event of this kind places, before they are sent."""
    append = RecorderLog.append

    def appended(self: RecorderLog, envelopes: Sequence[Envelope]) -> int:
        if any(KINDS[kind](one.event) for one in envelopes):
            placed = (one for one in envelopes if isinstance(one.event, OrderPlaced))
            _now.legs |= {parse(one.meta.stream).id: kind for one in placed}
        return append(self, envelopes)

    RecorderLog.append = appended  # type: ignore[method-assign]


def _writing_snapshot(die: Death, _kind: str, moment: str) -> None:
    """Before a part of the snapshot is written, behind its first piece, or once the file counts it."""
    add = SnapshotFile.add

    def spoiled(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            die(here=moment == "within")

    def added(self: SnapshotFile, link: Link, pieces: Iterable[bytes], beside: bytes) -> None:
        die(here=moment == "before")
        add(self, link, spoiled(pieces), beside)
        die(here=moment == "after")

    SnapshotFile.add = added  # type: ignore[method-assign]


def _called(owner: type, name: str, *, before: bool = False) -> Callable[[Death], None]:
    """After a method of the program was called, or `before` it."""

    def install(die: Death) -> None:
        call = getattr(owner, name)

        def called(*given: Any, **named: Any) -> Any:
            die(here=before)
            result = call(*given, **named)
            die(here=not before)
            return result

        setattr(owner, name, called)

    return install


def _bound(around: Callable[[Death, str, str], None], kind: str, moment: str) -> Callable[[Death], None]:
    return lambda die: around(die, kind, moment)


_MOMENTS = ("before", "within", "after")
_APPENDED = ("submit", "fill", "cancel", "amend", "close")
_SENT = ("submit", "cancel", "amend", "close")
_REVERSED = ("reversal-close", "reversal-entry")


def _reversing() -> Iterator[tuple[str, Callable[[Death], None]]]:
    for moment in _MOMENTS:
        for kind in _REVERSED:
            yield f"{moment} the append of {kind}", _bound(_appending, kind, moment)
            yield f"{moment} the request of {kind}", _bound(_sending, kind, moment)


def _usual() -> Iterator[tuple[str, Callable[[Death], None]]]:
    for moment in _MOMENTS:
        for kind in _APPENDED:
            yield f"{moment} the append of {kind}", _bound(_appending, kind, moment)
        for kind in _SENT:
            yield f"{moment} the request of {kind}", _bound(_sending, kind, moment)
        yield f"{moment} the writing of a snapshot", _bound(_writing_snapshot, "", moment)
    yield "start: after the rights of the key", _called(BybitAccount, "rights")
    yield "start: after the rules were read", _called(BybitExchange, "instruments")
    yield "start: after the stream was started", _called(BybitExchange, "start")
    yield "start: in the warm-up", _called(BybitFeed, "candles")
    yield "reconciliation: after the open orders", _called(BybitExchange, "open_orders")
    yield "reconciliation: after the executions", _called(BybitExchange, "executions")
    yield "reconciliation: after the positions", _called(BybitExchange, "positions")
    yield "reconciliation: before sending again", _called(Sender, "resume", before=True)
    yield "reconciliation: after sending again", _called(Sender, "resume")
    yield "reconciliation: within its end", _bound(_appending, "reconciliation", "within")


USUAL: Mapping[str, Callable[[Death], None]] = dict(_usual())
"""The named steps of every round, and what puts each into force in this process."""
REVERSING: Mapping[str, Callable[[Death], None]] = dict(_reversing())
"""The named steps of the rounds that reverse positions."""
STEPS: Mapping[str, Callable[[Death], None]] = {**USUAL, **REVERSING}


def kind_of(step: str) -> str:
    """What the account has to do for this step to be reached: one of `KINDS`, or `start`."""
    word = "fill" if step.endswith("snapshot") else step.rpartition(" ")[2]
    return (
        word
        if word in (*_APPENDED, *_REVERSED) and not step.startswith(("start", "reconciliation"))
        else "start"
    )
