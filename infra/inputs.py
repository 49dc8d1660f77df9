"""The tape of inputs of the configured log: opened by the log's owner, and read by anybody.

The client of Kafka is imported for a log on Kafka.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters.inputs import sqlite
from adapters.inputs.batch import TapedInput
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


def _without_tape(settings: WhenceSettings) -> InvalidInput:
    return InvalidInput(
        f"{shown(settings.log)}: inputs are kept for logs in SQLite files and on Kafka; choose such a log with "
        "--log"
    )
