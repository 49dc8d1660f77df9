"""Opening logs by their address, with the clients' settings from the configuration.

The clients of Kafka and PostgreSQL are imported for an address of theirs: a log in a file needs none of them.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from adapters.avro import AvroCodec, SchemaIds, headers_of
from adapters.log.address import (
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from adapters.log.library import open_memory
from adapters.log.moved import check_continues
from adapters.log.recorder_log import RecordedLog, RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Link
from adapters.marks.sealed import Kind, Sealed
from adapters.played import PlayedStore, SqlitePlayed
from domain.errors import InvalidInput
from infra.config import WhenceSettings, shown, unmasked

_log = logging.getLogger(__name__)

_WARNED = set[tuple[str, str]]()
"""The logs, each with the reason, for which this process has warned: a program opens several readers of one log."""


def open_owned(settings: WhenceSettings, since: Link = Link()) -> RecorderLog:  # noqa: B008  (immutable)
    """The configured log, owned by this process. The events up to `since` are not verified again, where the log has
    that link; on Kafka the index knows what is verified.

    Raises LogOwned where another engine owns the log, NotAdopted where the log is a copy or continues in another
    storage. Raises UnknownSchema where the configured registry lacks a current schema, because only `whence schemas
    register` registers schemas.
    """
    log = open_any(settings, since)
    try:
        check_continues(log, shown(settings.log))
    except BaseException:
        log.close()
        raise
    return log


def open_any(
    settings: WhenceSettings,
    since: Link = Link(),  # noqa: B008  (immutable)
    *,
    copies: bool = False,
    unproven: bool = False,
) -> RecorderLog:
    """What `open_owned` returns, also where the log may not be written: for copying and adopting.

    With `copies` the events that are appended to it are those of a copy, with `unproven`, too, of one of events that
    nothing proved (`RecordedLog.is_unproven`).
    """
    address, keys = parse_address(settings.log), keys_of(settings)
    opened_as = {"copies": copies, "unproven": unproven}
    match address:
        case SqliteAddress():
            return open_sqlite(address.path, AvroCodec(), keys, since, **opened_as)
        case KafkaAddress():
            from adapters.log.kafka import open_kafka

            with _kept_unless_it_fails() as held:
                index, client = _index(address, settings), client_of(settings)
                codec = AvroCodec(_registry(address, settings, held, index))
                return open_kafka(address, codec, headers_of, client, index, held.close, keys, **opened_as)
        case PostgresAddress():
            from adapters.log.postgres import open_postgres

            return open_postgres(address, AvroCodec(), keys, since, **opened_as)
        case MemoryAddress():
            return open_memory(AvroCodec())


def open_reader(settings: WhenceSettings) -> RecordedLog:
    """The configured log for reading, also while another process owns it.

    A log whose marks cannot be verified is read all the same, and a warning states the reason.
    """
    reader = _reader(settings)
    try:
        reason = reader.unverified()
    except BaseException:
        reader.close()
        raise
    if reason and (settings.log, reason) not in _WARNED:
        _WARNED.add((settings.log, reason))
        _log.warning("%s is read as unverified: %s", shown(settings.log), reason)
    return reader


def seal(settings: WhenceSettings, *, without_key: bool = False) -> Sealed:
    """Accepts the events of the configured log from before marks, or, `without_key`, those whose key is lost.

    Raises LogOwned, LogUnavailable, InvalidInput, Refused, KeyRefused, KeyMissing, and LogCorrupt for an event that is
    refused.
    """
    from adapters.log.sealing import seal_kafka, seal_postgres, seal_sqlite

    address, keys = parse_address(settings.log), keys_of(settings)
    match address:
        case SqliteAddress():
            return seal_sqlite(address.path, AvroCodec(), keys, without_key=without_key)
        case KafkaAddress():
            with ExitStack() as held:
                codec = _reading_codec(address, settings, held)
                return seal_kafka(address, codec, client_of(settings), keys, without_key=without_key)
        case PostgresAddress():
            return seal_postgres(address, AvroCodec(), keys, without_key=without_key)
        case MemoryAddress():
            return Sealed(Kind.EMPTY)


def keys_of(settings: WhenceSettings) -> KeyFolder:
    """The folder of the installation's keys."""
    return KeyFolder(settings.keys)


def _reader(settings: WhenceSettings) -> RecordedLog:
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return read_sqlite(address.path, AvroCodec(), keys_of(settings))
        case KafkaAddress():
            from adapters.log.kafka import read_kafka

            with _kept_unless_it_fails() as held:
                codec = _reading_codec(address, settings, held)
                return read_kafka(address, codec, client_of(settings), held.close, keys_of(settings))
        case PostgresAddress():
            from adapters.log.postgres import read_postgres

            return read_postgres(address, AvroCodec(), keys_of(settings))
        case MemoryAddress():
            raise InvalidInput(
                "a log in memory ends with the process that made it; name another log with --log"
            )


