"""The tape of inputs of the configured log: opened by the log's owner, and read by anybody."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from adapters.inputs import sqlite
from adapters.inputs.batch import TapedInput
from adapters.log.address import KafkaAddress, MemoryAddress, PostgresAddress, SqliteAddress, parse_address
from commands.input_tape import InputTape
from domain.errors import InvalidInput
from infra.config import WhenceSettings, shown
from infra.logs import keys_of


@contextmanager
def input_tape(settings: WhenceSettings, clock: Callable[[], datetime]) -> Generator[InputTape]:
    """The tape of the log that this process owns and has open; `clock` gives the times at which inputs come.

    Raises InvalidInput for a log on which no tape is kept, and what the tape's constructor raises.
    """
    tape = _tape(settings, clock)
    try:
        yield tape
    finally:
        tape.close()


def _tape(settings: WhenceSettings, clock: Callable[[], datetime]) -> InputTape:
    address, days = parse_address(settings.log), settings.inputs_days
    keep_for = timedelta(days=days) if days else None
    match address:
        case SqliteAddress():
            return sqlite.SqliteTape(address.path, clock, keys_of(settings), keep_for)
        case KafkaAddress() | PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)


def taped_inputs(settings: WhenceSettings) -> Iterator[TapedInput]:
    """The inputs of the log's tape, from the oldest kept session on.

    Raises InvalidInput where there is no tape, LogCorrupt, LogUnavailable, UnknownSchema, KeyMissing.
    """
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return sqlite.read_sqlite(address.path, keys_of(settings))
        case KafkaAddress() | PostgresAddress() | MemoryAddress():
            raise _without_tape(settings)


def _without_tape(settings: WhenceSettings) -> InvalidInput:
    return InvalidInput(
        f"{shown(settings.log)}: inputs are kept for logs in SQLite files and on Kafka; choose such a log with "
        "--log"
    )
