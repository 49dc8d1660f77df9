"""Reads and writes an event's meta as Avro bytes.

Every event has a meta, so its code is written by hand and caches the values that most events of a log share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from adapters.avro.binary import SHORT, long_at, text_at
from adapters.avro.moment import WRITTEN, moment_at
from adapters.avro.written import count, identity, moment, named, ordinal
from domain.log import Meta, id_of

ReadMeta = Callable[[bytes, int], tuple[Meta, int]]

_BY_ID: Final = 0
_BY_FACT: Final = 2
_CANONICAL_LENGTH: Final = 36


def write_meta(meta: Meta) -> bytes:
    """Encodes a meta without caches; raises InvalidEvent naming field and value."""
    return b"".join(
        (
            identity(meta.event_id, "meta.event_id"),
            named(meta.stream, "meta.stream"),
            ordinal(meta.version, "meta.version"),
            named(meta.correlation_id, "meta.correlation_id"),
            _cause_written(meta.causation_id),
            moment(meta.occurred_at, "meta.occurred_at"),
            moment(meta.recorded_at, "meta.recorded_at"),
            _ending_encoded(meta),
            count(meta.schema_version, "meta.schema_version"),
        )
    )


USUAL: Final = (
    "i.int.to_bytes(16, 'big') if type(i := meta.event_id) is UUID else unusual()",
    "NAMES.get(n := meta.stream) or name_written(n, 'meta.stream')",
    "SHORT[v] if type(v := meta.version) is int and 0 < v < len(SHORT) else ordinal(v, 'meta.version')",
    "NAMES.get(n := meta.correlation_id) or name_written(n, 'meta.correlation_id')",
    "cause_written(meta.causation_id)",
    "WRITTEN.get(t := meta.occurred_at) or moment(t, 'meta.occurred_at')",
    "WRITTEN.get(t := meta.recorded_at) or moment(t, 'meta.recorded_at')",
    "ENDINGS.get((meta.account, meta.actor, meta.source)) or ending_written(meta)",
    "SHORT[v] if type(v := meta.schema_version) is int and v == {version} else unusual()",
)
"""Source expressions that encode the usual values of a meta, in order, for a writer of schema `version`.

Where one raises TypeError, IndexError or InvalidEvent, `write_meta` encodes the meta, or refuses it.
"""


_NAMES: Final[dict[str, bytes]] = {}
"""The encoded streams and chains: the events of one order follow each other closely, and share both."""

_ENDINGS: Final[dict[tuple[str, str, str], bytes]] = {}
"""The encoded account, actor and source, by their values; a log has few different combinations."""

_MOST_REMEMBERED: Final = 1_024
_K = TypeVar("_K")


def _name_written(name: str, where: str) -> bytes:
    return _remembered(_NAMES, name, named(name, where))


def _ending_written(meta: Meta) -> bytes:
    return _remembered(_ENDINGS, (meta.account, meta.actor, meta.source), _ending_encoded(meta))


def _remembered(cache: dict[_K, bytes], value: _K, written: bytes) -> bytes:
    if len(cache) >= _MOST_REMEMBERED:
        cache.clear()
    cache[value] = written
    return written


def _ending_encoded(meta: Meta) -> bytes:
    account = named(meta.account, "meta.account")
    return account + named(meta.actor, "meta.actor") + named(meta.source, "meta.source")


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
    if type(cause) is str and len(cause) == _CANONICAL_LENGTH and cause[8] == "-":
        digits = cause.replace("-", "")
        try:
            raw = bytes.fromhex(digits)
        except ValueError:
            raw = b""
        if raw.hex() == digits and cause[8] + cause[13] + cause[18] + cause[23] == "----":
            return b"\0" + raw
    return b"\2" + named(cause, "meta.causation_id")


def unusual() -> NoReturn:
    """Raises TypeError: a value is encoded, or refused, by the functions that name its field."""
    raise TypeError


GLOBALS: Final[Mapping[str, Any]] = {
    "ENDINGS": _ENDINGS,
    "NAMES": _NAMES,
    "SHORT": SHORT,
    "UUID": UUID,
    "WRITTEN": WRITTEN,
    "cause_written": _cause_written,
    "ending_written": _ending_written,
    "moment": moment,
    "name_written": _name_written,
    "ordinal": ordinal,
    "unusual": unusual,
}
"""What the expressions of `USUAL` use."""
