"""Logs for benchmarks. Each log is new, and is deleted after its use."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from adapters.log.recorder_log import RecordedLog, RecorderLog
from infra.config import load
from infra.logs import open_owned, open_reader


@contextmanager
def _sqlite() -> Generator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


@contextmanager
def _kafka() -> Generator[str]:
    yield f"kafka://{os.environ['KAFKA_BOOTSTRAP_SERVERS']}/bench.{uuid4().hex}"


@contextmanager
def fresh(kind: str) -> Generator[str]:
    """The address of an empty log of this kind (`SQLite` or `Kafka`)."""
    with {"SQLite": _sqlite, "Kafka": _kafka}[kind]() as address:
        yield address


def owned(address: str) -> RecorderLog:
    """The log at this address, owned by this process."""
    return open_owned(load(log=address))


def reader(address: str) -> RecordedLog:
    """The log at this address, for reading."""
    return open_reader(load(log=address))
