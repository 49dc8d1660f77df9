"""Drafts: what a frozen, slotted dataclass is built from quickly.

A frozen dataclass's own `__init__` goes through `object.__setattr__` once a field: 460 ns for the six of a fill.
A draft has the same slots and no such lock; filled by plain assignment, it then becomes an instance of the frozen
class: 130 ns. Python allows that because the two are laid out alike, and refuses it with a TypeError otherwise.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from adapters.avro.shape import names_of


@cache
def draft_of(owner: type) -> type[Any]:
    """An empty class with the slots of `owner`; set every slot, then `__class__`."""
    return type(f"Draft{owner.__name__}", (), {"__slots__": names_of(owner)})