def _reading_codec(address: KafkaAddress, settings: WhenceSettings, held: ExitStack) -> AvroCodec:
    return AvroCodec(_registry(address, settings, held, _index(address, settings)), read_only=True)


@contextmanager
def played_store(settings: WhenceSettings) -> Generator[PlayedStore | None]:
    """The store of the record of played candles: the log's own file on SQLite, else a file in this machine's cache.

    The log is open before: only its owner makes its file. Each address has its own file, because logs of one tape have
    the same id. A log in memory has none, because no later run can resume it.
    """
    store = _played_store(settings)
    try:
        yield store
    finally:
        if store is not None:
            store.close()


def _played_store(settings: WhenceSettings) -> PlayedStore | None:
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return SqlitePlayed(address.path, keys_of(settings), creates=False)
        case KafkaAddress() | PostgresAddress():
            folder = _cache("played")
            if folder is None:
                return None
            return SqlitePlayed(folder / f"{_short(str(address))}.db", keys_of(settings))
        case MemoryAddress():
            return None


def snapshot_path(settings: WhenceSettings) -> Path | None:
    """The file of the log's snapshot: beside the log's file on SQLite, in the folder of the index on Kafka, else in
    this machine's cache. None for a log in memory, or where the folder cannot be created.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            path = address.path.resolve()
            return path.with_name(f"{path.name}.snapshot")
        case KafkaAddress():
            folder = _index(address, settings)
            return None if folder is None else folder / f"{address.topic}.{address.partition}.snapshot"
        case PostgresAddress():
            folder = _cache("snapshots")
            return None if folder is None else folder / f"{_short(str(address))}.snapshot"
        case MemoryAddress():
            return None


def kept_snapshots_place(settings: WhenceSettings) -> tuple[Path, str] | None:
    """The folder of the log's kept snapshots and the first part of their names: beside the tape on SQLite, in `kept` of
    this user's data folder of Whence on Kafka. None for a log on which no tape is kept.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            path = address.path.resolve()
            return path.parent, f"{path.name}.inputs"
        case KafkaAddress():
            name = f"{address.topic}.{address.partition}.{_short(address.servers)}"
            return user_data_path("whence") / "kept", name
        case PostgresAddress() | MemoryAddress():
            return None


def _cache(name: str) -> Path | None:
    """A folder in this machine's cache; None, with a warning, where it cannot be created."""
    folder = user_cache_path("whence") / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        _log.warning("%s is not used: it cannot be created: %s", folder, fault.strerror)
        return None
    return folder


def _index(address: KafkaAddress, settings: WhenceSettings) -> Path | None:
    """The folder of the disposable index, which saves a restart from reading the whole log.

    Each cluster's address has its own folder, so that topics of the same name never share a file. Returns None where
    the folder cannot be created; the index is then in memory.
    """
    folder = settings.index or user_cache_path("whence") / "index" / _short(address.servers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        _log.warning(
            "the index of %s is kept in memory: %s cannot be created: %s", address, folder, fault.strerror
        )
        return None
    return folder


def _short(address: str) -> str:
    """A hash (16 hexadecimal digits) as the name of what belongs to one address."""
    return blake2b(address.encode(), digest_size=8).hexdigest()


def _registry(
    address: KafkaAddress, settings: WhenceSettings, held: ExitStack, folder: Path | None
) -> SchemaIds | None:
    """The registry, where one is configured.

    Only Kafka records hold its ids, because other tools read Kafka records. Its ids are remembered in `folder`, that of
    the index.
    """
    if not settings.registry:
        return None
    from adapters.registry.registry import Registry
    from adapters.registry.remembered import RememberedIds

    properties = unmasked(settings.registry)
    place = _short(str(properties.get("url", "")))
    remembered = RememberedIds(None if folder is None else folder / f"registry.{place}.json")
    return held.enter_context(Registry(properties, address.topic, remembered))


@contextmanager
def _kept_unless_it_fails() -> Generator[ExitStack]:
    held = ExitStack()
    try:
        yield held
    except BaseException:
        held.close()
        raise


def client_of(settings: WhenceSettings) -> dict[str, str]:
    """librdkafka's settings with secrets in clear text, only for the constructor of a client."""
    return {name: str(value) for name, value in unmasked(settings.kafka).items()}
