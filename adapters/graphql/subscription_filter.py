"""The filter of a subscription's events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import strawberry

from domain.errors import InvalidInput
from domain.events import FULL_NAMES, NOUNS
from domain.log import Recorded
from domain.streams import parse

Wanted = Callable[[Recorded], bool]


@strawberry.input(description="Only events that meet every given condition.")
class EventsFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    nouns: list[str] | None = strawberry.field(
        default=None, description=f"Of streams of one of these: {', '.join(NOUNS)}."
    )
    types: list[str] | None = strawberry.field(
        default=None, description="Of one of these types, like `OrderFilled` or `whence.order.OrderFilled`."
    )
    stream: str | None = strawberry.field(default=None, description="Of this stream.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")

    def wanted(self) -> Wanted:
        """The condition that an event must meet. Raises InvalidInput for an unknown noun or type."""
        if self.stream is not None:
            parse(self.stream)
        tests = [
            _one_of(self.nouns, NOUNS, "noun", lambda recorded: parse(recorded.envelope.meta.stream).noun),
            _one_of(
                _short(self.types), _TYPES, "type", lambda recorded: type(recorded.envelope.event).__name__
            ),
            _same(self.account, lambda recorded: recorded.envelope.meta.account),
            _same(self.stream, lambda recorded: recorded.envelope.meta.stream),
            _same(self.chain, lambda recorded: recorded.envelope.meta.correlation_id),
        ]
        held = [test for test in tests if test is not None]
        return lambda recorded: all(test(recorded) for test in held)


_TYPES = {event.__name__: name for event, name in FULL_NAMES.items()}


def of_account(account: str | None) -> Wanted:
    """The condition that an event belongs to the account; every event meets it where `account` is None."""
    return EventsFilter(account=account).wanted()


def _short(types: Sequence[str] | None) -> Sequence[str] | None:
    """The short names of types that are given by their full or short names; unknown names are returned unchanged."""
    if types is None:
        return None
    full = {name: short for short, name in _TYPES.items()}
    return [full.get(name, name) for name in types]


def _one_of(
    names: Sequence[str] | None, known: Collection[str], what: str, value_of: Callable[[Recorded], str]
) -> Wanted | None:
    if names is None:
        return None
    there = set(known)
    if unknown := set(names) - there:
        raise InvalidInput(f"there is no {what} {min(unknown)!r}; there are: {', '.join(sorted(there))}")
    wanted = frozenset(names)
    return lambda recorded: value_of(recorded) in wanted


def _same(wanted: str | None, value_of: Callable[[Recorded], str]) -> Wanted | None:
    return None if wanted is None else lambda recorded: value_of(recorded) == wanted
