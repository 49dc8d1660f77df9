"""Events as plain JSON values, for people and programs that do not read Avro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from domain.events import Event


def to_json(event: Event) -> dict[str, Any]:
    """The event's own fields by name: decimals and ids as text, times as `instant` writes them, no meta."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, with a Z, and with microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return instant(value)
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): _plain(held) for key, held in cast("Mapping[str, object]", value).items()}
        case tuple():
            return [_plain(held) for held in cast("tuple[object, ...]", value)]
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
