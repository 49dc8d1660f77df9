"""The account's money, shared by every instrument it trades."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from domain.arithmetic import EXACT


class Wallet:
    """`balance` moves by realised profit, fees and funding only; `leverage` is that of every position."""

    def __init__(self, balance: Decimal, leverage: Decimal) -> None:
        self.balance = balance
        self.leverage = leverage
        self._claims: list[Callable[[], Decimal]] = []

    @property
    def available(self) -> Decimal:
        """The balance less what positions and resting orders keep of it, in quote currency."""
        left = self.balance
        for claim in self._claims:
            left = EXACT.subtract(left, claim())
        return left

    def add(self, amount: Decimal) -> None:
        self.balance = EXACT.add(self.balance, amount)

    def keep(self, claim: Callable[[], Decimal]) -> None:
        """From now on `claim()` says how much of the balance somebody keeps."""
        self._claims.append(claim)
