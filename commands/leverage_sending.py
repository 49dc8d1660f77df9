"""Sends requests for another leverage, a batch at a time, and reports what became of each.

Before a batch the exchange is queried: it may have a position or an order that the log does not know yet, or that a
person has accepted. Margin and liquidation of that would change under its stop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from commands.breaker import CallReport, unanswered
from commands.leverage import LeverageEntry, LeverageRefused, LeverageReport, LeverageSet, LeverageUnclear
from commands.outgoing import OutgoingLeverage
from domain.breaker import Service
from domain.errors import ExchangeError, ExchangeRefused
from domain.venue import VenueOrder, VenuePosition

_NO_LEVERS = "this exchange sets no leverage"


class Holdings(Protocol):
    """The queries of `VenueQueries` for what is held or waits."""

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`."""
        ...

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`."""
        ...


class LeverageSender:
    """Sends to one exchange, whose name in facts is `venue`; `clock` returns the time (UTC) of a report.

    Without `levers` every request is reported as refused. Without `queries` the exchange has nothing that the log does
    not know, because this process has made it. A request counts for no circuit breaker: an exchange that does not set
    leverages may well take orders. The queries count for theirs.
    """

    def __init__(
        self,
        levers: LeverageEntry | None,
        queries: Holdings | None,
        venue: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._levers, self._queries, self._venue, self._clock = levers, queries, venue, clock

    def send(self, requests: Sequence[OutgoingLeverage]) -> Sequence[LeverageReport | CallReport]:
        """Sends the requests one after another, and returns a report of each.

        Where the exchange states a position or an open order in the instrument, or neither can be queried, the request
        is reported as refused, and not sent. An unanswered query is also reported to its circuit breaker.
        """
        try:
            engaged = _engaged(self._queries)
        except ExchangeError as error:
            reason = f"not sent: the exchange's positions and orders cannot be queried: {error}"
            return [
                *self._all_refused(requests, reason),
                *unanswered(error, Service.QUERIES, self._clock()),
            ]
        held = [one for one in requests if one.instrument in engaged]
        refused = [self._refused(one, f"not sent: {engaged[one.instrument]}") for one in held]
        return [*refused, *self._batch([one for one in requests if one.instrument not in engaged])]

    def _batch(self, requests: Sequence[OutgoingLeverage]) -> Sequence[LeverageReport]:
        """A report of each, sent one after another.

        A request that was not answered is unclear whatever the error states: it may have been executed. It ends the
        batch, because each further one might wait as long for its answer; the rest is reported as refused, not sent.
        """
        reports: list[LeverageReport] = []
        for request in requests:
            last = reports[-1] if reports else None
            if isinstance(last, LeverageUnclear):
                reason = f"not sent: the request for {last.instrument} before it was not answered"
                return [*reports, *self._all_refused(requests[len(reports) :], reason)]
            reports.append(self._sent(request))
        return reports

    def _sent(self, request: OutgoingLeverage) -> LeverageReport:
        name, leverage = request.instrument, request.leverage
        if self._levers is None:
            return self._refused(request, _NO_LEVERS)
        try:
            self._levers.set_leverage(name, leverage)
        except ExchangeRefused as refused:
            return self._refused(request, str(refused))
        except ExchangeError as error:
            at = self._clock()
            return LeverageUnclear(
                instrument=name, at=at, fact=_clock_fact(at), leverage=leverage, reason=str(error)
            )
        at = self._clock()
        fact = f"exchange:{self._venue}:leverage-{name}-set-{at:%Y%m%dT%H%M%S%f}"
        return LeverageSet(instrument=name, at=at, fact=fact, leverage=leverage)

    def _all_refused(self, requests: Sequence[OutgoingLeverage], reason: str) -> Sequence[LeverageRefused]:
        return [self._refused(one, reason) for one in requests]

    def _refused(self, request: OutgoingLeverage, reason: str) -> LeverageRefused:
        at = self._clock()
        return LeverageRefused(
            instrument=request.instrument,
            at=at,
            fact=_clock_fact(at),
            leverage=request.leverage,
            reason=reason,
        )


def _engaged(queries: Holdings | None) -> Mapping[str, str]:
    """What the exchange states of each instrument in which it has a position or an order that may still fill."""
    if queries is None:
        return {}
    orders = {one.instrument: f"the exchange has an open order {_name(one)}" for one in queries.open_orders()}
    positions = {
        one.instrument: f"the exchange has a position, {one.direction} {one.quantity:f}"
        for one in queries.positions()
    }
    return {**orders, **positions}


def _name(order: VenueOrder) -> str:
    return order.order_id or order.venue_order_id


def _clock_fact(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"
