"""The dead letters of the configured log: where they are, and how they are opened."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, inspect
from sqlalchemy.pool import StaticPool

from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.table import LETTERS
from adapters.dead_letters.tables import TableLetters
from adapters.dead_letters.topic import TopicLetters
from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from adapters.marks.key_folder import KeyFolder
from domain.errors import StoreUnavailable
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of
from infra.store import postgres_url
from infra.store_file import StoreFile
from projections.answering import answering
from projections.store import prepare

_BUSY_SECONDS = 10
_CONNECT_SECONDS = 5
_OWNER_ONLY = 0o600


def open_letters(settings: WhenceSettings) -> DeadLetters:
    """The dead letters of the configured log; what is missing is made.

    A SQLite log has them in a file beside its own, such as `first.letters.db` for `first.db`, which only this user may
    read and write; a log on PostgreSQL in tables of its database; a log on Kafka in a topic beside that of its events.
    Raises StoreError, LogUnavailable, KeyRefused.
    """
    address, keys = parse_address(settings.log), keys_of(settings)
    match address:
        case SqliteAddress():
            return TableLetters(_sqlite(letters_file(address)), keys)
        case PostgresAddress():
            return TableLetters(_postgres(address), keys)
        case KafkaAddress():
            return TopicLetters(address.servers, address.topic, client_of(settings), keys)
        case MemoryAddress():
            return _nowhere(keys)


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
                self._none = self._none or _nowhere(keys_of(self._settings))
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
            engine = _postgres(address)
            try:
                with answering(engine):
                    return inspect(engine).has_table(LETTERS.name)
            finally:
                engine.dispose()
        case _:
            return True


def _nowhere(keys: KeyFolder) -> DeadLetters:
    """Letters in the memory of this process, which end with it."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    return TableLetters(prepare(engine), keys)


def _sqlite(path: Path) -> Engine:
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except OSError as fault:
        raise StoreUnavailable(
            f"the dead letters cannot be kept in {path}: {fault.strerror or type(fault).__name__}"
        ) from None
    url = URL.create("sqlite+pysqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    StoreFile.watch(engine, path)
    prepared = prepare(engine)
    event.listen(prepared, "connect", _make_durable)
    return prepared


def _make_durable(connection: Any, _record: object) -> None:
    """Nothing rebuilds a letter, so that a power failure must not lose it."""
    connection.execute("PRAGMA synchronous = FULL").fetchall()


def _postgres(address: PostgresAddress) -> Engine:
    url = postgres_url(address)
    arguments = {"connect_timeout": _CONNECT_SECONDS, "application_name": "whence"}
    return prepare(create_engine(url, connect_args=arguments, hide_parameters=True, pool_pre_ping=True))
