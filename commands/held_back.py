"""While the kill switch is tripped no entry works: one that works all the same is withdrawn at the next input.

A trip withdraws every working entry at once (`commands/processes/withdrawing.py`). An entry works after that only if an
earlier version recorded the trip, if the exchange refused its cancel, or if its unknown outcome was found out later.
"""

from __future__ import annotations

from commands.inputs import MarketMoved, Tick
from commands.order import CancelOrder
from commands.processes.withdrawing import KILL_SWITCH
from commands.stimulus import Stimulus, asks_of_engine
from domain.account import Account
from domain.order import OrderStatus
from domain.portfolio import Portfolio

_LEFT_ALONE = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.OUTCOME_UNKNOWN, OrderStatus.FILLED})
"""A cancel is under way, or cannot be of use before the outcome is known."""


def holds_back(portfolio: Portfolio) -> bool:
    """Whether entries wait although the kill switch is tripped."""
    account = portfolio.account_state
    return bool(portfolio.entries) and isinstance(account, Account) and bool(account.tripped)


def withdrawals(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The cancels of entries that work while the switch is tripped; None if there are none."""
    if not holds_back(portfolio):
        return None
    waiting = [
        CancelOrder(order_id, KILL_SWITCH)
        for order_id, entry in portfolio.entries.items()
        if entry.order.status not in _LEFT_ALONE
    ]
    return Stimulus(given.at, asks_of_engine(waiting, given.at)) if waiting else None
