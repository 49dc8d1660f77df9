"""The port to an exchange: what is sent to it, what it reports, and what it can be queried about.

Sending returns nothing: what became of it enters as a report, which comes when it comes, twice, late or never. A
report is a command to the order it is about (see `commands/order.py`). Every exchange keeps the contract that
`tests/commands/exchange_contract.py` checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from domain.direction import Purpose, Side
from domain.instrument import Instrument
from domain.order import Liquidity, OrderPlaced
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition


class Ticket(Struct, frozen=True, gc=False):
    """An order on its way out: its id (the client order id), its terms, and when it was sent."""

    order_id: str
    terms: OrderPlaced
    sent_at: datetime


class Report(Struct, frozen=True, gc=False, kw_only=True):
    """What all reports have: the order, when it happened, and the fact that goes into the log as the cause.

    `fact` is `exchange:<venue>:<id>`, the same for the same happening however often it is reported. What our own
    sender found out has `clock:<ISO time>`.
    """

    order_id: str
    at: datetime
    fact: str


class Submitted(Report, frozen=True, gc=False, kw_only=True):
    """The request arrived and has a name there."""

    venue_order_id: str


class Accepted(Report, frozen=True, gc=False, kw_only=True):
    """The order rests there (a stop: waits for its trigger)."""

    venue_order_id: str


class Triggered(Report, frozen=True, gc=False, kw_only=True):
    """A stop's trigger traded, at `price`."""

    price: Decimal


class Filled(Report, frozen=True, gc=False, kw_only=True):
    """One execution; `fee` in `fee_currency`, negative for a rebate."""

    execution_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity


class Cancelled(Report, frozen=True, gc=False, kw_only=True):
    """The order is gone; `reason` in the exchange's own words."""

    reason: str


class CancelRefused(Report, frozen=True, gc=False, kw_only=True):
    """There was nothing to cancel, or it was too late."""

    reason: str


class Amended(Report, frozen=True, gc=False, kw_only=True):
    """The order works on these terms now."""

    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None


class AmendRefused(Report, frozen=True, gc=False, kw_only=True):
    """The order keeps its old terms."""

    reason: str


class Rejected(Report, frozen=True, gc=False, kw_only=True):
    """Proof that the order does not exist there: a structured refusal, or a search that found nothing."""

    reason: str


class Expired(Report, frozen=True, gc=False, kw_only=True):
    """The order's time ran out there."""

    reason: str


class OutcomeUnclear(Report, frozen=True, gc=False, kw_only=True):
    """A timeout or an ambiguous response: what was sent may or may not have been done."""

    reason: str


class NotSent(Report, frozen=True, gc=False, kw_only=True):
    """Our own sender did not send the order, or nothing of it arrived: it does not exist there and never will.

    `fact` is `clock:<ISO time>`: it is our clock that found the intent stale.
    """

    reason: str


class Funded(Struct, frozen=True, gc=False, kw_only=True):
    """Funding settled on an open position: `amount` in quote currency, negative when we paid. Not a fill."""

    instrument: str
    at: datetime
    fact: str
    amount: Decimal


class Liquidated(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange closed a position by force, under an order of its own.

    `side` is the way that order traded; its execution has the figures of any other.
    """

    instrument: str
    at: datetime
    fact: str
    side: Side
    execution_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    purpose: Purpose = Purpose.LIQUIDATION


OrderReport = (
    Submitted
    | Accepted
    | Triggered
    | Filled
    | Cancelled
    | CancelRefused
    | Amended
    | AmendRefused
    | Rejected
    | Expired
    | OutcomeUnclear
    | NotSent
)
AnyReport = OrderReport | Funded | Liquidated


class OrderEntry(Protocol):
    """The way in. Each call raises one of three errors, or has handed over what was sent.

    - ExchangeUnreachable: nothing arrived there.
    - ExchangeRefused: a structured refusal; it was not done.
    - OutcomeUnknown: it may or may not have been done.

    An error of `submit` is about every ticket of the call. An adapter that needs several requests for one call raises
    only while none of them has arrived; from then on it reports what becomes of each ticket.
    """

    @property
    def venue(self) -> str:
        """The venue's name, as the facts of its reports spell it."""
        ...

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """Sends orders that belong together (an entry with its stop and target) in the order given.

        An order id that was used before never makes a second order: the same ticket again changes nothing.
        """
        ...

    def cancel(self, order_id: str, at: datetime) -> None:
        """Requests that the order be taken away; leads to Cancelled or CancelRefused."""
        ...

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        """Requests other terms, None leaves a term as it is; leads to Amended or AmendRefused."""
        ...


class ReportStream(Protocol):
    """The way back."""

    def reports(self) -> Sequence[AnyReport]:
        """Everything that has come since the last call, in the order it happened; empty where nothing has.

        Raises nothing: what cannot be received comes later, or is found by a query.
        """
        ...


class VenueQueries(Protocol):
    """What the venue says of itself and of our account there.

    Every query raises ExchangeUnreachable where no answer came and ExchangeRefused where the venue refuses to answer.
    A query changes nothing, so there is no unknown outcome.
    """

    def order(self, order_id: str) -> VenueOrder | None:
        """The order of this client order id, open or ended; None where the venue has none of that id."""
        ...

    def open_orders(self) -> Sequence[VenueOrder]:
        """The orders that may still fill, by arrival."""
        ...

    def executions(self, since: datetime) -> Sequence[Execution]:
        """Every trade of the account at or after `since`, by time; each execution id once."""
        ...

    def positions(self) -> Sequence[VenuePosition]:
        """The open positions; nothing for an instrument that is flat."""
        ...

    def balances(self) -> Sequence[VenueBalance]:
        """The account's money, one row a currency."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """What can be traded, with the rules of today."""
        ...

    def server_time(self) -> datetime:
        """The venue's clock, in UTC; it never goes back."""
        ...


class Exchange(OrderEntry, ReportStream, VenueQueries, Protocol):
    """An exchange, whole."""
