"""Every kind of difference between our statement and the venue's, and what each means for money.

`subject` is what the difference is about (an order id, an instrument, a currency). `key` identifies the difference when
it is found again, so it has no figures that change while the difference stays the same. `found` is one sentence for
people. The docstring of each kind ends with its remedy: the report that the engine takes in, or what a person does.
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
    """The fields that all differences have."""

    subject: str

    @property
    def key(self) -> tuple[str, ...]:
        """Identifies the difference within its kind."""
        return (self.subject,)

    @property
    def found(self) -> str:
        """One sentence for people."""
        raise NotImplementedError


class OrderUnknownToUs(Difference, frozen=True, gc=False, kw_only=True):
    """The venue works an order that no event of ours placed. It may add exposure that no decision and no limit covers.

    Remedy: none is automatic. A person cancels it at the venue, or finds the other program that trades on this account.
    """

    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence for people."""
        order = self.theirs
        return f"the venue works an unknown order: {order.side} {order.quantity} {order.instrument}"


class OrderUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """An order works here and the venue has none of that id. Funds are reserved, or an exit is relied on, for nothing.

    Remedy: Rejected, since a query by its id that finds nothing is proof.
    """

    ours: StatedOrder

    @property
    def key(self) -> tuple[str, ...]:
        """By our status too: found again under another status, it is a new difference."""
        return (self.subject, self.ours.status)

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue has no order of this id, which is {self.ours.status.lower()} here"


class ProtectiveStopMissing(Difference, frozen=True, gc=False, kw_only=True):
    """A stop of ours protects an open position, and the venue has ended it or never had it. The loss of this position
    is not bounded. Remedy: a report of the stop's end; then the position needs a new stop at once.

    It replaces OrderUnknownToThem or StatusDiffers of the same order. `theirs` is None where the venue has no such
    order.
    """

    instrument: str
    ours: StatedOrder
    theirs: StatedOrder | None

    @property
    def key(self) -> tuple[str, ...]:
        """By the order of the stop."""
        return (self.subject, self.instrument)

    @property
    def found(self) -> str:
        """One sentence for people."""
        there = "has no such order" if self.theirs is None else f"has {self.theirs.status.lower()} it"
        return f"the stop at {self.ours.trigger_price} protects {self.instrument} here, and the venue {there}"


class OrderMistaken(Difference, frozen=True, gc=False, kw_only=True):
    """The venue has another order under our id: another instrument, side, type or reduce-only flag. Its fills are not
    what was decided. Remedy: none is automatic. A person cancels it at the venue.
    """

    ours: StatedOrder
    theirs: StatedOrder

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue has {_kind(self.theirs)} under this id, which is {_kind(self.ours)} here"


class StatusDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The order has another status at the venue. Ended there and open here, its funds and exposure are counted for
    nothing; open there and ended here, it may still fill uncounted. Remedy: a report of the venue's status, except for
    an order that has ended here (a person cancels it at the venue) or is filled there (its executions are reported).
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
    """The order has traded more or less than our executions add up to; position and balance are wrong by the
    difference. Remedy: the missing executions, by a query further back if necessary.
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
    """An open order works at the venue with another quantity or price; risk was judged on terms that do not hold.
    Remedy: Amended, with the venue's terms.
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
    """An order of ours has traded and no event records it; position, fee and profit are not counted. Remedy: Filled;
    the execution id prevents counting it twice.
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
    """The account has traded by an order that is not ours: a liquidation, or another program or person. Position and
    balance are wrong by it. Remedy: none is automatic. A person finds its origin.
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
    """We counted a trade that the venue's complete list of the order does not have; position and balance are wrong by
    it. Remedy: none is automatic. A person compares with the venue's own records.
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
    """The venue has a position that we do not count: exposure without a stop and outside every limit. Remedy: the
    missing executions; else a person closes it at the venue.
    """

    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By direction and quantity."""
        return (self.subject, self.theirs.direction, _plain(self.theirs.quantity))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the venue holds {self.theirs.direction} {self.theirs.quantity}, and nothing is held here"


class PositionUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """We count a position that the venue does not have; its profit is not real, and an order to close it would open
    another. Remedy: the missing executions; else a person decides.
    """

    ours: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By direction and quantity."""
        return (self.subject, self.ours.direction, _plain(self.ours.quantity))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"{self.ours.direction} {self.ours.quantity} is held here, and nothing at the venue"


class PositionSideDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """We are long where the venue is short, or the reverse; every exit of ours would add to the position. Remedy: the
    missing executions; else a person decides.
    """

    ours: StatedPosition
    theirs: StatedPosition

    @property
    def key(self) -> tuple[str, ...]:
        """By both directions and quantities."""
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
    """The same direction, another quantity; risk, margin and profit are wrong by the excess, and an exit of ours leaves
    a rest. Remedy: the missing executions. `excess` is theirs less ours, in base currency.
    """

    ours: Decimal
    theirs: Decimal

    @property
    def excess(self) -> Decimal:
        """Theirs less ours, in base currency."""
        return EXACT.subtract(self.theirs, self.ours)

    @property
    def key(self) -> tuple[str, ...]:
        """By the excess, which is unchanged by trades that both sides count."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"{self.ours} is held here and {self.theirs} at the venue"


class BalanceDiffers(Difference, frozen=True, gc=False, kw_only=True):
    """The balance is not what our events add up to: a fee, funding, a transfer or a fill is not on record, and sizes
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
        """By the excess, which is unchanged by trades that both sides count."""
        return (self.subject, _plain(self.excess))

    @property
    def found(self) -> str:
        """One sentence for people."""
        return f"the balance is {self.ours} here and {self.theirs} at the venue"


class RulesDiffer(Difference, frozen=True, gc=False, kw_only=True):
    """The venue trades the instrument by other rules; orders off its steps are refused, and fees and margin are
    computed from figures that do not hold. Remedy: the venue's rules are listed here.
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
        changes = (
            f"{name} {getattr(self.ours, name)} and {getattr(self.theirs, name)}" for name in self.changed
        )
        return f"the rules here and at the venue: {', '.join(changes)}"


class InstrumentUnknownToThem(Difference, frozen=True, gc=False, kw_only=True):
    """The venue no longer lists the instrument; nothing new can be entered, and an open position may be settled by
    force. Remedy: none is automatic. A person decides.
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
    """The figure without trailing zeros, so that 1.0 and 1 give one key."""
    return format(figure.normalize(EXACT), "f")
