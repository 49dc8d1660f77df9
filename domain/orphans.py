"""Orphans: positions and entries of strategy instances that are no longer configured."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.portfolio import OpenPosition, Portfolio, WorkingEntry
from domain.settings import Settings


class Orphans(Struct, frozen=True, gc=False):
    """Open positions, and waiting entries by order id, that no configured strategy would ever close or cancel."""

    positions: tuple[OpenPosition, ...]
    entries: Mapping[str, WorkingEntry]


def orphans(portfolio: Portfolio, settings: Settings) -> Orphans:
    """The orphans of the account under these settings.

    A person or a scanner is never a configured strategy; their positions and entries are never orphans.
    """
    gone = portfolio.configured.difference(settings.instances)
    return Orphans(
        tuple(held for held in portfolio.positions.values() if held.owner in gone),
        {order_id: entry for order_id, entry in portfolio.entries.items() if entry.owner in gone},
    )
