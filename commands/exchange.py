"""The port to an exchange: order entry, reports and queries.

Sending returns nothing: the outcome arrives as a report, which may come late, twice or never. A report is handled as a
command to its order (see `commands/order.py`). Every adapter passes the tests in
`tests/commands/exchange_contract.py`.
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
    """An order to be sent: its id (the client order id), its terms, and the time it is sent."""

    order_id: str
    terms: OrderPlaced
    sent_at: datetime


class Report(Struct, frozen=True, gc=False, kw_only=True):
    """The fields of all reports: the order, the time of the reported change, and the fact that is logged as the cause.

    `fact` is `exchange:<venue>:<id>`; a repeated report of one change has the same fact. A report that our own sender
    makes has `clock:<ISO time>`.
    """

    order_id: str
    at: datetime
    fact: str


class Submitted(Report, frozen=True, gc=False, kw_only=True):
    """The exchange received the order and assigned it an id."""

    venue_order_id: str


class Accepted(Report, frozen=True, gc=False, kw_only=True):
    """The order rests at the exchange; a stop rests there until its trigger price trades."""

    venue_order_id: str


class Triggered(Report, frozen=True, gc=False, kw_only=True):
    """A stop's trigger price was reached by a trade at `price`."""

    price: Decimal


class Filled(Report, frozen=True, gc=False, kw_only=True):
    """One execution; `fee` in `fee_currency`, negative for a rebate.

    `instrument` and `side` are what the exchange states of the execution itself, beside its order; empty and None where
    it states only the order.
    """

    execution_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    instrument: str = ""
    side: Side | None = None


class Cancelled(Report, frozen=True, gc=False, kw_only=True):
    """The order was cancelled; `reason` is the exchange's own text."""

    reason: str


class CancelRefused(Report, frozen=True, gc=False, kw_only=True):
    """The exchange refused a cancel: there was nothing to cancel, or it was too late."""

    reason: str


class Amended(Report, frozen=True, gc=False, kw_only=True):
    """The exchange accepted these terms."""

    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None


class AmendRefused(Report, frozen=True, gc=False, kw_only=True):
    """The exchange refused new terms; the order keeps its old terms."""

    reason: str


class Rejected(Report, frozen=True, gc=False, kw_only=True):
    """The order does not exist at the exchange: a structured refusal, or a query by its id that found nothing."""

    reason: str


class Expired(Report, frozen=True, gc=False, kw_only=True):
    """The order expired at the exchange."""

    reason: str


class OutcomeUnclear(Report, frozen=True, gc=False, kw_only=True):
    """A timeout or an ambiguous response: the request may or may not have been executed."""

    reason: str


class NotSent(Report, frozen=True, gc=False, kw_only=True):
    """Our sender did not send the order, or the order did not arrive; it will never exist at the exchange.

    `fact` is `clock:<ISO time>`, since our clock showed that the intent was stale.
    """

    reason: str


class Funded(Struct, frozen=True, gc=False, kw_only=True):
    """Funding was settled on an open position: `amount` in quote currency, negative when we paid.

    `rate` is a fraction of the value at `price`, the mark price in quote currency; longs pay a positive rate. Each is
    None where the exchange does not state it.
    """

    instrument: str
    at: datetime
    fact: str
    amount: Decimal
    rate: Decimal | None = None
    price: Decimal | None = None


class Liquidated(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange closed a position by force, under an order of its own.

    `side` is the side of that order; the other fields describe its execution.
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


class Gap(Struct, frozen=True, gc=False):
    """Reports may be missing: the stream was not subscribed from `since` to `until` (UTC, by this machine's clock).

    `since` is when the last message came before; None for the first connection. Whatever happened since then is found
    by queries only. `reason` is why the connection before ended, empty for the first.
    """

    since: datetime | None
    until: datetime
    reason: str


class Unread(Struct, frozen=True, gc=False):
    """A message of the exchange that could not be understood: its content, and why."""

    content: str
    reason: str


class OrderEntry(Protocol):
    """Order entry. Each call either passes the request to the exchange or raises one of three errors.

    - ExchangeUnreachable: nothing arrived at the exchange.
    - ExchangeRefused: a structured refusal; the request was not executed.
    - OutcomeUnknown: the request may or may not have been executed.

    An error of `submit` applies to every ticket of the call. An adapter that sends several requests for one call raises
    only if none of them has arrived; otherwise it reports the outcome of each ticket.
    """

    @property
    def venue(self) -> str:
        """The venue's name, as in the facts of its reports."""
        ...

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """Sends orders that belong together (an entry with its stop and target) in the order given.

        The venue never has two orders with one id: sending the same ticket again changes nothing.
        """
        ...

    def cancel(self, order_id: str, at: datetime) -> None:
        """Requests a cancel; leads to Cancelled or CancelRefused."""
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
        """Requests other terms (None keeps a term); leads to Amended or AmendRefused."""
        ...


class ReportStream(Protocol):
    """The reports of an exchange."""

    def reports(self) -> Sequence[AnyReport]:
        """The reports since the last call, in the order they happened; empty where there are none.

        Raises nothing: a report that cannot be received now is returned by a later call, or found by a query.
        """
        ...

    def gaps(self) -> Sequence[Gap]:
        """The gaps of the stream since the last call; after each one the account must be reconciled."""
        ...

    def unread(self) -> Sequence[Unread]:
        """The messages since the last call that could not be understood; none is left out."""
        ...


class VenueQueries(Protocol):
    """Queries about the venue and our account there.

    Every query raises ExchangeUnreachable if no response arrived and ExchangeRefused if the venue refused the query. A
    query changes nothing, so it never has an unknown outcome.
    """

    def order(self, order_id: str) -> VenueOrder | None:
        """The order with this client order id, open or ended; None if the venue has no such order."""
        ...

    def open_orders(self) -> Sequence[VenueOrder]:
        """The orders that may still fill, in the order of arrival."""
        ...

    def executions(self, since: datetime) -> Sequence[Execution]:
        """Every trade of the account at or after `since`, in order of time; each execution id once."""
        ...

    def positions(self) -> Sequence[VenuePosition]:
        """The open positions; an instrument without one is left out."""
        ...

    def balances(self) -> Sequence[VenueBalance]:
        """The account's balances, one for each currency."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """The instruments that can be traded, with their current rules."""
        ...

    def server_time(self) -> datetime:
        """The venue's clock, in UTC; it never goes back."""
        ...


class Exchange(OrderEntry, ReportStream, VenueQueries, Protocol):
    """A complete exchange."""

    def adopt(self, order_id: str, venue_order_id: str, terms: OrderPlaced) -> bool:
        """Notes that the log is about to take over an open order of others, which is at the venue with these terms.

        From now on its reports bear `order_id`, and it can be cancelled, amended and queried by it. `order_id` is the
        client order id, or the venue's own id of an order without one. An adapter that is made for a log with such
        orders knows them from the log. False where the adapter cannot address the order, which then is not taken over.
        """
        ...
