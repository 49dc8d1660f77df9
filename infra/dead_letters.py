"""The dead letters of the configured log: where they are, and how they are opened.

Most runs keep none, so what a place needs is imported when it is opened.
"""

from __future__ import annotations

import threading
from pathlib import Path

from adapters.dead_letters.store import DeadLetters
from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of


def open_letters(settings: WhenceSettings) -> DeadLetters:
    """The dead letters of the configured log; what is missing is made.

    A SQLite log has them in a file beside its own, such as `first.letters.db` for `first.db`, which only this user may
    read and write; a log on PostgreSQL in tables of its database; a log on Kafka in a topic beside that of its events.
    Raises StoreError, LogUnavailable, KeyRefused.
    """
    address, keys = parse_address(settings.log), keys_of(settings)
    match address:
        case SqliteAddress():
            from infra.dead_letter_tables import letters_in_file

            return letters_in_file(letters_file(address), keys)
        case PostgresAddress():
            from infra.dead_letter_tables import letters_in_database

            return letters_in_database(address, keys)
        case KafkaAddress():
            from adapters.dead_letters.topic import TopicLetters

            return TopicLetters(address.servers, address.topic, client_of(settings), keys)
        case MemoryAddress():
            return _nowhere(settings)


def letters_file(log: SqliteAddress) -> Path:
    """The file of the dead letters of a SQLite log."""
    return log.path.with_name(f"{log.path.stem}.letters.db")


class FoundLetters:
    """The dead letters of the configured log for a reader, which makes no file. Thread-safe."""

    def __init__(self, settings: WhenceSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._letters: DeadLetters | None = None
        self._none: DeadLetters | None = None

    def __call__(self) -> DeadLetters:
        """The letters; none as long as no engine has made a place for them. Raises what `open_letters` raises."""
        with self._lock:
            if self._letters is None and not _is_made(parse_address(self._settings.log)):
                self._none = self._none or _nowhere(self._settings)
                return self._none
            self._letters = self._letters or open_letters(self._settings)
            return self._letters

    def close(self) -> None:
        """Closes the letters; idempotent."""
        with self._lock:
            for letters in (self._letters, self._none):
                if letters is not None:
                    letters.close()


def _is_made(address: Address) -> bool:
    """Whether the letters have a place. A reader may have no right to make one; a missing topic is as good as empty."""
    match address:
        case SqliteAddress():
            return letters_file(address).exists()
        case PostgresAddress():
            from infra.dead_letter_tables import is_in_database

            return is_in_database(address)
        case _:
            return True


def _nowhere(settings: WhenceSettings) -> DeadLetters:
    from infra.dead_letter_tables import letters_in_memory

    return letters_in_memory(keys_of(settings))
