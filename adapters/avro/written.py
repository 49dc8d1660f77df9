"""What fields hold, checked and as Avro's bytes: one function a kind of value.

Whatever would be a lie in the log is refused here, before anything is written. `where` names the field below its event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from struct import Struct
from typing import Final, NoReturn, TypeVar, cast
from uuid import UUID

from adapters.avro.amount import MOST_DIGITS
from adapters.avro.binary import SHORT, long, sized
from adapters.avro.moment import moment_written
from domain.errors import InvalidEvent

__all__ = [
    "block",
    "choice",
    "count",
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
]

_T = TypeVar("_T")
_MOST_ZEROS: Final = 60
_LARGEST_COUNT: Final = 2**63 - 1
_DOUBLE: Final = Struct("<d").pack


def text(value: object, where: str) -> bytes:
    """Any text that UTF-8 can hold."""
    if not isinstance(value, str):
        _refuse(where, value, "is not text")
    try:
        return sized(value.encode())
    except UnicodeEncodeError:
        _refuse(where, value, "holds half of a surrogate pair, which UTF-8 cannot write")


def named(value: object, where: str) -> bytes:
    """Text that names something."""
    return text(value, where) if value != "" else _refuse(where, value, "is empty")


def money(value: object, where: str) -> bytes:
    """A decimal in plain notation; floats are refused however exact they look."""
    if not isinstance(value, Decimal):
        _refuse(where, value, "is not a Decimal")
    if not value.is_finite():
        _refuse(where, value, "is not a number")
    written = str(value)
    if "E" in written:
        written = _plain(value, where)
    if len(written) > MOST_DIGITS:
        _refuse(where, value, f"has more than {MOST_DIGITS} digits")
    return SHORT[len(written)] + written.encode()


def count(value: object, where: str) -> bytes:
    """A whole number of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(where, value, "is not a whole number")
    if 0 <= value < len(SHORT):
        return SHORT[value]
    if not -_LARGEST_COUNT <= value <= _LARGEST_COUNT:
        _refuse(where, value, "does not fit into 64 bits")
    return long(value)


def ordinal(value: object, where: str) -> bytes:
    """A place in a row that begins with 1."""
    place = count(value, where)
    return place if cast("int", value) > 0 else _refuse(where, value, "is not counted from 1")


def opinion(value: object, where: str) -> bytes:
    """A finite float."""
    if not isinstance(value, float | int) or isinstance(value, bool):
        _refuse(where, value, "is not a float")
    if not isfinite(value):
        _refuse(where, value, "is not a number")
    return _DOUBLE(value)


def flag(value: object, where: str) -> bytes:
    """True or False."""
    if not isinstance(value, bool):
        _refuse(where, value, "is neither True nor False")
    return b"\1" if value else b"\0"


def moment(value: object, where: str) -> bytes:
    """Microseconds of a datetime that knows its zone."""
    if not isinstance(value, datetime):
        _refuse(where, value, "is not a datetime")
    if value.tzinfo is None:
        _refuse(where, value, "is a naive time; give it its zone, UTC")
    return moment_written(value)


def identity(value: object, where: str) -> bytes:
    """The 16 bytes of a UUID."""
    return value.bytes if isinstance(value, UUID) else _refuse(where, value, "is not a UUID")


def choice(value: object, where: str, of: type[StrEnum], symbols: Mapping[StrEnum, bytes]) -> bytes:
    """The place of an enum's member among the symbols."""
    return symbols[value] if isinstance(value, of) else _refuse(where, value, f"is not a {of.__name__}")


def part(value: object, where: str, of: type[_T]) -> _T:
    """Itself, of the class that the field says."""
    return value if isinstance(value, of) else _refuse(where, value, f"is not of type {of.__name__}")


def many(value: object, where: str) -> tuple[object, ...]:
    """Itself: a list could change after it was recorded."""
    if not isinstance(value, tuple):
        _refuse(where, value, "is not a tuple")
    return cast("tuple[object, ...]", value)


def mapping(value: object, where: str) -> Mapping[object, object]:
    """Itself; its names are checked one by one."""
    if not isinstance(value, Mapping):
        _refuse(where, value, "is not a mapping")
    return cast("Mapping[object, object]", value)


def block(items: list[bytes]) -> bytes:
    """All items of an array or a map in one block, and the end of it."""
    if not items:
        return b"\0"
    size = SHORT[len(items)] if len(items) < len(SHORT) else long(len(items))
    return b"".join((size, *items, b"\0"))


def _refuse(where: str, value: object, why: str) -> NoReturn:
    """Raises InvalidEvent."""
    raise InvalidEvent(f"{where} = {value!r} {why}; nothing was recorded")


def _plain(value: Decimal, where: str) -> str:
    """Exchanges send no exponents; a number whose zeros alone fill a line is a mistake."""
    if abs(value.adjusted()) > _MOST_ZEROS:
        _refuse(where, value, f"has more than {_MOST_ZEROS} digits")
    return format(value, "f")
