"""Cursors: where in an ordered list a row stands, as text that its reader hands back and need not understand.

A cursor holds the values a row is ordered by, not its number: rows that came in between move nothing.
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
from projections.columns import microseconds

_VERSION = 1
_DIGEST = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BROKEN = (ValueError, TypeError, KeyError, NotBase64, InvalidOperation, OverflowError)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row's place in a list: the value of the column it is ordered by, and its ordinal."""

    value: Any
    ordinal: int


def spell(order: str, place: RowPlace) -> str:
    """The cursor of a place in the list ordered by `order`."""
    kind = type(place.value).__name__
    told = [_VERSION, order, kind, _TOLD[kind](place.value), place.ordinal]
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(_digest(body) + body).decode().rstrip("=")


def read(order: str, cursor: str) -> RowPlace:
    """The place a cursor names.

    Raises InvalidInput for what is not a cursor, was changed, or belongs to a list of another order.
    """
    try:
        whole = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        digest, body = whole[:_DIGEST], whole[_DIGEST:]
        version, made_for, kind, value, ordinal = json.loads(body)
        place = RowPlace(_READ[kind](value), int(ordinal))
    except _BROKEN:
        raise InvalidInput(f"{cursor[:80]!r} is not a cursor; give one that this list gave you") from None
    if digest != _digest(body) or version != _VERSION:
        raise InvalidInput(f"the cursor {cursor[:80]!r} was changed, or is of an earlier version; begin anew")
    if made_for != order:
        raise InvalidInput(
            f"the cursor belongs to a list ordered by {made_for}, and this is {order}; begin anew"
        )
    return place


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST, person=b"cursor").digest()


def _same(value: Any) -> Any:
    return value


_TOLD: Mapping[str, Callable[[Any], Any]] = {
    "int": _same,
    "str": _same,
    "float": _same,
    "Decimal": lambda value: format(value, "f"),
    "datetime": microseconds,
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "float": float,
    "Decimal": Decimal,
    "datetime": lambda value: _EPOCH + timedelta(microseconds=value),
}
