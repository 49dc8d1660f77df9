"""The stake of an account: currency, starting balance, leverage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from commands.account import OpenAccount
from domain.arithmetic import EXACT


@dataclass(frozen=True, slots=True)
class Stake:
    """`balance` is in `currency`; `leverage` is the largest ratio of a position's value to its margin."""

    currency: str
    balance: Decimal
    leverage: Decimal

    def opening(self) -> OpenAccount:
        """The command that opens an account with this stake."""
        return OpenAccount(self.currency, self.balance, self.leverage)


def plain(amount: Decimal) -> Decimal:
    """Removes trailing zeros, so that 5.0 and 5 lead to the same log id."""
    return Decimal(format(amount.normalize(EXACT), "f"))
