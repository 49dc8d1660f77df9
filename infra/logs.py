"""Opening logs by their address, with the configuration's pass-through settings."""

from __future__ import annotations

from adapters.avro import AvroCodec, headers_of
from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from adapters.log.kafka import open_kafka, read_kafka
from adapters.log.library import open_memory
from adapters.log.postgres import open_postgres, read_postgres
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from domain.errors import InvalidInput
from infra.config import WhenceSettings, told


def open_owned(settings: WhenceSettings) -> RecorderLog:
    """The log the settings name, owned by this process; raises LogOwned where another engine has it."""
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return open_sqlite(address.path, codec_of(address, settings))
        case KafkaAddress():
            codec, client = codec_of(address, settings), _client(settings)
            return open_kafka(address, codec, headers_of, client, settings.index)
        case PostgresAddress():
            return open_postgres(address, codec_of(address, settings))
        case MemoryAddress():
            return open_memory(codec_of(address, settings))


def open_reader(settings: WhenceSettings) -> RecordedLog:
    """The log the settings name, for reading, whoever owns it."""
    address = parse_address(settings.log)
    match address:
        case SqliteAddress():
            return read_sqlite(address.path, codec_of(address, settings))
        case KafkaAddress():
            return read_kafka(address, codec_of(address, settings), _client(settings))
        case PostgresAddress():
            return read_postgres(address, codec_of(address, settings))
        case MemoryAddress():
            raise InvalidInput(
                "a log in memory is gone with the process that made it; name another with --log"
            )


def codec_of(address: Address, settings: WhenceSettings) -> Codec:
    """Bytes as this log has them."""
    return AvroCodec()


def _client(settings: WhenceSettings) -> dict[str, str]:
    return {name: str(value) for name, value in told(settings.kafka).items()}
