"""Which stops and targets have nothing left to protect: a pure rule.

A stop and a target are orders of their own at the exchange, which does not know that they belong together. One that
outlives its position would close a part of the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from domain.direction import Purpose
from domain.order import OrderPlaced


class Orders(Protocol):
    """What is known of orders by our id."""

    def is_open(self, order_id: str) -> bool:
        """Whether the order may still change; True for one that was never seen."""
        ...

    def filled(self, order_id: str) -> bool | None:
        """Whether the order was filled at least in part; None for one that was never seen."""
        ...


def surplus(
    families: Mapping[str, Mapping[Purpose, str]],
    terms: Mapping[str, OrderPlaced],
    orders: Orders,
    unsent: frozenset[str],
    flat: frozenset[str],
) -> Iterator[str]:
    """Our ids of the stops and targets to cancel.

    `families` holds stop and target by the id of their entry, `unsent` the entries that were refused or not sent, and
    `flat` the instruments in which an order that belongs to no family has just closed the position. `terms` has every
    order that may still change; an entry that is not among them ended in an earlier process.
    """
    for entry, legs in families.items():
        standing = [leg for leg in legs.values() if orders.is_open(leg)]
        if standing and (
            (entry in unsent and not orders.filled(entry))
            or _is_over(entry, orders)
            or any(orders.filled(leg) and not orders.is_open(leg) for leg in legs.values())
            or (terms[standing[0]].instrument in flat and _has_ended(entry, terms, orders))
        ):
            yield from standing


def _has_ended(entry: str, terms: Mapping[str, OrderPlaced], orders: Orders) -> bool:
    """Whether no fill of the entry can follow any more. One that was not seen yet may have been sent a moment ago."""
    return entry not in terms or bool(orders.filled(entry) and not orders.is_open(entry))


def _is_over(entry: str, orders: Orders) -> bool:
    """Whether the entry ended without a fill."""
    return not orders.is_open(entry) and orders.filled(entry) is False
