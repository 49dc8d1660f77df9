"""The statement of an account: how the opening balance of a period became its closing balance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from domain.account import AccountOpened, BalanceChanged, BalanceReason
from domain.arithmetic import EXACT, ZERO, total
from domain.events import Event
from domain.position import (
    PositionClosed,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)


class Booked(NamedTuple):
    """What one event of a position books, in the account's currency: the realised profit before fees, and the fee
    (negative is a rebate)."""

    realised: Decimal = ZERO
    fee: Decimal = ZERO


_BOOKED: Mapping[type, Callable[[Any], Booked]] = {
    PositionOpened: lambda event: Booked(fee=event.fee),
    PositionIncreased: lambda event: Booked(fee=event.fee),
    PositionReduced: lambda event: Booked(event.realised, event.fee),
    PositionClosed: lambda event: Booked(event.realised, event.fee),
}


@dataclass(slots=True)
class Statement:
    """Sums over the events of a period, in the account's currency.

    `opening` is the balance before the period, `starting` the balance that the account was opened with in it. `fees`
    and `withdrawals` are positive where money left the account. `funding` is what changed the balance, because funding
    that is found after its position has closed is no event of a position (`commands/settlements.py`). `changed` is the
    sum of the recorded changes of the balance by fills and funding; `closing` is the recorded balance after the period.
    """

    opening: Decimal = ZERO
    starting: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    changed: Decimal = ZERO
    closing: Decimal = ZERO

    def fold(self, event: Event) -> None:
        """Adds one event; events that book nothing change nothing."""
        if isinstance(event, AccountOpened):
            self.starting = self.closing = event.balance
        elif isinstance(event, BalanceChanged):
            self._balance(event)
        elif (book := _BOOKED.get(type(event))) is not None:
            booked = book(event)
            self.realised = EXACT.add(self.realised, booked.realised)
            self.fees = EXACT.add(self.fees, booked.fee)

    def _balance(self, event: BalanceChanged) -> None:
        self.closing = event.balance
        if event.reason is not BalanceReason.TRANSFER:
            self.changed = EXACT.add(self.changed, event.amount)
            if event.reason is BalanceReason.FUNDING:
                self.funding = EXACT.add(self.funding, event.amount)
        elif event.amount > 0:
            self.deposits = EXACT.add(self.deposits, event.amount)
        else:
            self.withdrawals = EXACT.subtract(self.withdrawals, event.amount)

    @property
    def other(self) -> Decimal:
        """Changes of the balance by fills that no event of a position books; 0 in every log of this version."""
        return EXACT.subtract(self.changed, total((self.realised, EXACT.minus(self.fees), self.funding)))

    @property
    def difference(self) -> Decimal:
        """The recorded closing balance less the sum of the other lines; 0 where the statement adds up."""
        return EXACT.subtract(self.closing, total(amount for _, amount in self.lines()))

    @property
    def net(self) -> Decimal:
        """The result of the period: realised profit, less fees, plus funding."""
        return self.changed

    def lines(self) -> Iterator[tuple[str, Decimal]]:
        """The lines that add up to the closing balance, each with its sign."""
        yield "opening balance", self.opening
        if self.starting:
            yield "starting balance of the account", self.starting
        yield "deposits", self.deposits
        yield "withdrawals", EXACT.minus(self.withdrawals)
        yield "realised profit", self.realised
        yield "fees", EXACT.minus(self.fees)
        yield "funding", self.funding
        if self.other:
            yield "changes without a position", self.other

    def as_json(self) -> Mapping[str, str]:
        """The amounts by name, as text."""
        names = (
            "opening",
            "starting",
            "deposits",
            "withdrawals",
            "realised",
            "fees",
            "funding",
            "other",
            "closing",
            "difference",
            "net",
        )
        return {name: format(getattr(self, name), "f") for name in names}
