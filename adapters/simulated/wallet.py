"""The account's money, which all traded instruments share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from domain.arithmetic import EXACT


class Wallet:
    """`balance` changes by realised profit, fees and funding only."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self._claims: list[Callable[[], Decimal]] = []

    @property
    def available(self) -> Decimal:
        """The balance less the reservations of positions and resting orders, in quote currency."""
        left = self.balance
        for claim in self._claims:
            left = EXACT.subtract(left, claim())
        return left

    def add(self, amount: Decimal) -> None:
        self.balance = EXACT.add(self.balance, amount)

    def keep(self, claim: Callable[[], Decimal]) -> None:
        """Registers a reservation: `claim()` returns the reserved part of the balance."""
        self._claims.append(claim)
