"""What a log adds up to, for a comparison: balances and open orders, folded from the events, and read from a store."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Engine, select

from adapters.log.recorder_log import RecordedLog
from adapters.notary.leaves import check_next, leaf_of
from commands.world import World
from domain.account import Account
from domain.errors import LogCorrupt
from domain.notary.merkle import CompactRange
from domain.order import Working
from domain.streams import parse
from projections.bookkeeping import BuildKind
from projections.builds import kept_up, tables_of
from projections.catalogue import PROJECTIONS
from projections.store import reading


class OpenOrder(NamedTuple):
    """An order that has not ended; quantities are in base currency."""

    instrument: str
    side: str
    status: str
    quantity: Decimal
    filled: Decimal


class Standing(NamedTuple):
    """Balances by account, in its currency, and open orders by account and id."""

    balances: Mapping[str, Decimal]
    orders: Mapping[str, OpenOrder]


def tree_of(log: RecordedLog, events: int) -> CompactRange:
    """The notary's tree over the first events of the log. Raises LogCorrupt where one is missing."""
    tree = CompactRange()
    for row in log.placed(0, events):
        check_next(tree.size, row[0])
        tree.append(leaf_of(row).hash)
    check_next(tree.size, events + 1)
    return tree


def folded(log: RecordedLog, events: int) -> Standing:
    """The standing after the first events of the log, as the engine folds them."""
    world = World()
    for recorded in log.read(0, events):
        world.fold(recorded.envelope)
    balances = dict[str, Decimal]()
    orders = dict[str, OpenOrder]()
    for stream, state in world.states.items():
        place = parse(stream)
        match state:
            case Account():
                balances[place.account] = state.balance
            case Working():
                terms = state.terms
                orders[f"{place.account} {place.id}"] = OpenOrder(
                    terms.instrument, terms.side.value, state.status.value, terms.quantity, state.filled
                )
            case _:
                pass
    return Standing(balances, orders)


def projected(engine: Engine) -> Standing:
    """The standing in the read models of a store that one log alone has filled."""
    builds = {one.projection: one for one in kept_up(engine, PROJECTIONS.values(), BuildKind.TODAY)}
    accounts = tables_of(PROJECTIONS["accounts"], builds["accounts"])["accounts"]
    orders = tables_of(PROJECTIONS["orders"], builds["orders"])["orders"]
    of_orders = select(orders).where(orders.c.closed_at.is_(None))
    with reading(engine) as connection:
        balances = {row["account"]: row["balance"] for row in connection.execute(select(accounts)).mappings()}
        found = {
            f"{row['account']} {row['id']}": OpenOrder(
                row["instrument"], row["side"], row["status"], row["quantity"], row["filled"]
            )
            for row in connection.execute(of_orders).mappings()
        }
    return Standing(balances, found)


def check_equal(where: str, original: Standing, restored: Standing) -> None:
    """Raises LogCorrupt, which names `where` and the first difference, where a balance or an open order differs."""
    pairs = (("balances", original.balances, restored.balances), ("orders", original.orders, restored.orders))
    for what, ours, theirs in pairs:
        names = sorted(one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one))
        if names:
            first = names[0]
            raise LogCorrupt(
                f"{where}: {what} differ, first of {first}: {ours.get(first)} in the log, {theirs.get(first)} in the "
                f"read models of the restored log; {len(names)} in all"
            )
