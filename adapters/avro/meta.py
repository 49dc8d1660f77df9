"""An event's meta as a record, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from adapters.avro.moment import moment
from adapters.avro.writing import count, identity, named, ordinal
from adapters.avro.writing import moment as moment_written
from domain.log import Meta

_CANONICAL_LENGTH: Final = 36


def read_meta(record: Mapping[str, Any]) -> Meta:
    """The meta of a record; raises OverflowError for a time beyond datetime's range."""
    return Meta(
        event_id=UUID(bytes=record["event_id"]),
        stream=record["stream"],
        version=record["version"],
        correlation_id=record["correlation_id"],
        causation_id=_cause_read(record["causation_id"]),
        occurred_at=moment(record["occurred_at"]),
        recorded_at=moment(record["recorded_at"]),
        account=record["account"],
        actor=record["actor"],
        source=record["source"],
        schema_version=record["schema_version"],
    )


def write_meta(meta: Meta, where: str) -> dict[str, Any]:
    """The record of a meta; raises InvalidEvent naming field and value, below `where`."""
    return {
        "event_id": identity(meta.event_id, f"{where}.event_id"),
        "stream": named(meta.stream, f"{where}.stream"),
        "version": ordinal(meta.version, f"{where}.version"),
        "correlation_id": named(meta.correlation_id, f"{where}.correlation_id"),
        "causation_id": _cause_written(named(meta.causation_id, f"{where}.causation_id")),
        "occurred_at": moment_written(meta.occurred_at, f"{where}.occurred_at"),
        "recorded_at": moment_written(meta.recorded_at, f"{where}.recorded_at"),
        "account": named(meta.account, f"{where}.account"),
        "actor": named(meta.actor, f"{where}.actor"),
        "source": named(meta.source, f"{where}.source"),
        "schema_version": count(meta.schema_version, f"{where}.schema_version"),
    }


def _cause_written(cause: str) -> tuple[str, str | bytes]:
    """An event's id is 16 bytes, any other cause its text; so is an id that is not spelled as we spell ids."""
    if len(cause) == _CANONICAL_LENGTH and cause[8] == "-":
        try:
            event_id = UUID(cause)
        except ValueError:
            return ("string", cause)
        if str(event_id) == cause:
            return ("whence.Uuid", event_id.bytes)
    return ("string", cause)


def _cause_read(raw: str | bytes) -> str:
    return str(UUID(bytes=raw)) if isinstance(raw, bytes) else raw
