"""The only writer of a partition: one thread, which commits one transaction at a time.

Appends that arrive during a commit share the next transaction. Each append is checked separately, and a conflict is
raised only to the caller of the append in conflict. Two producers alternate, because librdkafka does not support
transactions v2: a producer's transaction that begins while the markers of its previous transaction are being written is
refused and retried 20 ms later.

After any error except a conflict the writer takes the partition over again and searches the log for each append of the
failed commit. An owner that then finds events of another writer has not decided on them, and stops.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from confluent_kafka import Producer

from adapters.kafka.append import Append, Staging
from adapters.kafka.client import TRANSACTION_TIMEOUT_MS
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import (
    EventTooLarge,
    KafkaConflict,
    KafkaLogLost,
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


_GLANCE_SECONDS: Final = 0.2
"""How often a caller that waits for its commit looks whether the log was lost meanwhile."""


class _Judged(NamedTuple):
    """The appends that can be written together, and those that conflict with the log or with a staged append."""

    staged: list[Append]
    refused: list[tuple[Append, KafkaConflict]]
    last: Mapping[str, int]


class _ForeignWriter(Exception):
    """A producer that is not fenced off writes to the partition."""


class _NotReported(Exception):
    """A commit succeeded without a delivery report, so the offsets of its records are unknown."""


class Offsets:
    """Checks that this writer wrote every offset since the takeover.

    Each of its records takes one offset, and so does the marker of each of its earlier transactions. A record at a
    larger offset than these explain shows that a producer which is not fenced off has written to the partition.
    """

    __slots__ = ("_begin", "_records", "_transactions")

    def __init__(self, begin: int) -> None:
        self._begin, self._records, self._transactions = begin, 0, 0

    @property
    def end(self) -> int:
        """The end offset of the partition where no other producer has written to it."""
        return self._begin + self._records + self._transactions

    @property
    def certain(self) -> int:
        """The offset after the last record of this writer, without markers, which may not be written yet."""
        return self._begin + self._records

    def lost(self, first: int) -> bool:
        """Whether a record at offset `first` shows that the partition was made again: offsets rise with each commit."""
        return first < self.certain

    def explain(self, last: int, records: int) -> bool:
        """Counts a transaction with this number of records, the last of them at offset `last`.

        Returns whether this writer wrote every offset up to `last`.
        """
        self._records += records
        explained = last + 1 <= self.end
        self._transactions += 1
        return explained


class Writer:
    """Appends to one partition until another writer takes it over."""

    def __init__(
        self,
        settings: KafkaSettings,
        history: History,
        take_over: Callable[[], Taken],
        read_again: Callable[[], int],
        end: Callable[[], int],
        loss: Callable[[str], KafkaLogLost],
    ) -> None:
        """`loss` makes the error for a lost log from a description."""
        self._settings, self._history = settings, history
        self._take_over, self._read_again, self._end, self._loss = take_over, read_again, end, loss
        self._producers: Sequence[Producer] = ()
        self._turn = 0
        self._disconnected = threading.Event()
        self._offsets = Offsets(0)
        self._lost: KafkaOwnershipLost | KafkaLogLost | None = None
        self._known: int | None = None
        self._is_longer = False
        self._waiting = Waiting(settings.name)
        self._thread = threading.Thread(target=self._run, name=f"append to {settings.name}", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> KafkaOwnershipLost | KafkaLogLost | None:
        """Why this writer writes nothing more: another writer has taken the partition over, or the log is lost."""
        return self._lost

    @property
    def end(self) -> int:
        """The offset before which this writer knows every record; markers at the end may be missing."""
        return self._offsets.certain

    def lose(self, loss: KafkaLogLost) -> None:
        """Refuses every append from now on, also one whose commit is being waited for."""
        _log.critical("%s", loss)
        self._lost = loss

    def glance(self, end: int) -> None:
        """Has the log read where it ends at this offset and this writer did not write all of it; returns at once.

        Records of others are refused and counted then, also while nothing is appended.
        """
        if self._history.has_marks and end > self._offsets.end:
            self._is_longer = True
            self._waiting.offer(Append())

    def append(self, append: Append) -> Sequence[int]:
        """Appends, and returns the ordinals of the events once they are durable. An empty append only takes ownership.

        Raises KafkaConflict or EventTooLarge (nothing was written, and a retry would fail, too), KafkaUnavailable
        (nothing was written), OutcomeUnknown (the append may have been written) or KafkaOwnershipLost (nothing was
        written, and this writer never writes again). Raises KafkaLogLost where committed events are gone.
        """
        self._waiting.put(append)
        while not append.is_answered(_GLANCE_SECONDS):
            if isinstance(self._lost, KafkaLogLost):
                raise self._lost.with_traceback(None)
        return append.wait()

    def close(self) -> None:
        """Writes the queued appends, then stops. A commit to a lost log is not waited for."""
        self._waiting.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_GLANCE_SECONDS if isinstance(self._lost, KafkaLogLost) else None)

    def _run(self) -> None:
        while group := self._waiting.group():
            self._serve(group)
        self._producers = ()

    def _serve(self, group: Sequence[Append], *, again: bool = True) -> None:
        try:
            self._own()
            self._find_others(0)
            self._find_strangers()
            judged = self._judged(group)
        except Exception as error:  # noqa: BLE001 - every error is passed to the callers
            _fail(group, error)
            return
        for append, conflict in judged.refused:
            append.fail(conflict)
        if judged.staged:
            self._write(judged.staged, judged.last, again=again)

    def _judged(self, group: Sequence[Append]) -> _Judged:
        """The appends that can be written, and those in conflict. A conflict counts once the index is up to date."""
        try:
            judged = self._staged(group)
            if not judged.refused or self._end() <= self._offsets.end:
                return judged
            # Another producer has written to the partition. If it has fenced this writer off, the next commit fails.
            self._offsets = Offsets(self._read_again())
            self._known = self._history.count
        except IndexDamaged:
            # Nothing was sent yet, so the appends are checked again with a rebuilt index.
            self._own()
        return self._staged(group)

    def _own(self) -> None:
        if self._lost is not None:
            raise self._lost
        if not self._producers or self._was_disconnected() or self._history.index.damaged:
            self._take_over_again()

    def _was_disconnected(self) -> bool:
        """Whether a connection to a broker broke: a commit acknowledged by that broker may have lost its markers."""
        for producer in self._producers:
            producer.poll(0)
        return self._disconnected.is_set()

    def _take_over_again(self) -> None:
        self._producers = ()
        try:
            taken = self._take_over()
        except (KafkaOwnershipLost, KafkaLogLost) as lost:
            self._lost = lost
            raise
        self._history.own()
        self._producers, self._turn, self._disconnected = taken.producers, 0, taken.disconnected
        self._offsets = Offsets(taken.end)
        # Errors from before the takeover no longer matter.
        self._was_disconnected()
        self._disconnected.clear()

    def _find_others(self, ours: int) -> None:
        """After a takeover: raises KafkaOwnershipLost where the log has grown by more than `ours` events since.

        Another engine has then owned the partition in between, so what this engine decided is not judged on its events.
        """
        count, known = self._history.count, self._known
        self._known = count
        if known is None or count <= known + ours or not self._settings.exclusive:
            return
        self._lost = KafkaOwnershipLost(
            f"{self._settings.name} has {count - known - ours} events of another writer since the connection to it "
            "broke: this process writes nothing more"
        )
        raise self._lost

    def _find_strangers(self) -> None:
        """Reads the log where a look has found it longer than this writer knows, unless that was its own commit.

        Raises KafkaOwnershipLost where another engine has written events.
        """
        if not self._is_longer:
            return
        self._is_longer = False
        if self._end() > self._offsets.end:
            self._offsets = Offsets(self._read_again())
            self._find_others(0)

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
        except KafkaLogLost as lost:
            _fail(staged, lost)
        except Exception as error:  # noqa: BLE001 - after any error the outcome is read from the log
            self._doubt(staged, error, again=again)

    def _transacted(self, staged: Sequence[Append]) -> Transaction:
        transaction = Transaction(self._producers[self._turn], self._settings, self._history.marked)
        if any(staged):
            transaction.write(staged)
            self._turn = 1 - self._turn
        return transaction

    def _record(self, staged: Sequence[Append], last: Mapping[str, int], transaction: Transaction) -> None:
        records = sum(len(append.events) for append in staged)
        if records and transaction.first >= 0 and self._offsets.lost(transaction.first):
            self.lose(
                self._loss(
                    f"{self._settings.name} was made again: a commit was given offset {transaction.first}"
                )
            )
        if isinstance(self._lost, KafkaLogLost):
            raise self._lost
        if records and transaction.first < 0:
            raise _NotReported(f"{self._settings.name}: a commit succeeded without a delivery report")
        if records and not self._offsets.explain(transaction.last, records):
            raise _ForeignWriter(f"a producer writes to {self._settings.name} without being fenced off")
        self._known = (self._known or 0) + records
        self._history.record(staged, last, transaction.first, transaction.last + 1)

    def _doubt(self, staged: Sequence[Append], error: Exception, *, again: bool) -> None:
        _log.warning("%s: the outcome of a commit is read back from the log: %s", self._settings.name, error)
        self._history.forget()
        foreign = isinstance(error, _ForeignWriter)
        if foreign and not self._history.has_marks:
            self._history.index.clear()
        if not foreign or not self._history.has_marks:
            self._producers = ()
        try:
            self._look(error)
        except Exception as silence:  # noqa: BLE001 - every error is passed to the callers
            self._unknown(staged, error, silence)
        else:
            self._settle(staged, error, again=again)

    def _look(self, error: Exception) -> None:
        """Reads the log into the index up to its certain end: as its owner or, once fenced off, as a reader.

        Where a log has marks, a stranger's record changes no event, so the partition is not taken over again.
        """
        if self._producers:
            self._offsets = Offsets(self._read_again())
            return
        if not is_fenced(error):
            self._own()
            return
        self._lost = KafkaOwnershipLost(
            f"another writer has taken over {self._settings.name} (or this process was suspended for longer than "
            f"{TRANSACTION_TIMEOUT_MS // 1000} s): this process writes nothing more"
        )
        self._read_again()

    def _unknown(self, staged: Sequence[Append], error: Exception, silence: Exception) -> None:
        if isinstance(silence, KafkaLogLost):
            _fail(staged, silence)
            return
        if isinstance(silence, KafkaOwnershipLost):
            self._lost = silence
        message = (
            f"{self._settings.name}: commit failed ({error}) and its outcome cannot be read back ({silence})"
        )
        _fail(staged, OutcomeUnknown(message))

    def _settle(self, staged: Sequence[Append], error: Exception, *, again: bool) -> None:
        absent: list[Append] = []
        found = 0
        for append in staged:
            try:
                ordinals = self._history.holds(append)
            except Exception as failure:  # noqa: BLE001 - every error is passed to the caller
                append.fail(failure)
                continue
            if ordinals is None:
                absent.append(append)
            else:
                found += len(ordinals)
                append.succeed(ordinals)
        self._history.notify()
        self._settled(found, error)
        self._absent(absent, error, again=again and self._lost is None)

    def _settled(self, found: int, error: Exception) -> None:
        """Notes what the log held of a failed commit. Events of a producer that is not fenced off count as known."""
        if isinstance(error, _ForeignWriter) or self._lost is not None:
            self._known = self._history.count
            return
        with contextlib.suppress(KafkaOwnershipLost):
            self._find_others(found)

    def _absent(self, absent: Sequence[Append], error: Exception, *, again: bool) -> None:
        if not again:
            _fail(absent, self._lost or _refusal(error, self._settings.name))
        elif is_too_large(error):
            # Each append is written alone, so that only the one with the large event fails.
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
            f"{name}: an event is larger than its topic allows; none of this append was written"
        )
    return KafkaUnavailable(f"{name}: none of this append was written: {error}")
