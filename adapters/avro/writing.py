"""From events to what fastavro writes: one function a class, written once from the class's shape.

Whatever would be a lie in the log is refused here, before a byte is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any, Final, NoReturn, cast
from uuid import UUID

from adapters.avro.moment import micros
from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from domain.errors import InvalidEvent

Dump = Callable[[Any], dict[str, Any]]
_MOST_DIGITS: Final = 60
_LARGEST_COUNT: Final = 2**63 - 1


def dumper(owner: type, where: str) -> Dump:
    """Makes the record of a dataclass's instance; raises InvalidEvent naming field and value, below `where`."""
    names: dict[str, Any] = {
        **_CHECKS,
        "tuple_of": tuple_of,
        "mapping": mapping,
        "choice": choice,
        "part": part,
    }
    fields = [
        f"{name!r}: {_expression(shape, f'value.{name}', f'{where}.{name}', names)}"
        for name, shape in fields_of(owner)
    ]
    # The text comes from our own dataclasses alone, as it does where the standard library writes their __init__.
    exec(f"def dump(value):\n    return {{{', '.join(fields)}}}", names)  # noqa: S102
    return cast("Dump", names["dump"])


def text(value: object, where: str) -> str:
    """Any text that UTF-8 can hold."""
    if not isinstance(value, str):
        _refuse(where, value, "is not text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse(where, value, "holds half of a surrogate pair, which UTF-8 cannot write")
    return str(value)


def named(value: object, where: str) -> str:
    """Text that names something."""
    return text(value, where) or _refuse(where, value, "is empty")


def money(value: object, where: str) -> str:
    """A decimal in plain notation; floats are refused however exact they look."""
    if not isinstance(value, Decimal):
        _refuse(where, value, "is not a Decimal")
    if not value.is_finite():
        _refuse(where, value, "is not a number")
    written = str(value)
    return _plain(value, where) if "E" in written else written


def count(value: object, where: str) -> int:
    """A whole number of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(where, value, "is not a whole number")
    if not -_LARGEST_COUNT <= value <= _LARGEST_COUNT:
        _refuse(where, value, "does not fit into 64 bits")
    return value


def ordinal(value: object, where: str) -> int:
    """A place in a row that begins with 1."""
    place = count(value, where)
    return place if place > 0 else _refuse(where, value, "is not counted from 1")


def opinion(value: object, where: str) -> float:
    """A finite float."""
    if not isinstance(value, float | int) or isinstance(value, bool):
        _refuse(where, value, "is not a float")
    if not isfinite(value):
        _refuse(where, value, "is not a number")
    return float(value)


def flag(value: object, where: str) -> bool:
    """True or False."""
    return value if isinstance(value, bool) else _refuse(where, value, "is neither True nor False")


def moment(value: object, where: str) -> int:
    """Microseconds of a datetime that knows its zone."""
    if not isinstance(value, datetime):
        _refuse(where, value, "is not a datetime")
    if value.tzinfo is None:
        _refuse(where, value, "is a naive time; give it its zone, UTC")
    return micros(value)


def identity(value: object, where: str) -> bytes:
    """The 16 bytes of a UUID."""
    return value.bytes if isinstance(value, UUID) else _refuse(where, value, "is not a UUID")


def choice(value: object, where: str, of: type[StrEnum]) -> str:
    """The symbol of an enum's member."""
    return value.value if isinstance(value, of) else _refuse(where, value, f"is not a {of.__name__}")


def part(value: object, where: str, of: type, dump: Dump) -> dict[str, Any]:
    """The record of a nested dataclass."""
    return dump(value) if isinstance(value, of) else _refuse(where, value, f"is not of type {of.__name__}")


def tuple_of(value: object, where: str) -> tuple[object, ...]:
    """Itself: a list could change after it was recorded."""
    if not isinstance(value, tuple):
        _refuse(where, value, "is not a tuple")
    return cast("tuple[object, ...]", value)


def mapping(value: object, where: str) -> dict[str, Any]:
    """A copy, its names checked."""
    if not isinstance(value, Mapping):
        _refuse(where, value, "is not a mapping")
    entries = cast("Mapping[object, Any]", value)
    return {text(name, f"{where} (a name)"): item for name, item in entries.items()}


_CHECKS: Final[dict[str, Any]] = {
    Plain.TEXT.value: text,
    Plain.MONEY.value: money,
    Plain.COUNT.value: count,
    Plain.OPINION.value: opinion,
    Plain.FLAG.value: flag,
    Plain.MOMENT.value: moment,
    Plain.IDENTITY.value: identity,
}


def _expression(shape: Shape, value: str, where: str, names: dict[str, Any]) -> str:
    """Python that checks `value` and makes what fastavro writes; what it needs is added to `names`."""
    match shape:
        case Plain():
            return f"{shape.value}({value}, {where!r})"
        case Choice(of):
            names[of.__name__] = of
            return f"choice({value}, {where!r}, {of.__name__})"
        case Part(of):
            names[of.__name__], names[f"dump_{of.__name__}"] = of, dumper(of, where)
            return f"part({value}, {where!r}, {of.__name__}, dump_{of.__name__})"
        case Maybe(inner):
            return f"None if {value} is None else {_expression(inner, value, where, names)}"
        case Many(item):
            each = _expression(item, "item", f"{where}[]", names)
            return f"[{each} for item in tuple_of({value}, {where!r})]"
        case Named(inner):
            each = _expression(inner, "item", f"{where}{{}}", names)
            return f"{{name: {each} for name, item in mapping({value}, {where!r}).items()}}"


def _plain(value: Decimal, where: str) -> str:
    """Exchanges send no exponents; a number whose zeros alone fill a line is a mistake."""
    if abs(value.adjusted()) > _MOST_DIGITS:
        _refuse(where, value, f"has more than {_MOST_DIGITS} digits")
    return format(value, "f")


def _refuse(where: str, value: object, why: str) -> NoReturn:
    raise InvalidEvent(f"{where} = {value!r} {why}; nothing was recorded")
