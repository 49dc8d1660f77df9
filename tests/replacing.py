"""Values with some of their fields changed, whether a dataclass or a Struct."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from msgspec import Struct, structs

_T = TypeVar("_T")


def replace(value: _T, **changes: Any) -> _T:
    """A copy of the value with these fields; raises TypeError for a name it does not have."""
    if isinstance(value, Struct):
        return structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]
