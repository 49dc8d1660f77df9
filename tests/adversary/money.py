"""What an account must have by the executions of its log alone, and by those that its exchange kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.simulated.venue.execution import ExecType, Execution
from domain.account import AccountOpened, BalanceChanged, BalanceReason
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Side
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.streams import parse


@dataclass(frozen=True)
class Flows:
    """What was paid and received, in quote currency, and what is held of it, in base currency by instrument.

    `received` is negative where more was bought than sold; `fees` are negative for rebates, `funding` is negative where
    the account paid.
    """

    opening: Decimal
    received: Decimal
    fees: Decimal
    funding: Decimal
    held: Decimal

    @property
    def balance(self) -> Decimal:
        """What is left of the opening balance while nothing is held: opening + received - fees + funding."""
        assert self.held == ZERO, f"{self.held} is held: the balance does not follow from what was paid"
        return total((self.opening, self.received, -self.fees, self.funding))


def of_log(events: Sequence[Envelope]) -> Flows:
    """Summed over the fills; the read models and the states of the log have no part in it."""
    sides = {
        parse(one.meta.stream).id: one.event.side for one in events if isinstance(one.event, OrderPlaced)
    }
    fills = [
        (sides[parse(one.meta.stream).id], one.event) for one in events if isinstance(one.event, OrderFilled)
    ]
    (opened,) = [one.event for one in events if isinstance(one.event, AccountOpened)]
    changes = [one.event for one in events if isinstance(one.event, BalanceChanged)]
    assert not [one for one in changes if one.reason is BalanceReason.TRANSFER], "money was transferred"
    return Flows(
        opening=opened.balance,
        received=_received((side, one.price, one.quantity) for side, one in fills),
        fees=total(one.fee for _side, one in fills),
        funding=total(one.amount for one in changes if one.reason is BalanceReason.FUNDING),
        held=total(_signed(side, -one.quantity) for side, one in fills),
    )


def of_exchange(executions: Iterable[Execution], opening: Decimal) -> Flows:
    """Summed over the executions that the exchange kept: its trades, and its settlements of funding."""
    kept = list(executions)
    trades = [one for one in kept if one.type == ExecType.TRADE]
    return Flows(
        opening=opening,
        received=_received((_SIDES[one.side], one.price, one.qty) for one in trades),
        fees=total(one.fee for one in trades),
        funding=total(-one.fee for one in kept if one.type == ExecType.FUNDING),
        held=total(_signed(_SIDES[one.side], -one.qty) for one in trades),
    )


_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}


def _received(trades: Iterable[tuple[Side, Decimal, Decimal]]) -> Decimal:
    return total(_signed(side, EXACT.multiply(price, quantity)) for side, price, quantity in trades)


def _signed(side: Side, amount: Decimal) -> Decimal:
    return amount if side is Side.SELL else EXACT.minus(amount)
