"""Where the processes of the configured log announce themselves."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from adapters.log.address import KafkaAddress, MemoryAddress, SqliteAddress, parse_address
from adapters.marks.signature import Signer
from adapters.processes.place import Announced, ProcessPlace
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of
from infra.store_address import store_address


def process_place(settings: WhenceSettings) -> ProcessPlace | None:
    """The place: a topic beside a log on Kafka, else a table of the log's store.

    None where nobody but this process could read it (a log in memory), and as long as the store is not made: an
    announcement makes no store. Raises InvalidInput for an invalid address, KeyRefused, StoreError, LogUnavailable.
    """
    address = parse_address(settings.log)
    match address:
        case MemoryAddress():
            return None
        case KafkaAddress():
            from adapters.processes.topic import ProcessTopic, ProcessTopicPlace

            topic = ProcessTopic(address.servers, address.topic, client_of(settings))
            return ProcessTopicPlace(topic, Signer(keys_of(settings)))
        case _:
            return _in_store(settings)


class FoundProcesses:
    """The announcements of the configured log for a reader, whose place may be made later. Thread-safe."""

    def __init__(self, settings: WhenceSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._place: ProcessPlace | None = None

    def __call__(self) -> Sequence[Announced]:
        """See `ProcessPlace.announced`; none as long as there is no place. Raises what `process_place` raises."""
        with self._lock:
            if self._place is None:
                self._place = process_place(self._settings)
            place = self._place
        return () if place is None else place.announced()

    def close(self) -> None:
        """Closes the place; idempotent."""
        with self._lock:
            if self._place is not None:
                self._place.close()


def _in_store(settings: WhenceSettings) -> ProcessPlace | None:
    place = store_address(settings)
    if isinstance(place, SqliteAddress) and not place.path.exists():
        return None
    from adapters.processes.book import ProcessBook
    from infra.store import open_store

    book = ProcessBook(open_store(settings), Signer(keys_of(settings)))
    try:
        is_made = book.is_made
    except BaseException:
        book.close()
        raise
    if is_made:
        return book
    book.close()
    return None
