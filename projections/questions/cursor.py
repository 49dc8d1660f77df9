"""Cursors: a row's place in an ordered list, as opaque text.

A cursor holds the values by which the row is ordered, not the row's number, so that it stays valid when rows are added.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from domain.errors import InvalidInput
from domain.text import is_storable
from projections.columns import microseconds

_VERSION = 1
_DIGEST = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**63 - 1
_BROKEN = (ValueError, TypeError, KeyError, NotBase64, InvalidOperation, OverflowError)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row's place in a list: its value in the column that orders the list, and its ordinal."""

    value: Any
    ordinal: int


def encode(order: str, place: RowPlace) -> str:
    """The cursor of a place in the list ordered by `order`."""
    kind = type(place.value).__name__
    fields = [_VERSION, order, kind, _TO_JSON[kind](place.value), place.ordinal]
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(_digest(body) + body).decode().rstrip("=")


def decode(order: str, cursor: str) -> RowPlace:
    """The place that a cursor names.

    Raises InvalidInput for text that is not a cursor, for a changed cursor, and for a cursor of another list or order.
    """
    try:
        whole = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        digest, body = whole[:_DIGEST], whole[_DIGEST:]
        version, made_for, kind, value, ordinal = json.loads(body)
        place = _storable(RowPlace(_FROM_JSON[kind](value), int(ordinal)))
    except _BROKEN:
        raise InvalidInput(f"{cursor[:80]!r} is not a cursor; give one that this list returned") from None
    if digest != _digest(body) or version != _VERSION:
        raise InvalidInput(
            f"the cursor {cursor[:80]!r} was changed, or is of an earlier version; start at the first page"
        )
    if made_for != order:
        raise InvalidInput(
            f"the cursor belongs to the list {made_for}, and this list is {order}; start at the first page"
        )
    return place


def _storable(place: RowPlace) -> RowPlace:
    """The place. Raises ValueError for one that no list can have, because a database refuses such values."""
    value = place.value
    too_large = any(isinstance(one, int) and abs(one) > _LARGEST for one in (value, place.ordinal))
    if too_large or (isinstance(value, str) and not is_storable(value)):
        raise ValueError(value)
    return place


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST, person=b"cursor").digest()


def _same(value: Any) -> Any:
    return value


_TO_JSON: Mapping[str, Callable[[Any], Any]] = {
    "int": _same,
    "str": _same,
    "float": _same,
    "Decimal": lambda value: format(value, "f"),
    "datetime": microseconds,
}
_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "float": float,
    "Decimal": Decimal,
    "datetime": lambda value: _EPOCH + timedelta(microseconds=value),
}
