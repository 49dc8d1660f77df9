"""What an account begins with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from commands.account import OpenAccount
from domain.arithmetic import EXACT


@dataclass(frozen=True, slots=True)
class Stake:
    """A balance in `currency`, and how many times its margin a position may be."""

    currency: str
    balance: Decimal
    leverage: Decimal

    def opening(self) -> OpenAccount:
        """The command that opens the account with it."""
        return OpenAccount(self.currency, self.balance, self.leverage)


def plain(amount: Decimal) -> Decimal:
    """5.0 and 5 are one leverage, and lead to one log."""
    return Decimal(format(amount.normalize(EXACT), "f"))
