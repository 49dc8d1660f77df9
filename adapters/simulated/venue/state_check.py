"""Whether a state that was read can be that of a venue: a file may have been edited or damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from types import NoneType
from typing import cast

from msgspec import Struct

from adapters.simulated.venue.fees import LEVELS
from adapters.simulated.venue.state import AccountState, MarketState, VenueState
from domain.arithmetic import ONE, ZERO
from domain.errors import InvalidInput

_MOST_DIGITS = 30
_LATEST = 10**14
_WITHOUT_PARTS = (str, int, float, NoneType)


def check_state(state: VenueState) -> None:
    """Raises InvalidInput, with the first fault that is found."""
    for fault in _faults(state):
        raise InvalidInput(f"not a state of a venue: {fault}")


def _faults(state: VenueState) -> Iterator[str]:
    keys = [one.key for one in state.accounts]
    if not keys or not all(keys) or len(set(keys)) < len(keys):
        yield "it needs accounts, each with a key of its own"
    if state.seq < 0 or not 0 <= state.at < _LATEST:
        yield "its sequence or time is out of bounds"
    if not all(one.is_finite() and one.adjusted() < _MOST_DIGITS for one in _numbers(state)):
        yield "it has a number without a value, or with too many digits"
    for account in state.accounts:
        yield from _faults_of_account(account)
    for market in state.markets:
        yield from _faults_of_market(market)


def _faults_of_account(account: AccountState) -> Iterator[str]:
    if account.level not in LEVELS:
        yield f"no level {account.level!r}"
    if any(min(one.qty, one.price, one.filled, one.value) < ZERO for one in account.orders):
        yield "an order has a quantity or price below 0"
    if any(min(one.price, one.qty) < ZERO for one in account.executions):
        yield "an execution has a quantity or price below 0"
    leverages = [*account.leverage.values(), *(one.leverage for one in account.positions)]
    if any(one < ONE for one in leverages):
        yield "a leverage is below 1"
    if any(not one.closed for one in account.closings):
        yield "a closing has no quantity"


def _faults_of_market(market: MarketState) -> Iterator[str]:
    prices = (market.last, market.mark, market.index)
    if any(one is not None and one <= ZERO for one in prices):
        yield f"a price of {market.symbol} is not above 0"


def _numbers(value: object) -> Iterator[Decimal]:
    """Every decimal number in a value, however deep."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Decimal):
            yield one
        elif not isinstance(one, _WITHOUT_PARTS):
            left.extend(_parts(one))


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).values()
    if isinstance(value, (list, tuple)):
        return cast("list[object]", value)
    if isinstance(value, Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    return [getattr(value, one.name) for one in fields(value)] if is_dataclass(value) else ()
