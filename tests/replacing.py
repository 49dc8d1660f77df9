"""Copies of dataclasses and Structs with changed fields."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from msgspec import Struct, structs

_T = TypeVar("_T")


def replace(value: _T, **changes: Any) -> _T:
    """A copy of the value with changed fields. Raises TypeError where a field does not exist."""
    if isinstance(value, Struct):
        return structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]
