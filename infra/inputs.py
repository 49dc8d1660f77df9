"""The tape of inputs of the configured log: opened by the log's owner, and read by anybody.

The client of Kafka is imported for a log on Kafka.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from adapters.inputs import sqlite
from adapters.inputs.batch import Batch, TapedInput
from adapters.inputs.following import FollowedTape
from adapters.inputs.retention import RetainedTape
from adapters.log.address import KafkaAddress, MemoryAddress, PostgresAddress, SqliteAddress, parse_address
from adapters.log.recorder_log import RecorderLog
from commands.input_tape import InputTape
from domain.errors import InvalidInput
from infra.config import WhenceSettings, shown
from infra.logs import client_of, keys_of
from infra.run.retention import remove_old_inputs


def check_tape(settings: WhenceSettings) -> None:
    """Raises InvalidInput for a log on which no tape is kept; nothing is opened."""
    if isinstance(parse_address(settings.log), PostgresAddress | MemoryAddress):
        raise _without_tape(settings)


@contextmanager
def input_tape(
    settings: WhenceSettings, log: RecorderLog, clock: Callable[[], datetime]
) -> Generator[InputTape]:
    """The tape of the open log that this process owns; `clock` gives the times at which inputs come.

    Its old sessions are removed first, as `inputs_days` has it.

    Raises InvalidInput for a log on which no tape is kept, and what the tape's constructor raises.
    """
    tape = _tape(settings, log, clock)
    try:
        remove_old_inputs(settings, log, tape, clock())
        yield tape
    finally:
        tape.close()


def _tape(settings: WhenceSettings, log: RecorderLog, clock: Callable[[], datetime]) -> RetainedTape:
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return sqlite.SqliteTape(address.path, clock, keys_of(settings))
        case KafkaAddress():
            from adapters.inputs.kafka import KafkaTape

            assert log.beside is not None  # a log on Kafka has it
            return KafkaTape(log.beside, address, client_of(settings), clock, keys_of(settings))
        case PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)


def taped_inputs(settings: WhenceSettings) -> Iterator[TapedInput]:
    """The inputs of the log's tape, from the oldest kept session on.

    Raises InvalidInput where there is no tape, LogCorrupt, LogUnavailable, UnknownSchema, KeyMissing.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return sqlite.read_sqlite(address.path, keys_of(settings))
        case KafkaAddress():
            from adapters.inputs.kafka import read_kafka

            return read_kafka(address, client_of(settings), keys_of(settings))
        case PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)


def taped_batches(settings: WhenceSettings) -> Iterator[Batch]:
    """The batches of the log's tape, checked and not decoded.

    Raises InvalidInput where there is no tape, LogCorrupt, LogUnavailable, KeyMissing.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return sqlite.batches_in_sqlite(address.path, keys_of(settings))
        case KafkaAddress():
            from adapters.inputs.kafka import batches_in_kafka

            return batches_in_kafka(address, client_of(settings), keys_of(settings))
        case PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)


def has_tape(settings: WhenceSettings) -> bool:
    """Whether a tape is kept for the log, and has begun. Raises LogUnavailable."""
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return sqlite.tape_path(address.path).exists()
        case KafkaAddress():
            from adapters.inputs.kafka import has_kafka_tape

            return has_kafka_tape(address, client_of(settings))
        case PostgresAddress() | MemoryAddress():
            return False


def write_tape(settings: WhenceSettings, copy: RecorderLog, batches: Iterable[Batch]) -> bool:
    """Writes the checked batches of another tape for the open log of `settings`; returns whether it did.

    The log is a copy that nobody has adopted, so a tape that it has is of an earlier call. A log of a kind without
    tapes has none afterwards.
    Raises Refused where the topic of a log on Kafka has another tape, LogUnavailable, and what `batches` raises.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            sqlite.write_sqlite(address.path, batches)
            return True
        case KafkaAddress():
            from adapters.inputs.kafka import write_kafka

            assert copy.beside is not None  # a log on Kafka has it
            write_kafka(copy.beside, address, client_of(settings), batches, keys_of(settings))
            return True
        case PostgresAddress() | MemoryAddress():
            return False


@contextmanager
def followed_tape(settings: WhenceSettings) -> Generator[FollowedTape]:
    """The log's tape, to be read while an engine writes it. Raises what `taped_inputs` raises."""
    address, keys = parse_address(settings.log), keys_of(settings)
    tape: FollowedTape
    match address:
        case SqliteAddress():
            tape = sqlite.FollowedSqlite(address.path, keys)
        case KafkaAddress():
            from adapters.inputs.kafka import FollowedKafka

            tape = FollowedKafka(address, client_of(settings), keys)
        case PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)
    with closing(tape):
        yield tape


def _without_tape(settings: WhenceSettings) -> InvalidInput:
    return InvalidInput(
        f"{shown(settings.log)}: inputs are kept for logs in SQLite files and on Kafka; choose such a log with "
        "--log"
    )
