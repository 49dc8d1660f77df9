"""The port to an exchange: what we ask it, and what it reports.

An exchange answers nothing at once: every answer is a report, which comes when it comes, twice, late or never.
A report is a command to the order it speaks of (see `commands/order.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from domain.direction import Purpose, Side
from domain.order import Liquidity, OrderPlaced


class Ticket(Struct, frozen=True, gc=False):
    """An order on its way out: its id (the client order id), its terms, and when it was sent."""

    order_id: str
    terms: OrderPlaced
    sent_at: datetime


class Report(Struct, frozen=True, gc=False, kw_only=True):
    """What all reports say: which order, when it happened at the exchange, and the fact's own id there.

    `fact` is the cause that goes into the log: `exchange:<venue>:<id>`, the same for the same happening however
    often it is told.
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


class Unanswered(Report, frozen=True, gc=False, kw_only=True):
    """Silence or an ambiguous answer: the order may or may not exist."""

    reason: str


class Funded(Struct, frozen=True, gc=False, kw_only=True):
    """Funding settled on an open position: `amount` in quote currency, negative when we paid. Not a fill."""

    instrument: str
    at: datetime
    fact: str
    amount: Decimal


class Liquidated(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange closed a position by force, under an order of its own.

    `side` is the way that order traded; the execution is told as for any other order.
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
    | Unanswered
)
AnyReport = OrderReport | Funded | Liquidated


class Exchange(Protocol):
    """What the engine asks of any exchange; every call only sends, the truth comes back as reports."""

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """Sends orders that belong together (an entry with its stop and target) in the order given."""
        ...

    def cancel(self, order_id: str, at: datetime) -> None:
        """Asks for the order to be taken away."""
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
        """Asks for other terms; None leaves a term as it is."""
        ...
