"""The log of a soak against what the exchange itself has: each order and execution once, equal positions and money."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.execution import ExecType, Execution
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.position import Position
from commands.world import World
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.venue import VenueOptions, venue_of
from tests.soak.market import PAST
from tests.torture.verdicts import Wrong, wrongs


class Records(NamedTuple):
    """An account of the exchange, as `tests.torture.verdicts` reads it."""

    account: Account

    def held(self) -> Mapping[str, Position]:
        return {one.contract.symbol: one for one in self.account.held()}

    def orders(self) -> Sequence[Order]:
        return [*self.account.ended.values(), *self.account.orders.values()]

    def executions(self) -> Sequence[Execution]:
        return [one for one in self.account.executions if one.type == ExecType.TRADE]

    def balance(self) -> Decimal:
        return self.account.wallet.balance


class Nobody(NamedTuple):
    """Nobody traded by hand."""

    placed: Collection[str] = ()
    cancelled: Collection[str] = ()


class Money(NamedTuple):
    """What was compared, and what is wrong."""

    orders: int
    executions: int
    balance: Decimal
    wrongs: Sequence[Wrong]


def money(log: Path, state: Path, market: Path) -> Money:
    """Judges the log by the state of the exchange, whose recordings are in the folder `market`."""
    files = tuple(sorted(market.iterdir()))
    account = venue_of(VenueOptions(files=files, past=PAST, state=state)).account
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{log}"))) as reader:
        events = [one.envelope for one in reader.read()]
    records = Records(account)
    found = list(wrongs(events, World().fold_all(events), records, [], Nobody()))
    return Money(len(records.orders()), len(records.executions()), records.balance(), found)
