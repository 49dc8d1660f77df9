"""A property that is computed when it is first read, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


class Filling:
    """Fills members of a class in that would be computed when they are first read."""

    __slots__ = ("_names",)

    def __init__(self, of: type, *names: str) -> None:
        """Raises TypeError for a name that is no member of this kind."""
        for name in names:
            if not isinstance(vars(of).get(name), once):
                raise TypeError(f"{of.__name__}.{name} is no member that is computed once")
        self._names = names

    def __call__(self, instance: object, values: Iterable[object]) -> None:
        """Takes the values in the order of the names. Raises ValueError for another number of values."""
        instance.__dict__.update(zip(self._names, values, strict=True))
