"""Sends a log's alerts to a person, on a thread of its own.

alerting = Alerting(engine, reader, settings.alerts)
alerting.start()
...
alerting.stop()

Every alert is delivered at least once. The store holds what was confirmed, so a restart repeats only a message whose
confirmation was lost. Several processes may run this for one store: one of them has the turn and sends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine

from adapters.alerts.book import Due, Ending, NoticeBook, TakenUp
from adapters.alerts.command import Command
from adapters.alerts.heartbeat import Heartbeat
from adapters.alerts.notice import NO_ACCOUNT, Notice, subject_of
from adapters.alerts.place import Place, Undelivered
from adapters.alerts.webhook import Webhook
from adapters.dead_letters.store import Counts
from adapters.log.recorder_log import RecordedLog
from domain.errors import LogError, StoreError
from domain.log import Recorded
from infra.alerts import AlertSettings, reaches
from infra.run.clock import utc_now
from infra.run.letter_notices import KIND, MOST, letter_notices, open_letters_in
from infra.run.strangers import stranger_notices
from infra.run.turn import ALERTING, turn_of
from projections.alerts import alert_of
from projections.answering import answering
from projections.lineage import Lineage, is_continued
from projections.runner import log_id_of
from projections.severity import Severity

_log = logging.getLogger(__name__)

_PATIENCE = 1.0
"""Seconds between two looks at the log and at the messages that are due."""
_AT_ONCE = 5_000
"""Events per transaction when the thread has fallen behind."""

_OF_LETTERS = Ending(NO_ACCOUNT, (KIND,))

Faults = Callable[[], Iterable[Notice]]
"""Returns a notice for each fault of the program that exists now."""


class Alerting:
    """Makes notices of the log's alerts, and delivers them to the configured places until they are acknowledged.

    A store that has never sent alerts begins with the events after `start`; those of an empty log are all sent.
    """

    def __init__(
        self,
        engine: Engine,
        reader: RecordedLog,
        settings: AlertSettings,
        *,
        partition: int = 0,
        is_ready: Callable[[], bool] = lambda: True,
        faults: Faults = tuple,
        letters: Callable[[], Counts] = dict,
        clock: Callable[[], datetime] = utc_now,
        patience: float = _PATIENCE,
    ) -> None:
        """`reader` is used by the thread alone; `stop` leaves it and the engine open.

        The heartbeat is requested only while `is_ready()`. `letters` counts the dead letters of the log.
        """
        self._reader, self._settings, self._partition = reader, settings, partition
        self._engine = engine
        self._lineage = Lineage(reader, reader.frames)
        self._book = NoticeBook(engine, partition)
        self._places = {place.name: place for place in places_of(settings)}
        self._turn = turn_of(engine, partition, ALERTING)
        self._is_ready, self._faults, self._letters = is_ready, faults, letters
        self._clock, self._patience = clock, patience
        self._beat = None if settings.heartbeat is None else Heartbeat(settings.heartbeat.get_secret_value())
        self._next_beat = 0.0
        self._uncounted = ""
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerting", daemon=True)

    def start(self) -> None:
        """Sets the first ordinal, and starts the thread. Raises LogError and StoreError."""
        self._begin()
        self._thread.start()

    def stop(self) -> None:
        """Makes a last attempt to deliver what is due, so that a run's last alerts are sent; idempotent."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def step(self) -> None:
        """Takes up new alerts, and makes one attempt to deliver each message that is due.

        After a failure the other messages to the same place wait for the next step. Raises LogError and StoreError.
        """
        self._take_up()
        for notice in (*self._faults(), *stranger_notices(self._reader.refusals(), self._clock())):
            self._book.raise_(notice, self._names, self._clock())
        self._look_at_letters()
        silent: set[str] = set()
        for due in self._book.due(self._names, self._clock()):
            if due.place not in silent and not self._deliver(due):
                silent.add(due.place)

    def _look_at_letters(self) -> None:
        """Raises the notice of many dead letters, and withdraws it once they are few.

        Letters that cannot be counted hold up no other alert.
        """
        try:
            counts, now = self._letters(), self._clock()
        except (LogError, StoreError) as fault:
            if str(fault) != self._uncounted:
                _log.warning("dead letters are not counted: %s", fault)
            self._uncounted = str(fault)
            return
        self._uncounted = ""
        if open_letters_in(counts) <= MOST:
            self._book.withdraw(_OF_LETTERS, (), now)
        for notice in letter_notices(counts, now):
            if reaches(notice.severity, self._settings.level):
                self._book.raise_(notice, self._names, now)

    @property
    def _names(self) -> Sequence[str]:
        return tuple(self._places)

    def _begin(self) -> None:
        log_id, known = log_id_of(self._reader), self._book.taken_up()
        if known is None or (log_id and known.log_id != log_id):
            self._move(log_id, self._reader.head() if log_id else 0)
        elif known.ordinal and not self._is_of_this_history(known):
            self._wind_back(known)

    def _is_of_this_history(self, known: TakenUp) -> bool:
        found = self._lineage.digest_at(known.ordinal)
        return is_continued(known.prefix, found)

    def _wind_back(self, known: TakenUp) -> TakenUp:
        """Begins again at the first event; notices that the store has already are not sent again."""
        message = (
            "alert: alerts were sent up to event %d, but the log was replaced: all its other alerts are sent"
        )
        _log.error(message, known.ordinal, extra={"alert": "ALERTS_BEGIN_AGAIN"})
        self._lineage.begin()
        return self._move(known.log_id, 0)

    def _move(self, log_id: str, ordinal: int) -> TakenUp:
        upto = TakenUp(log_id, ordinal, (self._lineage.digest_at(ordinal) or b"").hex())
        self._book.take_up((), upto, self._names, self._clock())
        return upto

    def check(self) -> str | None:
        """Why alerts are not sent any more; None while they are."""
        return None if self._failure is None else "sending has ended: see the log of the program"

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._try()
                self._stopping.wait(self._patience)
            self._try()
        except Exception as fault:  # noqa: BLE001  (readiness shows it)
            self._failure = fault
            _log.exception("alerts are not sent any more")
        finally:
            self._turn.give_back()

    def _try(self) -> None:
        try:
            if self._has_turn():
                self.step()
                self._keep_alive()
        except (LogError, StoreError) as fault:
            _log.warning("alerts wait: %s", fault)

    def _has_turn(self) -> bool:
        with answering(self._engine):
            return self._turn.take()

    def _take_up(self) -> None:
        known, head = self._book.taken_up() or TakenUp("", 0), self._reader.head()
        if known.ordinal > head:
            known = self._wind_back(known)
        while known.ordinal < head:
            known = self._take_up_to(min(head, known.ordinal + _AT_ONCE), known)

    def _take_up_to(self, ordinal: int, known: TakenUp) -> TakenUp:
        events = list(self._reader.read(known.ordinal, ordinal))
        before = bytes.fromhex(known.prefix) or self._lineage.digest_at(known.ordinal) or b""
        digest = next(reversed(self._lineage.along(before, events).values()), before)
        upto = TakenUp(known.log_id or log_id_of(self._reader), ordinal, digest.hex())
        self._book.take_up(list(self._notices(events)), upto, self._names, self._clock())
        return upto

    def _notices(self, events: Iterable[Recorded]) -> Iterator[Notice]:
        for recorded in events:
            notice = notice_of(recorded)
            if notice is not None and reaches(notice.severity, self._settings.level):
                yield notice

    def _deliver(self, due: Due) -> bool:
        try:
            self._places[due.place].deliver(due.message)
        except Undelivered as fault:
            _log.warning("alert %s is not delivered yet: %s", due.message.notice.id, fault)
            self._book.failed(due, self._clock(), str(fault))
            return False
        self._book.delivered(due, self._clock(), self._settings.again(due.message.notice.severity))
        return True

    def _keep_alive(self) -> None:
        if self._beat is None or time.monotonic() < self._next_beat or not self._is_ready():
            return
        self._next_beat = time.monotonic() + self._settings.heartbeat_seconds
        try:
            self._beat.beat()
        except Undelivered as fault:
            _log.warning("%s", fault)


def places_of(settings: AlertSettings) -> Iterator[Place]:
    """The configured places."""
    if settings.webhook is not None:
        secret = "" if settings.secret is None else settings.secret.get_secret_value()
        yield Webhook(settings.webhook.get_secret_value(), secret)
    if settings.command:
        yield Command(settings.command)


def notice_of(recorded: Recorded) -> Notice | None:
    """The notice of the alert that an event raises; None for an event that raises none."""
    row = alert_of(recorded)
    if row is None:
        return None
    return Notice(
        id=str(recorded.envelope.meta.event_id),
        account=row["account"],
        severity=Severity(row["severity"]),
        kind=row["kind"],
        subject=subject_of(row["kind"], row["stream"], row["at"]),
        line=row["line"],
        stream=row["stream"],
        chain=row["chain"],
        at=row["at"],
        ordinal=row["ordinal"],
    )
