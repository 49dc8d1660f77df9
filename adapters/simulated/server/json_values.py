"""Values of decoded JSON whose type is not known yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a text that is no JSON, no UTF-8, or nested too deeply."""

EMPTY: Mapping[str, object] = {}


def object_of(value: object) -> Mapping[str, object] | None:
    """The value where it is an object."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def list_of(value: object) -> Sequence[object] | None:
    """The value where it is a list."""
    return cast("list[object]", value) if isinstance(value, list) else None


def orders_in(params: Mapping[str, object]) -> int:
    """The number of orders in a request: those of a batch, else one; it is what rate limits count."""
    return max(1, len(list_of(params.get("request")) or ()))
