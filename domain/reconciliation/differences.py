"""Every kind of difference between our statement and the venue's, and the consequence of each kind for money.

`subject` names the order, the instrument or the currency that differs. `key` identifies the difference when it is found
again, so it has no figures that change while the difference stays the same. `found` is one sentence for people. The
docstring of each kind states its remedy: the report that the engine takes in, or the action of a person.
"""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.direction import Side
from domain.instrument import Instrument
from domain.order import OrderStatus
from domain.reconciliation.statement import StatedExecution, StatedOrder, StatedPosition
from domain.venue import Execution


class Difference(Struct, frozen=True, gc=False, kw_only=True):
    """The fields that all differences have."""

    subject: str

    @property
    def key(self) -> tuple[str, ...]:
        """The values that identify the difference among those of its kind."""
        return (self.subject,)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        raise NotImplementedError


class OrderUnknownToUs(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has an open order that no event of ours placed. It may add exposure outside every decision and limit.

    Remedy: none is automatic. A person cancels the order at the venue, or finds the other program that trades on this
    account.
    """

    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        order = self.theirs
        return f"the exchange works an unknown order: {order.side} {order.quantity} {order.instrument}"


class OrderOfAnotherLog(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has an open order of an engine with another log (see `domain/order_id.py`). Two engines trade on this
    account, and neither counts the other's exposure. Remedy: none is automatic. A person stops one of the engines, or
    gives it another account, and cancels its orders at the venue.
    """

    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        order = self.theirs
        return (
            f"the exchange works an order of another log: {order.side} {order.quantity} {order.instrument}; "
            "another engine trades on this account"
        )


class OrderUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """An order is open here and the venue has no order with its id. Its funds are reserved for nothing, or it is an
    exit that does not exist.

    Remedy: the report Rejected. The venue has never reported the order, and a query by its id finds nothing after the
    time in which a request may still arrive. An accepted order is an AcceptedOrderNotFound.
    """

    ours: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """The order and our status: the same order, found again with another status, is a new difference."""
        return (self.subject, self.ours.status)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the exchange has no order of this id, which is {self.ours.status.lower()} here"


class AcceptedOrderNotFound(Difference, frozen=True, gc=False, kw_only=True):
    """An order is open here, the venue has accepted it, and no query of the venue finds it. That proves neither its end
    nor its rejection: the venue's lists may fail, and an order that ended is in them for some time. It may still fill.

    Remedy: none at once. The venue shows the order or its end again, or the order is given up after a long time
    (`commands/unseen_orders.py`), or a person gives it up. This difference replaces OrderUnknownToThem and
    ProtectiveStopMissing of an accepted order.
    """

    ours: StatedOrder

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        order = self.ours
        return (
            f"the exchange accepted {_kind(order)} for {_terms(order)} and does not state it in any list; "
            f"it is {order.status.lower()} here"
        )


class WaitingLegEnded(Difference, frozen=True, gc=False, kw_only=True):
    """A stop or target waited at the venue as a part of its entry. The entry has ended, the venue states no order of
    its own for this leg, and neither side has a position that it could reduce. So the venue made none, or has ended it
    with its position. Remedy: a report of its end.

    This difference replaces AcceptedOrderNotFound of such a leg. One cause is an entry whose executions only closed an
    opposite position at the venue, which a person had opened: the venue then makes no leg.
    """

    ours: StatedOrder

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"{_kind(self.ours)} waited with its entry, which has ended without a position for it"


class ProtectiveStopMissing(Difference, frozen=True, gc=False, kw_only=True):
    """A stop that protects an open position in our log has ended at the venue, or has never arrived there. The loss of
    this position is not bounded. Remedy: a report of the stop's end; then the position needs a new stop at once.

    This difference replaces OrderUnknownToThem or StatusDiffers of the same order. `theirs` is None if the venue has no
    such order.
    """

    instrument: str
    ours: StatedOrder
    theirs: StatedOrder | None

    @property
    def key(self) -> tuple[str, ...]:
        """The order and the instrument that it protects."""
        return (self.subject, self.instrument)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        there = "has no such order" if self.theirs is None else f"has {self.theirs.status.lower()} it"
        return (
            f"the stop at {self.ours.trigger_price} protects {self.instrument} here, and the exchange {there}"
        )


class OrderMistaken(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has another order under our id: another instrument, side, type or reduce-only flag. No decision covers
    its fills. Remedy: none is automatic. A person cancels the order at the venue.
    """

    ours: StatedOrder
    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the exchange has {_kind(self.theirs)} under this id, which is {_kind(self.ours)} here"


class StatusDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The order has another status at the venue. If it has ended there and is open here, its funds and exposure are
    counted although it cannot fill. If it is open there and has ended here, it may fill although its exposure is not
    counted. Remedy: a report of the venue's status, except for an order that has ended here (a person cancels it at the
    venue) or is filled there (its executions are reported).
    """

    ours: OrderStatus
    theirs: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """The order and both statuses."""
        return (self.subject, self.ours, self.theirs.status)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the order is {self.ours.lower()} here and {self.theirs.status.lower()} at the exchange"


class FilledDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The filled quantity at the venue is not the sum of our executions; position and balance are wrong by the
    difference. Remedy: the missing executions, by a query for an earlier time if necessary.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def key(self) -> tuple[str, ...]:
        """The order and both filled quantities."""
        return (self.subject, _plain(self.ours), _plain(self.theirs))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"{self.ours} is filled here and {self.theirs} at the exchange"


class TermsDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """An order is open at the venue with another quantity or price; its risk was judged on other terms than these.
    Remedy: the report Amended, with the venue's terms.
    """

    ours: StatedOrder
    theirs: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """The order and its terms on both sides."""
        return (self.subject, _terms(self.ours), _terms(self.theirs))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the order is for {_terms(self.ours)} here and for {_terms(self.theirs)} at the exchange"


class OrderAmendedOutside(Difference, frozen=True, gc=False, kw_only=True):
    """Somebody else has given an order of ours other terms at the venue; its risk was judged on ours. `ours` and
    `theirs` state the terms that differ, by name, as `quantity`, `limit` or `trigger`.

    Remedy: the terms are recorded as they are, because the order trades by them. A stop that was moved to a worse price
    is moved back; a person judges the rest (`commands/outside_amendments.py`).
    """

    ours: tuple[tuple[str, Decimal], ...]
    theirs: tuple[tuple[str, Decimal], ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The order and the venue's terms that differ."""
        return (self.subject, *(f"{name}={_plain(value)}" for name, value in self.theirs))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        changes = (
            f"{name} {_plain(our)} to {_plain(their)}"
            for (name, our), (_, their) in zip(self.ours, self.theirs, strict=True)
        )
        return f"somebody else has changed the order at the exchange: {', '.join(changes)}"


class ExecutionMissing(Difference, frozen=True, gc=False, kw_only=True):
    """An order of ours has traded and no event records the trade; its position, fee and profit are not counted. Remedy:
    the report Filled, whose execution id prevents that the trade counts twice.
    """

    theirs: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """The id of the execution."""
        return (self.theirs.execution_id,)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        one = self.theirs
        return f"execution {one.execution_id} of {one.quantity} at {one.price} is not on record here"


class OverfillMissing(Difference, frozen=True, gc=False, kw_only=True):
    """An order of ours was filled beyond its quantity, and no event records it: the venue's filled quantity of the
    order and its position contain this execution. Remedy: the report Filled, which is taken in although it is an
    overfill; the kill switch trips.
    """

    theirs: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """The id of the execution."""
        return (self.theirs.execution_id,)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        one = self.theirs
        return f"execution {one.execution_id} of {one.quantity} at {one.price} overfilled the order at the exchange"


class ExecutionBeyondOrder(Difference, frozen=True, gc=False, kw_only=True):
    """The venue lists an execution that takes our order beyond its quantity, and its own filled quantity of the order,
    or its position, does not contain it. It is not counted here. Remedy: none is automatic. The venue's statements
    agree again, or a person compares them with its records. `filled` is the order's filled quantity with this
    execution.
    """

    ours: StatedOrder
    theirs: StatedOrder | None
    execution: Execution
    filled: Decimal

    @property
    def key(self) -> tuple[str, ...]:
        """The order and the id of the execution."""
        return (self.subject, self.execution.execution_id)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        one = self.execution
        return (
            f"execution {one.execution_id} of {_plain(one.quantity)} at {_plain(one.price)} would fill "
            f"{_plain(self.filled)} of an order for {_plain(self.ours.quantity)}; {self._stated()}"
        )

    def _stated(self) -> str:
        if self.theirs is None:
            return "the exchange does not state the order"
        filled = f"the exchange states {_plain(self.theirs.filled)} of the order as filled"
        return (
            filled if self.theirs.filled < self.filled else f"{filled}, and a position without this execution"
        )


class ExecutionMistaken(Difference, frozen=True, gc=False, kw_only=True):
    """The venue lists an execution under our order with another side or instrument than the order has. No order trades
    so, and it is not counted here. Remedy: none is automatic. The venue states it as one of the order's own, or a
    person compares it with the venue's records.
    """

    ours: StatedOrder
    execution: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """The order and the id of the execution."""
        return (self.subject, self.execution.execution_id)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        one, our = self.execution, self.ours
        return (
            f"execution {one.execution_id} is {one.side} {_plain(one.quantity)} {one.instrument} at "
            f"{_plain(one.price)} under an order that is {our.side} {our.instrument}"
        )


class UnknownTrade(Struct, frozen=True, gc=False):
    """What a recorded `ExecutionOfUnknownOrder` states of its execution; `price` is in quote currency."""

    side: Side
    quantity: Decimal
    instrument: str
    price: Decimal


_UNKNOWN_TRADE = re.compile(
    r"(?:ExecutionOfUnknownOrder: )?(BUY|SELL) (\S+) (\S+) at (\S+) was traded by an order that is not ours"
)


def unknown_trade(found: str) -> UnknownTrade | None:
    """The execution of which this is the recorded sentence; None for a sentence of another kind.

    The sentence is all that an event has of the execution, in every log that exists.
    """
    read = _UNKNOWN_TRADE.fullmatch(found)
    if read is None:
        return None
    side, quantity, instrument, price = read.groups()
    return UnknownTrade(Side(side), Decimal(quantity), instrument, Decimal(price))


class ExecutionOfUnknownOrder(Difference, frozen=True, gc=False, kw_only=True):
    """The account has traded by an order that is not ours: a liquidation, or an order of another program or person.
    Position and balance are wrong by this trade. Remedy: none is automatic. A person finds the origin of the order.
    """

    theirs: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """The id of the execution."""
        return (self.theirs.execution_id,)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        one = self.theirs
        return f"{one.side} {one.quantity} {one.instrument} at {one.price} was traded by an order that is not ours"


class ExecutionUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """We counted a trade that is missing from the venue's complete list of the order's executions; position and balance
    are wrong by this trade. Remedy: none is automatic. A person compares our log with the venue's own records.
    """

    ours: StatedExecution

    @property
    def key(self) -> tuple[str, ...]:
        """The id of the execution."""
        return (self.ours.execution_id,)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"execution {self.ours.execution_id} is on record here and not at the exchange"


class PositionUnknownToUs(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has a position that our log does not have: exposure without a stop and outside every limit. Remedy: the
    missing executions; else a person closes the position at the venue.
    """

    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument, the direction and the quantity."""
        return (self.subject, self.theirs.direction, _plain(self.theirs.quantity))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the exchange holds {self.theirs.direction} {self.theirs.quantity}, and nothing is held here"


class PositionUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """Our log has a position that the venue does not have. Its profit is not real, and an order to close it would open
    a position in the other direction. Remedy: the missing executions; else a person decides.
    """

    ours: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument, the direction and the quantity."""
        return (self.subject, self.ours.direction, _plain(self.ours.quantity))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"{self.ours.direction} {self.ours.quantity} is held here, and nothing at the exchange"


class PositionSideDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """We are long and the venue is short, or the reverse; every exit of ours would increase the position. Remedy: the
    missing executions; else a person decides.
    """

    ours: StatedPosition
    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument and both directions and quantities."""
        held = (self.ours, self.theirs)
        return (self.subject, *(f"{one.direction} {_plain(one.quantity)}" for one in held))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return (
            f"{self.ours.direction} {self.ours.quantity} is held here, "
            f"{self.theirs.direction} {self.theirs.quantity} at the exchange"
        )


class PositionQuantityDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The positions have the same direction and different quantities. Risk, margin and profit are wrong by the excess,
    and an exit of ours closes another quantity than the venue's position. Remedy: the missing executions. `excess` is
    theirs less ours, in base currency.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def excess(self) -> Decimal:
        """Theirs less ours, in base currency."""
        return EXACT.subtract(self.theirs, self.ours)

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument and the excess; trades that both sides count do not change the excess."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"{self.ours} is held here and {self.theirs} at the exchange"


class BalanceDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The venue's balance is not the sum of our events: a fee, funding, a transfer or a fill is not recorded, and sizes
    are computed from a wrong balance. Remedy: the missing executions; else a person finds the cause.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def excess(self) -> Decimal:
        """Theirs less ours, in the currency."""
        return EXACT.subtract(self.theirs, self.ours)

    @property
    def key(self) -> tuple[str, ...]:
        """The currency and the excess; trades that both sides count do not change the excess."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"the balance is {self.ours} here and {self.theirs} at the exchange"


_BALANCE_HERE = re.compile(r"(?:BalanceDiffers: )?the balance is (\S+) here and \S+ at the exchange")


def balance_here(found: str) -> Decimal | None:
    """The log's balance of which this is the recorded sentence of a `BalanceDiffers`; None for another sentence.

    The sentence is all that an event has of the balance, in every log that exists.
    """
    read = _BALANCE_HERE.fullmatch(found)
    return None if read is None else Decimal(read[1])


class RulesDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has other rules for the instrument than our log. It refuses orders that do not fit its steps, and we
    compute fees and margin from wrong figures. Remedy: the venue's rules are listed here.
    """

    ours: Instrument
    theirs: Instrument

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the figures that differ."""
        names = self.ours.__struct_fields__
        return tuple(name for name in names if getattr(self.ours, name) != getattr(self.theirs, name))

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument and the venue's figures that differ."""
        return (self.subject, *(f"{name}={getattr(self.theirs, name)}" for name in self.changed))

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        changes = (
            f"{name} {getattr(self.ours, name)} and {getattr(self.theirs, name)}" for name in self.changed
        )
        return f"the rules here and at the exchange: {', '.join(changes)}"


class InstrumentUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """The venue no longer lists the instrument, of which a position or an order is open here. The venue may close an
    open position itself. Remedy: none is automatic. A person decides.
    """

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return "the exchange does not list this instrument"


class TradingTermsDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """The exchange trades the instrument by other terms than the log: `terms` states them, as `leverage 10`. Margin and
    the price of a liquidation are others than those of the decisions. Remedy: a person sets the terms right at the
    exchange, which resolves it.
    """

    terms: tuple[str, ...]
    expected: str

    @property
    def key(self) -> tuple[str, ...]:
        """The instrument and the exchange's terms."""
        return (self.subject, *self.terms)

    @property
    def found(self) -> str:
        """One sentence that describes the difference to a person."""
        return f"{' and '.join(self.terms)} at the exchange, and {self.expected} here: set it right at the exchange"


def _kind(order: StatedOrder) -> str:
    flag = " reduce-only" if order.reduce_only else ""
    return f"{order.type} {order.side} {order.instrument}{flag}"


def _terms(order: StatedOrder) -> str:
    prices = (("limit", order.limit_price), ("trigger", order.trigger_price))
    named = (f" {name} {_plain(price)}" for name, price in prices if price is not None)
    return f"{_plain(order.quantity)}{''.join(named)}"


def _plain(figure: Decimal) -> str:
    """The figure without trailing zeros, so that 1.0 and 1 give the same key."""
    return format(figure.normalize(EXACT), "f")
