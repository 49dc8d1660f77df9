"""Every kind of difference between our statement and the venue's, and what each means for money.

`subject` is what the difference is about (an order id, an instrument, a currency), `key` what identifies it when it is
found again: figures that move while the difference stays the same are not in it. `found` is one sentence for people.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.instrument import Instrument
from domain.order import OrderStatus
from domain.reconciliation.statement import StatedExecution, StatedOrder, StatedPosition
from domain.venue import Execution


class Difference(Struct, frozen=True, gc=False, kw_only=True):
    """What all differences have."""

    subject: str

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies it beside its kind."""
        return (self.subject,)

    @property
    def found(self) -> str:
        """One sentence for people."""
        raise NotImplementedError


class OrderUnknownToUs(Difference, frozen=True, gc=False, kw_only=True):
    """They work an order that no event of ours placed: it may add exposure that nobody decided on and no limit counts.

    Nothing is put in: a person cancels it at the venue, or finds out which other program trades on this account.
    """

    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence for people."""
        order = self.theirs
        return f"the venue works an unknown order: {order.side} {order.quantity} {order.instrument}"


class OrderUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """We hold an order to be working and they have none of that id: funds are set aside, or an exit is relied on, for
    nothing. A search by its id that finds nothing is proof: Rejected is put in.
    """

    ours: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """Found again after another status, it is another difference."""
        return (self.subject, self.ours.status)

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue has no order of this id, which is {self.ours.status.lower()} here"


class ProtectiveStopMissing(Difference, frozen=True, gc=False, kw_only=True):
    """A stop of ours protects an open position, and they have ended it or never had it: the loss of this position is
    not bounded. What became of the stop is put in as its report; then the position needs a new stop at once.

    It stands in place of OrderUnknownToThem or StatusDiffers of the same order. `theirs` is None for an unknown order.
    """

    instrument: str
    ours: StatedOrder
    theirs: StatedOrder | None

    @property
    def key(self) -> tuple[str, ...]:
        """By the stop's order."""
        return (self.subject, self.instrument)

    @property
    def found(self) -> str:
        """One sentence for people."""
        there = "has no such order" if self.theirs is None else f"has {self.theirs.status.lower()} it"
        return f"the stop at {self.ours.trigger_price} protects {self.instrument} here, and the venue {there}"


class OrderMistaken(Difference, frozen=True, gc=False, kw_only=True):
    """They have another order under our id: another instrument, side, type or reduce-only flag. What fills under this
    id is not what was decided. Nothing is put in: a person cancels it at the venue.
    """

    ours: StatedOrder
    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue has {_kind(self.theirs)} under this id, which is {_kind(self.ours)} here"


class StatusDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The order stands elsewhere than we have it. Ended there and open here, funds and exposure are counted for
    nothing; open there and ended here, it may still fill uncounted. The venue's status is put in as its report, but for
    an order that is ended here (cancel it at the venue) or filled there (its executions say so).
    """

    ours: OrderStatus
    theirs: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """By both statuses."""
        return (self.subject, self.ours, self.theirs.status)

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the order is {self.ours.lower()} here and {self.theirs.status.lower()} at the venue"


class FilledDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """More or less of the order has traded than we have executions for: position and balance are wrong by it. Nothing
    is put in: the executions bring it, where need be by a query further back.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def key(self) -> tuple[str, ...]:
        """By both quantities."""
        return (self.subject, _plain(self.ours), _plain(self.theirs))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"{self.ours} is filled here and {self.theirs} at the venue"


class TermsDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """An open order works there on another quantity or price: risk was judged on terms that do not hold. Amended is
    put in with theirs.
    """

    ours: StatedOrder
    theirs: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """By the terms of both."""
        return (self.subject, _terms(self.ours), _terms(self.theirs))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the order is for {_terms(self.ours)} here and for {_terms(self.theirs)} at the venue"


class ExecutionMissing(Difference, frozen=True, gc=False, kw_only=True):
    """An order of ours has traded and we have no event of it: position, fee and profit are not counted. Filled is put
    in; the execution id keeps it from counting twice.
    """

    theirs: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """By the execution's id."""
        return (self.theirs.execution_id,)

    @property
    def found(self) -> str:
        """One sentence for people."""
        one = self.theirs
        return f"execution {one.execution_id} of {one.quantity} at {one.price} is not on record here"


