"""Opening logs by their address, with the configuration's pass-through settings."""

from __future__ import annotations

from adapters.avro import codec_for
from adapters.log.address import (
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from adapters.log.library import open_memory
from adapters.log.postgres import open_postgres, read_postgres
from adapters.log.recorder_log import RecordedLog, RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from domain.errors import InvalidInput
from infra.config import WhenceSettings, told
