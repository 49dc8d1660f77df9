"""What every reader of foreign JSON refuses: a name twice in one object, and constants that are no JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

_SHOWN = 40


class NamedTwice(ValueError):
    """A name stands twice in one object, so it is uncertain which value is meant."""


def named_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object with these members, for `object_pairs_hook`. Raises NamedTwice, which states the name."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NamedTwice(f"the name {twice[:_SHOWN]!r} stands twice in one object")
    return found


def no_constant(name: str) -> NoReturn:
    """For `parse_constant`: raises ValueError, because NaN and Infinity are no JSON (RFC 8259)."""
    raise ValueError(f"{name} is no JSON number")
