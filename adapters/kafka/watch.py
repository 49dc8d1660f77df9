"""Watches, away from the appends, that a broker answers, and that the topic is still the one that was taken over and
keeps all events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogLost, KafkaUnavailable

_EVERY_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 0.5
_ANSWER_SECONDS: Final = 5.0


class _Silence(NamedTuple):
    """Since when (`time.monotonic`) no look was answered, and why the last one was not."""

    since: float
    reason: KafkaUnavailable


class Watch:
    """A thread that looks at the topic once a second and reports a loss once.

    A topic that was made again has another id. A topic from which records were deleted begins at a later offset.
    """

    def __init__(self, settings: KafkaSettings, topic_id: str) -> None:
        self._settings, self._topic_id = settings, topic_id
        self._clients = self._new_clients()
        self._partition = TopicPartition(settings.topic, settings.partition)
        self._begin = self._clients.begin_of(self._partition)
        self._silence: _Silence | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self,
        end: Callable[[], int],
        lost: Callable[[KafkaLogLost], None],
        reached: Callable[[int], None],
    ) -> None:
        """Begins to look; `end` returns the offset before which events are committed, `lost` receives the loss.

        `reached` receives the end offset of each look, unless a transaction is open there.
        """
        name = f"watch {self._settings.name}"
        self._thread = threading.Thread(target=self._run, args=(end, lost, reached), name=name, daemon=True)
        self._thread.start()

    def look(self, end: int) -> int:
        """Looks at once; returns the end offset.

        Raises KafkaLogLost where the topic lost events, or ends before the offset `end`.
        Raises KafkaUnavailable where the broker does not respond, which proves nothing.
        """
        found = self._found_id()
        if found != self._topic_id:
            what = "was deleted" if found is None else f"was deleted and made again (its id is {found} now)"
            raise self.lost(f"topic {self._settings.topic} {what}")
        begin = self._clients.begin_of(self._partition)
        if begin > self._begin:
            raise self.lost(f"the records before offset {begin} of {self._settings.name} were deleted")
        last = self._clients.end_of(self._partition, IsolationLevel.READ_UNCOMMITTED)
        if last < end:
            raise self.lost(
                f"{self._settings.name} ends at offset {last}, and events were committed up to {end}"
            )
        return last

    def check_answers(self) -> None:
        """Raises KafkaUnavailable where no look was answered for the log's timeout; sends no request."""
        silence = self._silence
        if silence is None or (seconds := monotonic() - silence.since) < self._settings.timeout:
            return
        raise KafkaUnavailable(
            f"{self._settings.name}: Kafka has not answered for {seconds:.0f} s: {silence.reason}"
        )

    def _found_id(self) -> str | None:
        """The id of the topic now. A broker that does not know the topic is queried twice: it may just have started."""
        for pause in (_AGAIN_SECONDS, 0):
            found = self._clients.admin.topics([self._settings.topic]).get(self._settings.topic)
            if found is not None:
                return str(found.topic_id)
            self._stopped.wait(pause)
        return None

    def lost(self, what: str) -> KafkaLogLost:
        """The error for this loss, which the message describes with the id of the topic that was taken over."""
        return KafkaLogLost(
            f"{what} while this engine owned it (id {self._topic_id}): events that were recorded are gone. This engine "
            "writes and sends nothing more, and nobody can resume this log: restore the topic from a copy, or begin "
            "another log"
        )

    def close(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_EVERY_SECONDS)

    def _run(
        self,
        end: Callable[[], int],
        lost: Callable[[KafkaLogLost], None],
        reached: Callable[[int], None],
    ) -> None:
        while not self._stopped.wait(_EVERY_SECONDS):
            began = monotonic()
            try:
                last = self.look(end())
                if self._clients.end_of(self._partition, IsolationLevel.READ_COMMITTED) >= last:
                    reached(last)
            except KafkaLogLost as loss:
                lost(loss)
                return
            except KafkaUnavailable as reason:
                self._silence = _Silence(began if self._silence is None else self._silence.since, reason)
                # A client that lost its broker waits up to 10 s before it connects again; a new one connects at once.
                self._clients = self._new_clients()
            else:
                self._silence = None

    def _new_clients(self) -> Clients:
        return Clients(self._settings.client, min(self._settings.timeout, _ANSWER_SECONDS))
