"""Reads and writes an event's meta as Avro bytes.

Every event has a meta, so its code is written by hand and caches the values that most events of a log share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.avro.binary import long_at, text_at
from adapters.avro.moment import moment_at
from adapters.avro.written import count, identity, moment, named, ordinal
from domain.log import Meta, id_of

ReadMeta = Callable[[bytes, int], tuple[Meta, int]]

_BY_ID: Final = 0
_BY_FACT: Final = 2
_CANONICAL_LENGTH: Final = 36


def write_meta(meta: Meta) -> bytes:
    """Encodes a meta; raises InvalidEvent naming field and value."""
    return b"".join(
        (
            identity(meta.event_id, "meta.event_id"),
            named(meta.stream, "meta.stream"),
            ordinal(meta.version, "meta.version"),
            named(meta.correlation_id, "meta.correlation_id"),
            _cause_written(meta.causation_id),
            moment(meta.occurred_at, "meta.occurred_at"),
            moment(meta.recorded_at, "meta.recorded_at"),
            _ending_written(meta),
            count(meta.schema_version, "meta.schema_version"),
        )
    )


_ENDINGS: Final[dict[tuple[str, str, str], bytes]] = {}
"""The encoded account, actor and source, by their values; a log has few different combinations."""

_MOST_ENDINGS: Final = 1_024


def _ending_written(meta: Meta) -> bytes:
    key = (meta.account, meta.actor, meta.source)
    try:
        return _ENDINGS[key]
    except (KeyError, TypeError):  # a value that is not text may be unhashable
        written = b"".join(
            (
                named(meta.account, "meta.account"),
                named(meta.actor, "meta.actor"),
                named(meta.source, "meta.source"),
            )
        )
    if len(_ENDINGS) >= _MOST_ENDINGS:
        _ENDINGS.clear()
    _ENDINGS[key] = written
    return written


def meta_reader() -> ReadMeta:
    """Returns a function that reads the meta at an offset and returns it and the offset after it.

    That function raises OverflowError for a time beyond datetime's range, IndexError or ValueError where the bytes are
    not a meta. It remembers the last fields of the previous meta (account, actor, source, schema version), because
    consecutive metas mostly share them.
    """
    remembered = (b"\0", "", "", "", 0)

    def read_meta(data: bytes, at: int) -> tuple[Meta, int]:
        nonlocal remembered
        event_id = id_of(int.from_bytes(data[at : at + 16], "big"))
        stream, at = text_at(data, at + 16)
        version, at = long_at(data, at)
        correlation_id, at = text_at(data, at)
        causation_id, at = _cause_at(data, at)
        occurred_at, at = moment_at(data, at)
        recorded_at, at = moment_at(data, at)
        ending, account, actor, source, schema_version = remembered
        if data.startswith(ending, at):
            at += len(ending)
        else:
            begin = at
            account, at = text_at(data, at)
            actor, at = text_at(data, at)
            source, at = text_at(data, at)
            schema_version, at = long_at(data, at)
            remembered = (data[begin:at], account, actor, source, schema_version)
        meta = Meta(
            event_id=event_id,
            stream=stream,
            version=version,
            correlation_id=correlation_id,
            causation_id=causation_id,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            account=account,
            actor=actor,
            source=source,
            schema_version=schema_version,
        )
        return meta, at

    return read_meta


def _cause_at(data: bytes, at: int) -> tuple[str, int]:
    if data[at] == _BY_ID:
        digits = data[at + 1 : at + 17].hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}", at + 17
    if data[at] == _BY_FACT:
        return text_at(data, at + 1)
    raise ValueError(f"the union branch of a cause is the byte 0 (event id) or 2 (fact), not {data[at]}")


def _cause_written(cause: str) -> bytes:
    """Encodes an event id in canonical spelling as 16 bytes, any other cause as text."""
    written = named(cause, "meta.causation_id")
    if len(cause) == _CANONICAL_LENGTH and cause[8] == "-":
        digits = cause.replace("-", "")
        try:
            raw = bytes.fromhex(digits)
        except ValueError:
            return b"\2" + written
        if raw.hex() == digits and cause[8] + cause[13] + cause[18] + cause[23] == "----":
            return b"\0" + raw
    return b"\2" + written
