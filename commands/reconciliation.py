"""The commands of reconciliation: it begins and ends; a discrepancy is recorded and resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, islice, takewhile

from msgspec import Struct

from domain.errors import Refused
from domain.reconciliation import (
    Discrepancies,
    DiscrepancyEnded,
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
    ReconciliationEvent,
)
from domain.reconciliation.differences import BalanceDiffers, Difference, balance_here


class RecordDiscrepancy(Struct, frozen=True, gc=False):
    """Records that exchange and log differ about `subject`."""

    discrepancy_id: str
    subject: str
    found: str


@dataclass(frozen=True, slots=True)
class ResolveDiscrepancy:
    """Resolves the discrepancy; `resolution` states how.

    `transfer`, for a discrepancy of the balance, is the amount that was deposited (above zero) or withdrawn (below
    zero), in the account's currency: the balance of the log changes by it.

    `closed_at`, for a position that the exchange does not have, is the price (quote currency) at which it was closed
    outside: the log records that close. `fee` (the account's currency) is what it paid for it, a rebate below zero.
    """

    discrepancy_id: str
    resolution: str
    transfer: Decimal | None = None
    closed_at: Decimal | None = None
    fee: Decimal | None = None


class EndDiscrepancy(Struct, frozen=True, gc=False):
    """Records that exchange and log do not differ any more in what was resolved."""

    discrepancy_id: str


class BeginReconciliation(Struct, frozen=True, gc=False):
    """Denies new exposure until the log was compared with the exchange; `reason` is never empty."""

    reason: str


class EndReconciliation(Struct, frozen=True, gc=False):
    """The log was compared with the exchange; see `ReconciliationEnded`."""

    taken_in: int
    left: int


ReconciliationCommand = (
    RecordDiscrepancy | ResolveDiscrepancy | EndDiscrepancy | BeginReconciliation | EndReconciliation
)


def decide(command: ReconciliationCommand, state: Discrepancies) -> Sequence[ReconciliationEvent]:
    """The events that follow; none for a discrepancy that is already recorded, already resolved or already over, for a
    reconciliation that has begun already, and for the end of one that has not begun.

    Raises Refused for an unknown id, and for the end of an unresolved discrepancy.
    """
    match command:
        case RecordDiscrepancy():
            return _record(command, state)
        case ResolveDiscrepancy():
            return _resolve(command, state)
        case EndDiscrepancy():
            return _end(command.discrepancy_id, state)
        case BeginReconciliation():
            return [] if state.reconciling else [ReconciliationBegun(command.reason)]
        case EndReconciliation():
            return [ReconciliationEnded(command.taken_in, command.left)] if state.reconciling else []


def _record(command: RecordDiscrepancy, state: Discrepancies) -> Sequence[ReconciliationEvent]:
    if command.discrepancy_id in state.known:
        return []
    return [DiscrepancyFound(command.discrepancy_id, command.subject, command.found)]


def _resolve(command: ResolveDiscrepancy, state: Discrepancies) -> Sequence[ReconciliationEvent]:
    check_known(command.discrepancy_id, state)
    if command.discrepancy_id not in state.unresolved:
        return []
    return [DiscrepancyResolved(command.discrepancy_id, command.resolution)]


def _end(discrepancy_id: str, state: Discrepancies) -> Sequence[ReconciliationEvent]:
    if discrepancy_id not in state.known or discrepancy_id in state.unresolved:
        raise Refused(f"{discrepancy_id} is not resolved")
    return [] if discrepancy_id in state.over else [DiscrepancyEnded(discrepancy_id)]


def check_known(discrepancy_id: str, state: Discrepancies) -> None:
    """Raises Refused for an id that no discrepancy of the log has ever had."""
    if discrepancy_id not in state.known:
        raise Refused(f"no discrepancy has the id {discrepancy_id}: `whence reconcile` lists the ids")


def is_of_balance(discrepancy_id: str, currency: str) -> bool:
    """Whether the discrepancy is a difference of the balance in this currency."""
    return subject_of(discrepancy_id, BalanceDiffers) == currency


def subject_of(discrepancy_id: str, *kinds: type[Difference]) -> str | None:
    """The first value of the key of a difference of one of these kinds; None for another discrepancy."""
    source, _, rest = discrepancy_id.partition(":")
    name, _, key = rest.partition(":")
    if source != "difference" or all(kind.__name__ != name for kind in kinds):
        return None
    return key.partition(":")[0]


def excess_of(discrepancy_id: str) -> Decimal:
    """The amount of a difference of the balance, theirs less ours, in the currency of the account."""
    return Decimal(unnumbered(discrepancy_id).rpartition(":")[2])


def unnumbered(discrepancy_id: str) -> str:
    """The id without the number that it has where its difference came back."""
    return discrepancy_id.partition("#")[0]


def numbered(discrepancy_id: str) -> Iterator[str]:
    """The ids of a difference that is found once, and again after it was resolved and over."""
    yield discrepancy_id
    yield from (f"{discrepancy_id}#{number}" for number in count(2))


def is_of_earlier_balance(discrepancy_id: str, balance: Decimal, state: Discrepancies) -> bool:
    """Whether the unresolved discrepancy was found when the log's balance was another one than `balance`.

    Its amount may be over since: the log has taken in what it was about.
    """
    found = state.found.get(discrepancy_id)
    here = None if found is None else balance_here(found.found)
    return here is not None and here != balance


def renumbered(
    record: RecordDiscrepancy, state: Discrepancies, is_over: Callable[[str], bool]
) -> RecordDiscrepancy:
    """The record under the id of its latest one, or under the next number: where that is resolved and `is_over`, and
    where the same amount is missing from another balance than then.
    """
    own = record.discrepancy_id
    earlier = list(takewhile(state.known.__contains__, numbered(own)))
    if not earlier:
        return record
    latest, here = earlier[-1], balance_here(record.found)
    is_back = latest not in state.unresolved and is_over(latest)
    is_anew = here is not None and is_of_earlier_balance(latest, here, state)
    name = next(islice(numbered(own), len(earlier), None)) if is_back or is_anew else latest
    return RecordDiscrepancy(name, record.subject, record.found)


def recorded(difference: Difference) -> RecordDiscrepancy:
    """The command that records the difference. Its id is the same whenever the same difference is found again."""
    kind = type(difference).__name__
    return RecordDiscrepancy(
        f"difference:{kind}:{':'.join(difference.key)}", difference.subject, f"{kind}: {difference.found}"
    )
