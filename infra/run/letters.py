"""What a run keeps as dead letters: messages of its exchange, records of strangers, and requests that are none.

A live run calls, for each round of its loop:

    keep_unread(exchange, letters, now)                      # adapters.dead_letters.unread; returns at once
    keep_unread_market(feed, exchange.venue, letters, now)   # the same for market data
    letters.take_retried(exchange, now, handle)              # infra.run.live_letters: what a person has retried
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.letter import arrival
from adapters.dead_letters.state import LetterSource
from adapters.log.address import KafkaAddress, parse_address
from adapters.log.recorder_log import RecordedLog
from domain.errors import LogError
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.logs import client_of
from infra.run.clock import utc_now

if TYPE_CHECKING:  # the clients of Kafka, which a log in a file does not need
    from adapters.command_topic.topics import Record
    from adapters.kafka.one_record import RecordReader

_log = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds between two looks at the number of refused records."""
_AT_THE_END = 100
"""The most records that are kept after a stop was requested; the next run keeps the others."""
_ANSWER_SECONDS = 5.0
_PLACE = re.compile(r"(?P<topic>[A-Za-z0-9._-]+)\[(?P<partition>[0-9]{1,9})\]@(?P<offset>[0-9]{1,18})")


@contextmanager
def letters_kept(settings: WhenceSettings, log: RecordedLog) -> Generator[LetterKeeper]:
    """The keeper of the log's dead letters. On Kafka it also keeps the records that the log's rule refuses."""
    address = parse_address(settings.log)
    with ExitStack() as held:
        keeper = held.enter_context(closing(LetterKeeper(partial(open_letters, settings), utc_now)))
        if isinstance(address, KafkaAddress):
            records = record_reader(settings, address.topic, address.partition)
            held.enter_context(closing(RefusedRecords(log, address, records, keeper)))
        yield keeper


def keep_request(letters: LetterKeeper, record: Record, reason: str) -> None:
    """Keeps a record of the command topic that is no request, or that nobody has signed."""
    place = place_of(record.topic, record.partition, record.offset)
    letters.keep([arrival(LetterSource.COMMAND, place, utc_now(), reason, record.value or b"")])


def record_reader(settings: WhenceSettings, topic: str, partition: int) -> RecordReader:
    """Reads records of a topic of the log's cluster."""
    from adapters.kafka.client import Clients
    from adapters.kafka.config import ClientSettings
    from adapters.kafka.one_record import RecordReader

    address = parse_address(settings.log)
    assert isinstance(address, KafkaAddress)
    client = ClientSettings({**client_of(settings), "bootstrap.servers": address.servers})
    return RecordReader(Clients(client, _ANSWER_SECONDS), topic, partition)


def place_of(topic: str, partition: int, offset: int) -> str:
    """The place of a record as letters have it."""
    return f"{topic}[{partition}]@{offset}"


def record_at(place: str) -> tuple[str, int, int] | None:
    """Topic, partition and offset of a place; None for another place."""
    found = _PLACE.fullmatch(place)
    return None if found is None else (found["topic"], int(found["partition"]), int(found["offset"]))


class RefusedRecords:
    """Keeps each record that the log refuses, in a thread that looks at their number each second.

    A record that was kept before, also by another process, is not kept again.
    """

    def __init__(
        self, log: RecordedLog, address: KafkaAddress, records: RecordReader, letters: LetterKeeper
    ) -> None:
        self._log, self._address, self._records, self._letters = log, address, records, letters
        self._kept: set[int] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refused-records", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Looks once more and ends the thread; idempotent."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PATIENCE):
            self._look()
        self._look()
        self._records.close()

    def _look(self) -> None:
        try:
            if self._log.refusals().records > len(self._kept):
                new = (one for one in self._log.refused().items() if one[0] not in self._kept)
                for number, (offset, reason) in enumerate(new):
                    if self._stopping.is_set() and number >= _AT_THE_END:
                        return
                    self._keep(offset, reason)
        except LogError as fault:
            _log.warning("the records that are refused are not kept as dead letters yet: %s", fault)

    def _keep(self, offset: int, reason: str) -> None:
        found = self._records.at(offset)
        original = b"" if found is None else found.value() or b""
        why = f"{reason}; the topic does not hold it any more" if found is None else reason
        place = place_of(self._address.topic, self._address.partition, offset)
        # The time of the record itself is what its writer claims.
        self._letters.keep([arrival(LetterSource.RECORD, place, utc_now(), why, original)])
        self._kept.add(offset)