class ExecutionOfUnknownOrder(Difference, frozen=True, gc=False, kw_only=True):
    """The account has traded under an order that is not ours: a liquidation, or another hand on the account. Position
    and balance are wrong by it. Nothing is put in: a person decides whose it was.
    """

    theirs: Execution

    @property
    def key(self) -> tuple[str, ...]:
        """By the execution's id."""
        return (self.theirs.execution_id,)

    @property
    def found(self) -> str:
        """One sentence for people."""
        one = self.theirs
        return f"{one.side} {one.quantity} {one.instrument} at {one.price} was traded by an order that is not ours"


class ExecutionUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """We counted a trade that their complete list of the order does not have: position and balance hold what never
    was. Nothing is put in: a person compares with the venue's own records.
    """

    ours: StatedExecution

    @property
    def key(self) -> tuple[str, ...]:
        """By the execution's id."""
        return (self.ours.execution_id,)

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"execution {self.ours.execution_id} is on record here and not at the venue"


class PositionUnknownToUs(Difference, frozen=True, gc=False, kw_only=True):
    """They hold a position that we do not count: exposure without a stop, a limit or a person who knows. Nothing is
    put in: missing executions bring it, else a person closes it at the venue.
    """

    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By what is held."""
        return (self.subject, self.theirs.direction, _plain(self.theirs.quantity))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue holds {self.theirs.direction} {self.theirs.quantity}, and nothing is held here"


class PositionUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """We count a position that is not there: its profit is imaginary, and an order to leave it would open another.
    Nothing is put in: missing executions close it, else a person decides.
    """

    ours: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By what is held."""
        return (self.subject, self.ours.direction, _plain(self.ours.quantity))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"{self.ours.direction} {self.ours.quantity} is held here, and nothing at the venue"


class PositionSideDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """We are long where they are short, or the other way: every exit of ours would add to the position. Nothing is put
    in: missing executions turn it, else a person decides.
    """

    ours: StatedPosition
    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By what both hold."""
        held = (self.ours, self.theirs)
        return (self.subject, *(f"{one.direction} {_plain(one.quantity)}" for one in held))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return (
            f"{self.ours.direction} {self.ours.quantity} is held here, "
            f"{self.theirs.direction} {self.theirs.quantity} at the venue"
        )


class PositionQuantityDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The same side, another quantity: risk, margin and profit are wrong by the excess, and an exit of ours leaves a
    rest. Nothing is put in: missing executions bring it. `excess` is theirs less ours, in base currency.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def excess(self) -> Decimal:
        """Theirs less ours."""
        return EXACT.subtract(self.theirs, self.ours)

    @property
    def key(self) -> tuple[str, ...]:
        """By the excess, which stays when both sides trade on."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"{self.ours} is held here and {self.theirs} at the venue"


class BalanceDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The money is not what our events add up to: a fee, funding, a transfer or a fill is not on record, and sizes are
    taken from a balance that is not there. Nothing is put in: missing executions bring it, else a person finds out.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def excess(self) -> Decimal:
        """Theirs less ours, in the currency."""
        return EXACT.subtract(self.theirs, self.ours)

    @property
    def key(self) -> tuple[str, ...]:
        """By the excess, which stays when both sides trade on."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the balance is {self.ours} here and {self.theirs} at the venue"


class RulesDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """The venue trades the instrument by other rules: orders off its steps are refused, and fees and margin are counted
    by figures that do not hold. The venue's rules are put in.
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
        """By the figures of the venue."""
        return (self.subject, *(f"{name}={getattr(self.theirs, name)}" for name in self.changed))

    @property
    def found(self) -> str:
        """One sentence for people."""
        told = (
            f"{name} {getattr(self.ours, name)} and {getattr(self.theirs, name)}" for name in self.changed
        )
        return f"the rules here and at the venue: {', '.join(told)}"


class InstrumentUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """The venue lists the instrument no more: nothing new can be entered, and what is held may be settled by force.
    Nothing is put in: a person decides.
    """

    @property
    def found(self) -> str:
        """One sentence for people."""
        return "the venue does not list this instrument"


def _kind(order: StatedOrder) -> str:
    flag = " reduce-only" if order.reduce_only else ""
    return f"{order.type} {order.side} {order.instrument}{flag}"


def _terms(order: StatedOrder) -> str:
    prices = (("limit", order.limit_price), ("trigger", order.trigger_price))
    named = (f" {name} {_plain(price)}" for name, price in prices if price is not None)
    return f"{_plain(order.quantity)}{''.join(named)}"


def _plain(figure: Decimal) -> str:
    """1.0 and 1 are one figure, and one key."""
    return format(figure.normalize(EXACT), "f")
