"""Texts from outside: which characters every log and every store can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

_DEPTH = 64
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the text has neither NUL, which PostgreSQL refuses, nor a lone surrogate, which UTF-8 cannot encode."""
    return _UNSTORABLE.search(text) is None


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, the names in its objects included.

    Raises ValueError where objects and lists are nested more than 64 levels deep.
    """
    level = [value]
    for _ in range(_DEPTH):
        yield from (one for one in level if isinstance(one, str))
        level = [below for one in level for below in _below(one)]
        if not level:
            return
    raise ValueError(f"it is nested too deeply: {_DEPTH} levels are allowed")


def _below(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        return [*named.keys(), *named.values()]
    return cast("list[object]", value) if isinstance(value, list) else ()
