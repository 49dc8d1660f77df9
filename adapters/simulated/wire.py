"""Builds and collects the exchange's reports. A report's fact is the id of what happened at the exchange."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from adapters.simulated.fill_source import FillSource
from adapters.simulated.history import History
from adapters.simulated.ids import execution_id, fact, venue_order_id
from adapters.simulated.requests import Request
from commands.exchange import (
    Accepted,
    Amended,
    AmendRefused,
    AnyReport,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    Funded,
    Liquidated,
    Rejected,
    Submitted,
    Ticket,
    Triggered,
)
from domain.direction import Side
from domain.order import Liquidity, OrderPlaced


def _micros(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _answer(request: Request, kind: str) -> str:
    """The fact of a response. It is made from the whole request, because one order can receive many requests."""
    return fact(request.order_id, kind, _micros(request.sent_at), repr(request.what))


_time_of = attrgetter("at")


class Wire:
    """Collects reports until they are drained.

    Of some kinds an order has at most one report; the fact of such a report is a hash of order id and kind. `history`
    holds all reports, also those already drained. `fills` counts executions by what filled them.
    """

    def __init__(self) -> None:
        self.history = History()
        self.fills = Counter[FillSource]()
        self._waiting: list[AnyReport] = []

    def drain(self) -> list[AnyReport]:
        """Removes and returns the collected reports, by time; reports of one time keep their order."""
        if not self._waiting:
            return []
        drained, self._waiting = self._waiting, []
        drained.sort(key=_time_of)
        return drained

    def arrived(self, ticket: Ticket, at: datetime) -> None:
        """Records the arrival in the history only; the acceptance or rejection that follows is the report."""
        self.history.arrived(ticket.order_id, ticket.terms, at)

    def submitted(self, order_id: str, at: datetime) -> None:
        self._report(
            Submitted(
                order_id=order_id,
                at=at,
                fact=fact(order_id, "submitted"),
                venue_order_id=venue_order_id(order_id),
            )
        )

    def accepted(self, order_id: str, at: datetime) -> None:
        self._report(
            Accepted(
                order_id=order_id,
                at=at,
                fact=fact(order_id, "accepted"),
                venue_order_id=venue_order_id(order_id),
            )
        )

    def rejected(self, order_id: str, at: datetime, reason: str) -> None:
        self._report(Rejected(order_id=order_id, at=at, fact=fact(order_id, "rejected"), reason=reason))

    def expired(self, order_id: str, at: datetime, reason: str) -> None:
        self._report(Expired(order_id=order_id, at=at, fact=fact(order_id, "expired"), reason=reason))

    def cancelled(self, order_id: str, at: datetime, reason: str) -> None:
        self._report(Cancelled(order_id=order_id, at=at, fact=fact(order_id, "cancelled"), reason=reason))

    def triggered(self, order_id: str, at: datetime, price: Decimal) -> None:
        self._report(Triggered(order_id=order_id, at=at, fact=fact(order_id, "triggered"), price=price))

    def cancel_refused(self, request: Request, at: datetime, reason: str) -> None:
        name = _answer(request, "cancel refused")
        self._report(CancelRefused(order_id=request.order_id, at=at, fact=name, reason=reason))

    def amend_refused(self, request: Request, at: datetime, reason: str) -> None:
        name = _answer(request, "amend refused")
        self._report(AmendRefused(order_id=request.order_id, at=at, fact=name, reason=reason))

    def amended(self, request: Request, at: datetime, terms: OrderPlaced) -> None:
        self._report(
            Amended(
                order_id=request.order_id,
                at=at,
                fact=_answer(request, "amended"),
                quantity=terms.quantity,
                limit_price=terms.limit_price,
                trigger_price=terms.trigger_price,
            )
        )

    def changed(self, order_id: str, at: datetime, terms: OrderPlaced) -> None:
        """Reports terms that came into force, whether by a request or by a rule of the venue."""
        figures = (terms.quantity, terms.limit_price, terms.trigger_price)
        self._report(
            Amended(
                order_id=order_id,
                at=at,
                fact=fact(order_id, "changed", _micros(at), *map(str, figures)),
                quantity=terms.quantity,
                limit_price=terms.limit_price,
                trigger_price=terms.trigger_price,
            )
        )

    def filled(
        self,
        order_id: str,
        number: int,
        at: datetime,
        price: Decimal,
        quantity: Decimal,
        fee: Decimal,
        currency: str,
        liquidity: Liquidity,
    ) -> None:
        """Reports the execution with this number of the order, counted from 0."""
        execution = execution_id(order_id, number)
        name = fact(order_id, "filled", str(number))
        self._report(
            Filled(
                order_id=order_id,
                at=at,
                fact=name,
                execution_id=execution,
                price=price,
                quantity=quantity,
                fee=fee,
                fee_currency=currency,
                liquidity=liquidity,
            )
        )

    def funded(self, instrument: str, at: datetime, amount: Decimal) -> None:
        self._report(
            Funded(instrument=instrument, at=at, fact=fact(instrument, "funded", _micros(at)), amount=amount)
        )

    def liquidated(
        self,
        instrument: str,
        at: datetime,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        fee: Decimal,
        currency: str,
    ) -> None:
        key = f"{instrument}/liquidated/{_micros(at)}"
        execution = execution_id(key, 0)
        self._report(
            Liquidated(
                instrument=instrument,
                at=at,
                fact=fact(key),
                side=side,
                execution_id=execution,
                price=price,
                quantity=quantity,
                fee=fee,
                fee_currency=currency,
            )
        )

    def _report(self, report: AnyReport) -> None:
        self.history.take(report)
        self._waiting.append(report)
