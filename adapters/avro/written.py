"""Checks and encodes field values as Avro bytes: one function for each kind of value.

An invalid value raises InvalidEvent before anything is written. `where` is the path of the field within its event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from struct import Struct
from types import NoneType
from typing import Any, Final, NoReturn, TypeVar, cast
from uuid import UUID

from adapters.avro.amount import MOST_DIGITS
from adapters.avro.binary import SHORT, block, long
from adapters.avro.moment import WRITTEN, moment_written
from domain.errors import InvalidEvent

__all__ = [
    "choice",
    "count",
    "digits",
    "flag",
    "identity",
    "many",
    "mapping",
    "moment",
    "money",
    "named",
    "opinion",
    "ordinal",
    "part",
    "text",
    "texts",
]

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)
_MOST_ZEROS: Final = 60
_SHOWN: Final = (str, int, float, Decimal, datetime, UUID, NoneType)
_LARGEST_COUNT: Final = 2**63 - 1
_utf8: Final = cast("Callable[[object], bytes]", str.encode)
_SHORT: Final = len(SHORT)
_TUPLE: Final[type[Any]] = tuple
_MAPPING: Final[type[Any]] = Mapping
"""Typed as type[Any], because a value that is checked with it then needs no cast, which costs as much as the check."""

_DOUBLE: Final = Struct("<d").pack


def text(value: object, where: str) -> bytes:
    """Encodes a text, which may be empty. Refuses a text that UTF-8 cannot encode."""
    try:
        data = _utf8(value)
    except TypeError:
        _refuse(where, value, "is not text")
    except UnicodeEncodeError:
        _refuse(where, value, "contains half of a surrogate pair, which UTF-8 cannot encode")
    return (SHORT[len(data)] if len(data) < _SHORT else long(len(data))) + data


def named(value: object, where: str) -> bytes:
    """Encodes a text that must not be empty."""
    return text(value, where) if value != "" else _refuse(where, value, "is empty")


def money(value: object, where: str) -> bytes:
    """Encodes a decimal in plain notation; refuses floats, even exact ones."""
    written = digits(value, where)
    return SHORT[len(written)] + written.encode()


def digits(value: object, where: str) -> str:
    """The text of a decimal in plain notation."""
    if not isinstance(value, Decimal):
        _refuse(where, value, "is not a Decimal")
    if not value.is_finite():
        _refuse(where, value, "is not a number")
    written = str(value)
    if "E" in written:
        written = _plain(value, where)
    if len(written) > MOST_DIGITS:
        _refuse(where, value, f"has more than {MOST_DIGITS} digits")
    return written


def count(value: object, where: str) -> bytes:
    """Encodes a whole number of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(where, value, "is not a whole number")
    if 0 <= value < _SHORT:
        return SHORT[value]
    if not -_LARGEST_COUNT <= value <= _LARGEST_COUNT:
        _refuse(where, value, "does not fit into 64 bits")
    return long(value)


def ordinal(value: Any, where: str) -> bytes:
    """Encodes a number that is counted from 1."""
    place = count(value, where)
    return place if value > 0 else _refuse(where, value, "is not counted from 1")


def opinion(value: object, where: str) -> bytes:
    """Encodes a finite float."""
    if not isinstance(value, float | int) or isinstance(value, bool):
        _refuse(where, value, "is not a float")
    if not isfinite(value):
        _refuse(where, value, "is not a number")
    return _DOUBLE(value)


def flag(value: object, where: str) -> bytes:
    """Encodes a boolean."""
    if not isinstance(value, bool):
        _refuse(where, value, "is neither True nor False")
    return b"\1" if value else b"\0"


def moment(value: object, where: str) -> bytes:
    """Encodes an aware datetime as microseconds; a cached datetime was checked when it was added to the cache."""
    try:
        return WRITTEN[value]
    except (KeyError, TypeError):
        return _checked_moment(value, where)


def _checked_moment(value: object, where: str) -> bytes:
    if not isinstance(value, datetime):
        _refuse(where, value, "is not a datetime")
    if value.tzinfo is None:
        _refuse(where, value, "is a naive time; give it its zone, UTC")
    return moment_written(value)


def identity(value: object, where: str) -> bytes:
    """Encodes a UUID as its 16 bytes."""
    return value.bytes if isinstance(value, UUID) else _refuse(where, value, "is not a UUID")


def choice(value: object, where: str, of: type[_E], symbols: Mapping[_E, bytes]) -> bytes:
    """Encodes an enum's member as its index among the symbols."""
    return symbols[value] if isinstance(value, of) else _refuse(where, value, f"is not a {of.__name__}")


def part(value: object, where: str, of: type[_T]) -> _T:
    """Returns `value` unchanged; refuses it where it is not an instance of `of`."""
    return value if isinstance(value, of) else _refuse(where, value, f"is not of type {of.__name__}")


def many(value: Any, where: str) -> tuple[object, ...]:
    """Returns `value` unchanged; accepts only tuples, because a list could change after it was recorded."""
    if not isinstance(value, _TUPLE):
        _refuse(where, value, "is not a tuple")
    items: tuple[object, ...] = value
    return items


def mapping(value: Any, where: str) -> Mapping[object, object]:
    """Returns `value` unchanged; refuses what is not a mapping. The caller checks names and values."""
    if not isinstance(value, _MAPPING):
        _refuse(where, value, "is not a mapping")
    entries: Mapping[object, object] = value
    return entries


def texts(value: object, where: str) -> bytes:
    """Encodes a tuple of texts; fast for the frequent empty tuple."""
    return block([text(item, f"{where}[]") for item in items]) if (items := many(value, where)) else b"\0"


def _refuse(where: str, value: object, why: str) -> NoReturn:
    """Raises InvalidEvent. A message reaches clients, so of an object that is no plain value it has the class only."""
    shown = repr(value) if _is_plain(value) else f"a {type(value).__name__}"
    raise InvalidEvent(f"{where} = {shown} {why}; nothing was recorded")


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(one) for one in cast("Sequence[object]", value))
    return isinstance(value, _SHOWN)


def _plain(value: Decimal, where: str) -> str:
    """Plain notation of a decimal with an exponent; refuses an exponent beyond `_MOST_ZEROS` as a mistake."""
    if abs(value.adjusted()) > _MOST_ZEROS:
        _refuse(where, value, f"has more than {_MOST_ZEROS} digits")
    return format(value, "f")
