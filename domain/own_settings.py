"""Settings that one strategy instance has of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

_Group = TypeVar("_Group", bound=Any)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSettings:
    """A group of settings that one instance has otherwise than all; a field that is None has the setting of all."""

    @property
    def given(self) -> Mapping[str, Any]:
        """The instance's own settings by name."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


def with_own(group: _Group, own: OwnSettings | None) -> _Group:
    """The settings of all instances, with what one instance has of its own in their place; None has nothing."""
    return group if own is None else replace(group, **own.given)
