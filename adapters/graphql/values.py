"""The size of an operation's variables, checked before they are converted to the types of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

_LIST = 200
_TEXT = 10_000
_NUMBER = 2**64
_DEEPEST = 20


def value_faults(variables: Mapping[str, Any], most: int) -> list[str]:
    """The fault of the first variable that is too large; empty where none is.

    At most `most` values are allowed together, 200 entries in a list, 10,000 characters in a text, and no whole number
    beyond 64 bits.
    """
    left = most
    for name, value in variables.items():
        for one in _within(value, 0):
            left -= 1
            if left < 0:
                return [f"the variables have more than {most} values"]
            if fault := _fault(one):
                return [f"the variable ${name[:80]} {fault}"]
    return []


def _within(value: object, depth: int) -> Iterator[object]:
    yield value if depth <= _DEEPEST else _TooDeep
    if isinstance(value, dict):
        for one in cast("dict[str, object]", value).values():
            yield from _within(one, depth + 1)
    elif isinstance(value, list) and len(cast("list[object]", value)) <= _LIST:
        for one in cast("list[object]", value):
            yield from _within(one, depth + 1)


class _TooDeep:
    """Stands for a value that is nested too deeply."""


def _fault(value: object) -> str:
    match value:
        case str() if len(value) > _TEXT:
            return f"has a text of {len(value):,} characters; {_TEXT:,} are allowed"
        case list() if len(cast("list[object]", value)) > _LIST:
            return f"has a list of {len(cast('list[object]', value)):,} entries; {_LIST} are allowed"
        case int() if abs(value) > _NUMBER:
            return "has a number of more than 64 bits"
        case type():
            return f"is nested more than {_DEEPEST} levels deep"
        case _:
            return ""
