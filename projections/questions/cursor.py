"""Cursors: a row's place in an ordered list, as opaque text that only this store's programs can make.

A cursor holds the values by which the row is ordered, not the row's number, so that it stays valid when rows are added.
It begins with HMAC-SHA256 (RFC 2104) over these values, so no value of a forged cursor is ever read.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any

from domain.errors import InvalidInput
from projections.columns import microseconds

_VERSION = 2
_TAG = 16
"""The bytes of the HMAC that a cursor has; RFC 2104 allows half of them."""
_LONGEST = 4_096
_SHOWN = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row's place in a list: its value in the column that orders the list, and its ordinal."""

    value: Any
    ordinal: int


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads the cursors of one store; `key` is the store's own (`projections.cursor_key`)."""

    key: bytes = field(repr=False)
    _begun: hmac.HMAC = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_begun", hmac.new(self.key, digestmod=sha256))

    def encode(self, order: str, place: RowPlace) -> str:
        """The cursor of a place in the list ordered by `order`."""
        (cursor,) = self.encode_all(order, (place.value,), (place.ordinal,))
        return cursor

    def encode_all(self, order: str, values: Sequence[Any], ordinals: Sequence[int]) -> Sequence[str]:
        """The cursors of several places in one list, each with its value and its ordinal."""
        begin = f"[{_VERSION},{encode_basestring(order)}"
        bodies = map(_body, repeat(begin), values, ordinals)
        return [_text(self._tag(body) + body) for body in bodies]

    def decode(self, order: str, cursor: str) -> RowPlace:
        """The place that a cursor names.

        Raises InvalidInput for text that is no cursor of this store, and for a cursor of another list or order.
        """
        body = self._authentic(cursor)
        version, made_for, kind, value, ordinal = json.loads(body)
        if version != _VERSION:
            raise _refused(cursor)
        if made_for != order:
            raise InvalidInput(
                f"the cursor belongs to the list {made_for}, and this list is {order}; start at the first page"
            )
        return RowPlace(_FROM_JSON[kind](value), ordinal)

    def _authentic(self, cursor: str) -> bytes:
        """The values of a cursor as JSON, which only a program with the key has written."""
        try:
            whole = b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise _refused(cursor) from None
        tag, body = whole[:_TAG], whole[_TAG:]
        if len(cursor) > _LONGEST or not hmac.compare_digest(tag, self._tag(body)):
            raise _refused(cursor)
        return body

    def _tag(self, body: bytes) -> bytes:
        """A copy of the state after the key takes half the time of beginning with the key; a page has a cursor for each
        row."""
        own = self._begun.copy()
        own.update(body)
        return own.digest()[:_TAG]


def _body(begin: str, value: Any, ordinal: int) -> bytes:
    kind = type(value).__name__
    return f'{begin},"{kind}",{_TO_JSON[kind](value)},{ordinal}]'.encode()


def _text(data: bytes) -> str:
    """The same text as `base64.urlsafe_b64encode`, without its padding."""
    return b2a_base64(data, newline=False).translate(_SAFE).rstrip(b"=").decode()


_SAFE = bytes.maketrans(b"+/", b"-_")


def _refused(cursor: str) -> InvalidInput:
    return InvalidInput(
        f"{cursor[:_SHOWN]!r} is not a cursor of this store; give one that this list returned, or start at the "
        "first page"
    )


def _same(value: Any) -> Any:
    return value


_TO_JSON: Mapping[str, Callable[[Any], str]] = {
    "int": str,
    "str": encode_basestring,
    "float": repr,
    "Decimal": lambda value: f'"{value:f}"',
    "datetime": lambda value: str(microseconds(value)),
}
"""The JSON of a value: a page has a cursor for each row, and an encoder takes three times as long."""
_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "int": _same,
    "str": _same,
    "float": float,
    "Decimal": Decimal,
    "datetime": lambda value: _EPOCH + timedelta(microseconds=value),
}
