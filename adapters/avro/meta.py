"""An event's meta, read when it is asked for.

A fold asks for stream and version; making a UUID, a text of another one and two datetimes for every event it passes
would cost more than the fold. So these four stay as they were on the wire until somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from adapters.avro.draft import draft_of
from adapters.avro.moment import EARLIEST, LATEST, moment
from adapters.avro.shape import names_of
from adapters.avro.writing import count, identity, named, ordinal
from adapters.avro.writing import moment as moment_written
from domain.log import Meta

_CANONICAL_LENGTH: Final = 36


def read_meta(record: Mapping[str, Any]) -> Meta:
    """The meta of a record; raises OverflowError for a time beyond datetime's range."""
    meta: Any = _Draft()
    meta.event_id = record["event_id"]
    meta.stream = record["stream"]
    meta.version = record["version"]
    meta.correlation_id = record["correlation_id"]
    meta.causation_id = record["causation_id"]
    meta.occurred_at = occurred_at = record["occurred_at"]
    meta.recorded_at = recorded_at = record["recorded_at"]
    meta.account = record["account"]
    meta.actor = record["actor"]
    meta.source = record["source"]
    meta.schema_version = record["schema_version"]
    if not (EARLIEST <= occurred_at <= LATEST and EARLIEST <= recorded_at <= LATEST):
        raise OverflowError(f"no clock shows {occurred_at} or {recorded_at} microseconds since 1970")
    meta.__class__ = _UNREAD
    return cast("Meta", meta)


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


def _id_read(raw: Any) -> Any:
    return UUID(bytes=raw) if raw.__class__ is bytes else raw


def _cause_read(raw: Any) -> Any:
    return str(UUID(bytes=raw)) if raw.__class__ is bytes else raw


def _moment_read(raw: Any) -> Any:
    return moment(raw) if raw.__class__ is int else raw


def _when_asked(name: str, read: Callable[[Any], Any]) -> property:
    """Keeps what was read in the slot that held the raw value, so that two threads who ask at once agree."""
    slot = getattr(Meta, name)

    def asked(meta: Meta) -> Any:
        raw = slot.__get__(meta)
        value = read(raw)
        if value is not raw:
            slot.__set__(meta, value)
        return value

    return property(asked, slot.__set__)


def _as_meta(_meta: Meta) -> type[Meta]:
    """What the outside sees: equality, `replace` and `repr` of a dataclass go by `__class__`."""
    return Meta


def _as_arguments(meta: Meta) -> tuple[Callable[[], Meta], tuple[()]]:
    """Copied and pickled it is an ordinary Meta."""
    return partial(Meta, **{name: getattr(meta, name) for name in names_of(Meta)}), ()


_Draft: Final = draft_of(Meta)
_UNREAD: Final = type(
    "UnreadMeta",
    (Meta,),
    {
        "__slots__": (),
        "__class__": property(_as_meta),
        "__reduce__": _as_arguments,
        "event_id": _when_asked("event_id", _id_read),
        "causation_id": _when_asked("causation_id", _cause_read),
        "occurred_at": _when_asked("occurred_at", _moment_read),
        "recorded_at": _when_asked("recorded_at", _moment_read),
    },
)
