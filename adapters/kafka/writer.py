"""The one writer of a partition: one thread, one transaction at a time, everybody who waits in it.

Appends that wait while a commit is under way share the next one; each is checked alone, and a conflict fails its
caller only. Two producers take turns (librdkafka has no transactions v2: a transaction that begins while the markers
of the producer's last one are still being written is refused and retried 20 ms later).

After any error that is not a caller's the truth is what the log holds: the partition is taken over again, whole,
and each append of that commit is looked up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Producer

from adapters.kafka.append import Append, Staging
from adapters.kafka.client import TRANSACTION_TIMEOUT_MS
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import (
    EventTooLarge,
    KafkaConflict,
    KafkaOwnershipLost,
    KafkaUnavailable,
    OutcomeUnknown,
)
from adapters.kafka.failure import is_fenced, is_too_large
from adapters.kafka.history import History
from adapters.kafka.index import IndexDamaged
from adapters.kafka.takeover import Taken
from adapters.kafka.transaction import Transaction
from adapters.kafka.waiting import Waiting

_log = logging.getLogger(__name__)


class _Judged(NamedTuple):
    """Appends that may be written together, and those in conflict with the log or with one of them."""

    staged: list[Append]
    refused: list[tuple[Append, KafkaConflict]]
    last: Mapping[str, int]


class _Stranger(Exception):
    """Somebody writes to the partition past the fence."""


class _NotReported(Exception):
    """A commit went through, but nothing was said of where its records are."""


class Offsets:
    """Whether every offset since the takeover is one of ours.

    Between the certain end and the last record there may be our records and one marker for each transaction before;
    anything more was written by a stranger, past the fence.
    """

    __slots__ = ("_begin", "_records", "_transactions")

    def __init__(self, begin: int) -> None:
        self._begin, self._records, self._transactions = begin, 0, 0

    @property
    def end(self) -> int:
        """Where the partition ends if nobody else has written to it."""
        return self._begin + self._records + self._transactions

    def explain(self, last: int, records: int) -> bool:
        """Count a transaction of `records` whose last one is at offset `last`."""
        self._records += records
        explained = last + 1 <= self.end
        self._transactions += 1
        return explained


class Writer:
    """Appends to one partition for as long as nobody else does."""

    def __init__(
        self,
        settings: KafkaSettings,
        history: History,
        take_over: Callable[[], Taken],
        read_again: Callable[[], int],
        end: Callable[[], int],
    ) -> None:
        self._settings, self._history = settings, history
        self._take_over, self._read_again, self._end = take_over, read_again, end
        self._producers: Sequence[Producer] = ()
        self._turn = 0
        self._shaken = threading.Event()
        self._offsets = Offsets(0)
        self._lost: KafkaOwnershipLost | None = None
        self._waiting = Waiting(settings.name)
        self._thread = threading.Thread(target=self._run, name=f"append to {settings.name}", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> bool:
        """Whether another writer has taken the partition over."""
        return self._lost is not None

    def append(self, append: Append) -> Sequence[int]:
        """The ordinals of the events in `append`, once they are durable. An empty one makes sure we own the log.

        Raises KafkaConflict, EventTooLarge: nothing was written, and it would be no different again.
        KafkaUnavailable: nothing was written. OutcomeUnknown: nobody can say yet.
        KafkaOwnershipLost: nothing was written, and this writer never writes again.
        """
        self._waiting.put(append)
        return append.wait()

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._waiting.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while group := self._waiting.group():
            self._serve(group)
        self._producers = ()

    def _serve(self, group: Sequence[Append], *, again: bool = True) -> None:
        try:
            self._own()
            judged = self._judged(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            _fail(group, error)
            return
        for append, conflict in judged.refused:
            append.fail(conflict)
        if judged.staged:
            self._write(judged.staged, judged.last, again=again)

    def _judged(self, group: Sequence[Append]) -> _Judged:
        """Who may write and who is in conflict; a conflict is told only of a log that we know to its end."""
        try:
            judged = self._staged(group)
            if not judged.refused or self._end() <= self._offsets.end:
                return judged
            # Whoever wrote that has taken over, and a commit will show it.
            self._offsets = Offsets(self._read_again())
        except IndexDamaged:
            # Nothing was sent: with a new index it may well go.
            self._own()
        return self._staged(group)

    def _own(self) -> None:
        if self._lost is not None:
            raise self._lost
        if not self._producers or self._is_shaken() or self._history.index.damaged:
            self._take_over_again()

    def _is_shaken(self) -> bool:
        """Whether a broker went away: a commit it acknowledged may have lost its markers, and would hang."""
        for producer in self._producers:
            producer.poll(0)
        return self._shaken.is_set()

    def _take_over_again(self) -> None:
        self._producers = ()
        try:
            taken = self._take_over()
        except KafkaOwnershipLost as lost:
            self._lost = lost
            raise
        self._producers, self._turn, self._shaken = taken.producers, 0, taken.shaken
        self._offsets = Offsets(taken.end)
        # What went wrong until the ids were taken is no longer of interest.
        self._is_shaken()
        self._shaken.clear()

    def _staged(self, group: Sequence[Append]) -> _Judged:
        staging = Staging(self._history.index)
        judged = _Judged([], [], staging.last)
        for append in group:
            try:
                staging.add(append)
            except KafkaConflict as conflict:
                judged.refused.append((append, conflict))
            else:
                judged.staged.append(append)
        return judged

    def _write(self, staged: Sequence[Append], last: Mapping[str, int], *, again: bool) -> None:
        try:
            self._record(staged, last, self._transacted(staged))
        except Exception as error:  # noqa: BLE001 - whatever it is, the log decides
            self._doubt(staged, error, again=again)

    def _transacted(self, staged: Sequence[Append]) -> Transaction:
        transaction = Transaction(self._producers[self._turn], self._settings)
        if any(staged):
            transaction.write(staged)
            self._turn = 1 - self._turn
        return transaction

    def _record(self, staged: Sequence[Append], last: Mapping[str, int], transaction: Transaction) -> None:
        records = sum(len(append.events) for append in staged)
        if records and transaction.first < 0:
            raise _NotReported(f"{self._settings.name}: a commit went through without a word of where")
        if records and not self._offsets.explain(transaction.last, records):
            raise _Stranger(f"somebody else writes to {self._settings.name}, past the fence")
        self._history.record(staged, last, transaction.first, transaction.last + 1)

    def _doubt(self, staged: Sequence[Append], error: Exception, *, again: bool) -> None:
        _log.warning("%s: the outcome of a commit is read back from the log: %s", self._settings.name, error)
        self._producers = ()
        self._history.forget()
        if isinstance(error, _Stranger):
            self._history.index.clear()
        try:
            self._look(error)
        except Exception as silence:  # noqa: BLE001 - whatever it is, those who wait are told
            self._unknown(staged, error, silence)
        else:
            self._settle(staged, error, again=again)

    def _look(self, error: Exception) -> None:
        """Bring the index to the certain end: as the owner, or, fenced off, as one who only reads."""
        if not is_fenced(error):
            self._own()
            return
        self._lost = KafkaOwnershipLost(
            f"another writer has taken over {self._settings.name} (or this process stood still for longer than "
            f"{TRANSACTION_TIMEOUT_MS // 1000} s): nothing more is written from here"
        )
        self._read_again()

    def _unknown(self, staged: Sequence[Append], error: Exception, silence: Exception) -> None:
        if isinstance(silence, KafkaOwnershipLost):
            self._lost = silence
        message = (
            f"{self._settings.name}: commit failed ({error}) and its outcome cannot be read back ({silence})"
        )
        _fail(staged, OutcomeUnknown(message))

    def _settle(self, staged: Sequence[Append], error: Exception, *, again: bool) -> None:
        absent: list[Append] = []
        for append in staged:
            try:
                ordinals = self._history.holds(append)
            except Exception as failure:  # noqa: BLE001 - whatever it is, who waits is told
                append.fail(failure)
                continue
            if ordinals is None:
                absent.append(append)
            else:
                append.succeed(ordinals)
        self._history.tell()
        self._absent(absent, error, again=again and self._lost is None)

    def _absent(self, absent: Sequence[Append], error: Exception, *, again: bool) -> None:
        if not again:
            _fail(absent, self._lost or _refusal(error, self._settings.name))
        elif is_too_large(error):
            # Whose event it is shows when each goes alone.
            for append in absent:
                self._serve([append], again=False)
        elif absent:
            self._serve(absent, again=False)


def _fail(group: Iterable[Append], error: BaseException) -> None:
    for append in group:
        append.fail(error)


def _refusal(error: Exception, name: str) -> Exception:
    if is_too_large(error):
        return EventTooLarge(
            f"{name}: an event is larger than its topic allows; nothing of this append was written"
        )
    return KafkaUnavailable(f"{name}: nothing of this append was written: {error}")
