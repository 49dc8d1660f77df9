"""The view of a reversal's entry before the opposed position is closed: as after a close at the worst price."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from domain import account
from domain.account import Account
from domain.arithmetic import EXACT, ZERO
from domain.committees.case import Case
from domain.committees.view import View
from domain.portfolio import OpenPosition, Portfolio, altered
from domain.position import net_at, notional, realised_profit
from domain.settings import OnOpposite
from domain.strategies import Intent


def is_reversal(case: Case) -> bool:
    """Whether the signal opens a position of its own after the close, by `on_opposite`.

    Only an entry that takes out an open position does; a waiting entry is cancelled, and nothing follows.
    """
    view = case.view
    return (
        view.settings.settings.on_opposite is OnOpposite.REVERSE
        and case.signal.intent is Intent.ENTER
        and case.signal.grid is None
        and view.instrument is not None
        and case.taken_out.held is not None
    )


def after_close(case: Case, held: OpenPosition) -> View:
    """The view without the position `held` and the entries that the signal takes out.

    The balance is less by the loss of a close at the position's stop or at the signal's price, whichever is worse, and
    by its fee. Funds that waiting entries reserve stay reserved. A close at the signal's price that would lose begins
    the cooldown of the instrument.
    """
    view, price = case.view, case.signal.price
    fee = EXACT.multiply(view.listed.taker_fee, notional(held.state.quantity, price))
    levels = (price,) if held.state.stop is None else (price, held.state.stop)
    worst = min(_profit(held, level) for level in levels)
    balance = EXACT.add(view.account.balance, min(EXACT.subtract(worst, fee), ZERO))
    portfolio = altered(
        _without(view.portfolio, case, held),
        account_state=account.with_balance(view.account, balance=balance),
    )
    if net_at(held.state, price, fee) < 0:
        portfolio = altered(portfolio, lost_at={**portfolio.lost_at, held.state.instrument: view.now})
    return _with(view, portfolio=portfolio)


def with_balance(view: View, balance: Decimal) -> View:
    """The view with this balance, in the account's currency; the close's profit is settled after it was recorded."""
    state: Account = account.with_balance(view.account, balance=balance)
    return _with(view, portfolio=altered(view.portfolio, account_state=state))


def _without(portfolio: Portfolio, case: Case, held: OpenPosition) -> Portfolio:
    waiting, name = case.taken_out.waiting, held.state.instrument
    return altered(
        portfolio,
        positions={key: one for key, one in portfolio.positions.items() if key != name},
        entries={key: one for key, one in portfolio.entries.items() if key not in waiting},
    )


def _profit(held: OpenPosition, price: Decimal) -> Decimal:
    state = held.state
    return realised_profit(state.direction, notional(state.quantity, price), state.cost)


def _with(view: View, *, portfolio: Portfolio) -> View:
    return replace(view, portfolio=portfolio)
