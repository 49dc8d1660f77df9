"""Reads numbers from the text of requests, settings, options and candle files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from math import isinf
from typing import Any, NamedTuple, TypeVar, cast

_N = TypeVar("_N", int, float, Decimal)
_SPELLED = re.compile(r"[+-]?([0-9]{1,1000}(\.[0-9]{0,1000})?|\.[0-9]{1,1000})([eE][+-]?[0-9]{1,3})?")
_FLAGS = ("true", "false")
_MOST_DIGITS = 100
"""The digits of a decimal, and the places of its first digit before or after the point. No price or quantity needs
more, and arithmetic with such decimals takes microseconds."""


def is_number(text: str) -> bool:
    """Whether the text is a finite number in the digits 0 to 9, in plain or exponent notation.

    Python's own types also accept other digits, underscores and surrounding blanks.
    """
    return _SPELLED.fullmatch(text) is not None


def number(text: str, kind: type[_N]) -> _N:
    """The number. Raises ValueError if the text is not a number of this kind in the digits 0 to 9."""
    if not is_number(text):
        raise ValueError(f"{text!r} is not a number in the digits 0 to 9")
    value = kind(text)
    if fault := _FAULTS.get(kind, _none)(value):
        raise ValueError(f"{text!r} {fault}")
    return value


def is_bounded(value: Decimal) -> bool:
    """Whether a decimal is finite, has at most 100 digits, and its first digit is at most 100 places from the point."""
    return not _fault_of_decimal(value)


def _fault_of_decimal(value: Decimal) -> str:
    """What is wrong with the decimal; empty where it is bounded."""
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        return _TOO_LARGE
    if value.adjusted() < -_MOST_DIGITS:
        return f"is too small: its first digit is more than {_MOST_DIGITS} places after the point"
    if len(value.as_tuple().digits) > _MOST_DIGITS:
        return f"is too precise: it has more than {_MOST_DIGITS} digits"
    return ""


def finite(text: str) -> float:
    """The float of a JSON number. Raises ValueError for a number like 1e400, which a float cannot hold."""
    value = float(text)
    if isinf(value):
        raise ValueError(f"{text!r} {_TOO_LARGE}")
    return value


def _fault_of_float(value: float) -> str:
    return _TOO_LARGE if isinf(value) else ""


def _none(_: object) -> str:
    return ""


_TOO_LARGE = "is too large"
_FAULTS: Mapping[type, Callable[[Any], str]] = {float: _fault_of_float, Decimal: _fault_of_decimal}
"""What is wrong with a value of each kind; empty where nothing is."""


class Misread(NamedTuple):
    """A value that a lenient parser accepted as a number or a flag: its place, and the description of a valid value."""

    place: tuple[str | int, ...]
    value: object
    expected: str


def misread(given: object, read: object, place: tuple[str | int, ...] = ()) -> Iterator[Misread]:
    """Each misread value of `given`; `read` is the parser's result for `given`, as dicts, lists and tuples."""
    expected = _EXPECTED.get(type(read))
    if expected is not None and not _KEEPS[type(read)](given):
        yield Misread(place, given, expected)
    members = dict(_members(read))
    for key, value in _members(given):
        if key in members:
            yield from misread(value, members[key], (*place, key))


def _members(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from cast("Mapping[str, object]", value).items()
    elif isinstance(value, list | tuple):
        yield from enumerate(cast("list[object]", value))


def _is_figure(given: object) -> bool:
    return is_number(given) if isinstance(given, str) else not isinstance(given, bool)


def _is_decimal(given: object) -> bool:
    return _is_figure(given) and is_bounded(Decimal(str(given)))


def _is_flag(given: object) -> bool:
    return given.lower() in _FLAGS if isinstance(given, str) else isinstance(given, bool)


_EXPECTED: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number in the digits 0 to 9",
    float: "a number in the digits 0 to 9",
    Decimal: "a number in the digits 0 to 9",
}
_KEEPS: Mapping[type, Callable[[object], bool]] = {
    bool: _is_flag,
    int: _is_figure,
    float: _is_figure,
    Decimal: _is_decimal,
}
