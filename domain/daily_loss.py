"""The loss of a trading day, and its limit."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.account import Account
from domain.arithmetic import EXACT


class DailyLoss(Struct, frozen=True, gc=False):
    """The realised loss of the day so far, fees and funding included (negative: a profit), and the limit, in currency.

    The unrealised loss of open positions is not counted: `risk.max_total_risk` bounds it.
    """

    loss: Decimal
    limit: Decimal

    @property
    def is_reached(self) -> bool:
        """Whether the day has lost its limit; a day without a loss has not, also where the limit is 0."""
        return self.loss > 0 and self.loss >= self.limit


def loss_of_day(account: Account, fraction: Decimal) -> DailyLoss:
    """The loss since the day began; its limit is `fraction` (0 to 1) of the balance that the day began with.

    An account whose first day has not begun has lost nothing, because there is no balance to compare with.
    """
    loss = EXACT.subtract(account.day_balance, account.balance)
    return DailyLoss(loss, EXACT.multiply(account.day_balance, fraction))
