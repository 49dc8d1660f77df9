"""A property that is computed when it is first read, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801  # a decorator, as `property`
    """As `functools.cached_property`, without its lock: a row is computed by one thread, and reads thirty of them."""

    __slots__ = ("_name", "_of")

    def __init__(self, of: Callable[[Any], T]) -> None:
        self._of, self._name = of, of.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._of(instance)
        return found
