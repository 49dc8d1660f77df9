"""The sender: sends durable requests to the exchange.

Before it sends an intent, it compares the intent's `fresh_until` with the clock, and the guard judges what adds
exposure (`commands/guarding.py`).

The exchange returns no result. The sender itself makes a report of an order that it did not send, that was refused at
once, or whose outcome is unknown. The driver handles these reports like those of the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from commands.breaker import CallReport, answered, unanswered
from commands.exchange import (
    AmendRefused,
    CancelRefused,
    NotSent,
    OrderEntry,
    OrderReport,
    OutcomeUnclear,
    Rejected,
    Ticket,
    VenueQueries,
)
from commands.guarding import Guard
from commands.leverage import LeverageEntry, LeverageReport
from commands.leverage_sending import LeverageSender
from commands.outgoing import Outgoing, OutgoingLeverage, Sendable
from domain.breaker import Service
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.order import OrderAmendRequested, OrderCancelRequested, OrderPlaced

SentReport = OrderReport | CallReport
"""A report that the sender makes itself: of an order, or of a call to a circuit breaker."""
Made = Callable[[str, datetime, str, str], OrderReport]
"""A function that makes a report of (order id, time, venue, reason)."""


class Sender:
    """Sends to one exchange; `clock` returns the time (UTC) for tickets and for the comparison with `fresh_until`.

    `levers` sets the leverage of its instruments; without it every such request is reported as refused. `queries` is
    given where others may trade on the account; see `LeverageSender`.
    """

    def __init__(
        self,
        exchange: OrderEntry,
        clock: Callable[[], datetime],
        guard: Guard,
        levers: LeverageEntry | None = None,
        queries: VenueQueries | None = None,
    ) -> None:
        self._exchange, self._clock, self._guard = exchange, clock, guard
        self._leverages = LeverageSender(levers, queries, exchange.venue, clock)

    def send(self, requests: Sequence[Outgoing]) -> Sequence[SentReport]:
        """Submits each entry together with its protection, then cancels and amends, all in log order.

        A stale entry, and one that the guard holds back, is not sent with its protection; both are returned as NotSent.
        An order that reduces a position is never stale and never held back. The table `REPORTED` gives the report for
        each error of the exchange. A call without a structured response is also reported to the circuit breaker; an
        answered one only where the breaker is not closed.

        When a tape is recalled, its clock shows the same times as before, so the same requests are sent.
        """
        reports: list[SentReport] = []
        for family in _families(requests):
            reports.extend(self._submit(family))
        for request in requests:
            if not isinstance(request.event, OrderPlaced):
                reports.extend(self._requested(request))
        return reports

    def _requested(self, request: Outgoing) -> Sequence[SentReport]:
        now = self._clock()
        reason = self._guard.held_back([request], now).get(request.order_id)
        if request.fresh_until is not None and now > request.fresh_until:
            reason = _stale(request.fresh_until)
        if reason is not None:
            return [_amend_not_sent(request.order_id, now, self._exchange.venue, reason)]
        return self._handed_over([request], now)

    def resume(self, requests: Sequence[Outgoing], venue: VenueQueries) -> Sequence[SentReport]:
        """Sends the unconfirmed requests of a stopped engine again, by the same rules.

        An order that is already at the venue is not sent again; its reports or reconciliation show its outcome. A stale
        amendment that may add exposure is not sent; if it arrived before the stop, reconciliation finds the amended
        terms. An order that never arrived and has a requested cancel is not sent, and neither is its protection. If the
        venue does not respond, the outcome of the order and its protection is unclear.
        """
        reports: list[SentReport] = []
        missing: list[Outgoing] = []
        for family in _families(requests):
            try:
                missing += [one for one in family if venue.order(one.order_id) is None]
            except ExchangeError as error:
                at = self._clock()
                reports.extend(_unclear(one.order_id, at, self._exchange.venue, str(error)) for one in family)
                reports.extend(unanswered(error, Service.QUERIES, at))
        others = [request for request in requests if not isinstance(request.event, OrderPlaced)]
        withdrawn, now = _withdrawn(missing, others), self._clock()
        reports.extend(_not_sent(order_id, now, "", _WITHDRAWN) for order_id in withdrawn)
        to_send = [request for request in (*missing, *others) if request.order_id not in withdrawn]
        return [*reports, *self.send(to_send)]

    def set_leverages(self, requests: Sequence[OutgoingLeverage]) -> Sequence[LeverageReport | CallReport]:
        """Sends the requests; see `LeverageSender.send`."""
        return self._leverages.send(requests)

    def _submit(self, family: Sequence[Outgoing]) -> Sequence[SentReport]:
        now = self._clock()
        entries = {**self._guard.held_back(family, now), **_too_late(family, now)}
        if not entries:
            return self._handed_over(family, now)
        unsent = _unsent(family, entries)
        reports: list[SentReport] = [
            _not_sent(order_id, now, "", f"not sent: {reason}") for order_id, reason in unsent.items()
        ]
        sendable = [request for request in family if request.order_id not in unsent]
        return [*reports, *self._handed_over(sendable, now)] if sendable else reports

    def _handed_over(self, requests: Sequence[Outgoing], now: datetime) -> Sequence[SentReport]:
        """Sends the requests; returns reports of those that the exchange refused or did not confirm."""
        kind = type(requests[0].event)
        self._guard.passed(requests, now)
        try:
            _CALLS[kind](self._exchange, requests, now)
        except ExchangeError as error:
            made = REPORTED[kind].get(type(error), _unclear)
            at, venue = self._clock(), self._exchange.venue
            failed = [made(request.order_id, at, venue, str(error)) for request in requests]
            return [*failed, *(unanswered(error, Service.ORDERS, at) or self._answered())]
        return self._answered()

    def _answered(self) -> Sequence[CallReport]:
        return answered(self._guard.breakers, Service.ORDERS, self._clock())


def _too_late(placed: Sequence[Outgoing], now: datetime) -> Mapping[str, str]:
    """The reason, by order id, for each entry that is stale: the market has changed since it was decided."""
    return {
        one.order_id: _stale(one.event.fresh_until)
        for one in placed
        if isinstance(one.event, OrderPlaced) and not one.event.reduce_only and now > one.event.fresh_until
    }


def _unsent(placed: Sequence[Outgoing], entries: Mapping[str, str]) -> Mapping[str, str]:
    """The reasons for these entries and their protection, which would reduce another position."""
    orphans = {
        one.order_id: f"its entry {one.event.parent} was not sent"
        for one in placed
        if isinstance(one.event, OrderPlaced) and one.event.parent in entries
    }
    return {**entries, **orphans}


def _stale(fresh_until: datetime) -> str:
    return f"it was fresh until {fresh_until.isoformat()}"


_WITHDRAWN = "not sent: it was to be cancelled before it was sent"


def _withdrawn(missing: Sequence[Outgoing], others: Sequence[Outgoing]) -> Collection[str]:
    """The ids of missing orders with a requested cancel, and of the protective orders of such entries."""
    cancelled = {one.order_id for one in others if isinstance(one.event, OrderCancelRequested)}
    entries = [one.order_id for one in missing if one.order_id in cancelled]
    waiting = [
        one.order_id for one in missing if isinstance(one.event, OrderPlaced) and one.event.parent in entries
    ]
    return dict.fromkeys((*entries, *waiting))


def _families(requests: Sequence[Outgoing]) -> Sequence[Sequence[Outgoing]]:
    """The orders to be placed, each entry together with its protection."""
    families: dict[str, list[Outgoing]] = {}
    for request in requests:
        if isinstance(request.event, OrderPlaced):
            families.setdefault(request.event.parent or request.order_id, []).append(request)
    return list(families.values())


def _submit(exchange: OrderEntry, requests: Sequence[Outgoing], now: datetime) -> None:
    exchange.submit(
        [
            Ticket(request.order_id, request.event, now)
            for request in requests
            if isinstance(request.event, OrderPlaced)
        ]
    )


def _cancel(exchange: OrderEntry, requests: Sequence[Outgoing], now: datetime) -> None:
    exchange.cancel(requests[0].order_id, now)


def _amend(exchange: OrderEntry, requests: Sequence[Outgoing], now: datetime) -> None:
    terms = requests[0].event
    assert isinstance(terms, OrderAmendRequested)
    exchange.amend(
        requests[0].order_id,
        now,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
    )


_CALLS: Mapping[type[Sendable], Callable[[OrderEntry, Sequence[Outgoing], datetime], None]] = {
    OrderPlaced: _submit,
    OrderCancelRequested: _cancel,
    OrderAmendRequested: _amend,
}


def _clock_fact(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"


def _venue_fact(venue: str, order_id: str, kind: str, at: datetime) -> str:
    return f"exchange:{venue}:{order_id}-{kind}-{at:%Y%m%dT%H%M%S%f}"


def _not_sent(order_id: str, at: datetime, _venue: str, reason: str) -> OrderReport:
    return NotSent(order_id=order_id, at=at, fact=_clock_fact(at), reason=reason)


def _unclear(order_id: str, at: datetime, _venue: str, reason: str) -> OrderReport:
    return OutcomeUnclear(order_id=order_id, at=at, fact=_clock_fact(at), reason=reason)


def _did_not_arrive(order_id: str, at: datetime, venue: str, reason: str) -> OrderReport:
    return _not_sent(order_id, at, venue, f"not sent: {reason}")


def _rejected(order_id: str, at: datetime, venue: str, reason: str) -> OrderReport:
    return Rejected(
        order_id=order_id, at=at, fact=_venue_fact(venue, order_id, "rejected", at), reason=reason
    )


def _cancel_refused(order_id: str, at: datetime, venue: str, reason: str) -> OrderReport:
    fact = _venue_fact(venue, order_id, "cancel-refused", at)
    return CancelRefused(order_id=order_id, at=at, fact=fact, reason=reason)


def _amend_refused(order_id: str, at: datetime, venue: str, reason: str) -> OrderReport:
    fact = _venue_fact(venue, order_id, "amend-refused", at)
    return AmendRefused(order_id=order_id, at=at, fact=fact, reason=reason)


def _cancel_not_sent(order_id: str, at: datetime, _venue: str, reason: str) -> OrderReport:
    return CancelRefused(order_id=order_id, at=at, fact=_clock_fact(at), reason=f"not sent: {reason}")


def _amend_not_sent(order_id: str, at: datetime, _venue: str, reason: str) -> OrderReport:
    return AmendRefused(order_id=order_id, at=at, fact=_clock_fact(at), reason=f"not sent: {reason}")


REPORTED: Mapping[type[Sendable], Mapping[type[ExchangeError], Made]] = {
    OrderPlaced: {
        ExchangeUnreachable: _did_not_arrive,
        ExchangeRefused: _rejected,
        OutcomeUnknown: _unclear,
    },
    OrderCancelRequested: {
        ExchangeUnreachable: _cancel_not_sent,
        ExchangeRefused: _cancel_refused,
        OutcomeUnknown: _unclear,
    },
    OrderAmendRequested: {
        ExchangeUnreachable: _amend_not_sent,
        ExchangeRefused: _amend_refused,
        OutcomeUnknown: _unclear,
    },
}
"""The report of each error for each request; an error that is not listed is reported as OutcomeUnclear."""
