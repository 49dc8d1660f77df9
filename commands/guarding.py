"""The guard: what stands between a durable entry and the exchange, beside the committees.

The committees judge an entry when it is decided. The guard judges it again when it is sent, by the market, the breakers
and the discrepancies of that moment and by the caps of the settings. Only what adds exposure is held back: an order
that reduces a position, its stop and its target, and every cancel pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

from commands.outgoing import Outgoing
from commands.world import World
from domain.breaker import UNBROKEN, Breaker, Mode, Service
from domain.caps import Priced, exceeded
from domain.market import LastPrice
from domain.order import OrderAmendRequested, OrderPlaced, amended
from domain.portfolio import Portfolio, WorkingEntry

_MINUTE = timedelta(seconds=60)


class Prices(Protocol):
    """The last prices by which an order is judged; an engine's `market` has them."""

    def last(self, instrument: str) -> LastPrice | None:
        """The last price of the instrument; None before the first."""
        ...


class Guard:
    """Judges the orders of one engine, whose world and market it reads. It holds the times of the entries it passed.

    After a restart the count of a minute's entries begins again. On a tape the same entries are sent at the same times,
    so a resumed run holds back the same ones.
    """

    def __init__(self, world: World, prices: Prices) -> None:
        self._world, self._prices = world, prices
        self._passed: deque[datetime] = deque()
        self._tried: datetime | None = None

    @property
    def breakers(self) -> Mapping[Service, Breaker]:
        """The circuit breakers that were ever used."""
        return self._portfolio.breakers

    def held_back(self, requests: Sequence[Outgoing], now: datetime) -> dict[str, str]:
        """The reason, by order id, for each of these requests that must not be sent at `now` (UTC)."""
        found: dict[str, str] = {}
        for one in requests:
            reason = self._reason(one, now)
            if reason is not None:
                found[one.order_id] = reason
        return found

    def passed(self, requests: Sequence[Outgoing], now: datetime) -> None:
        """Notes that these requests are sent at `now` (UTC)."""
        breaker = _breaker(self._portfolio, Service.ORDERS)
        if breaker.mode is Mode.HALF_OPEN:
            self._tried = breaker.since
        self._passed.extend(now for one in requests if _is_entry(one))

    @property
    def _portfolio(self) -> Portfolio:
        return self._world.portfolio

    def _reason(self, request: Outgoing, now: datetime) -> str | None:
        event = request.event
        if type(event) is OrderPlaced and event.reduce_only:
            return None
        entry = self._portfolio.entries.get(request.order_id)
        terms = _judged(request, entry)
        if terms is None:
            return None
        doubts = () if entry is not None and _is_smaller(request, terms, entry) else self._doubts()
        return next(chain(doubts, self._beyond_caps(terms, request, now)), None)

    def _doubts(self) -> Iterator[str]:
        yield from self._broken()
        if self._portfolio.discrepancies.unresolved:
            yield f"a discrepancy with the exchange is unresolved: {min(self._portfolio.discrepancies.unresolved)}"

    def _beyond_caps(self, terms: OrderPlaced, request: Outgoing, now: datetime) -> Iterator[str]:
        entry, portfolio = self._portfolio.entries.get(request.order_id), self._portfolio
        reference = None if entry is None else entry.price
        order = Priced(terms=terms, reference=reference, market=self._prices.last(terms.instrument))
        caps = portfolio.settings.settings.caps
        yield from exceeded(order, caps)
        if caps.max_orders_per_minute and _is_entry(request):
            yield from self._too_many(caps.max_orders_per_minute, now)

    def _broken(self) -> Iterator[str]:
        for service, breaker in self._portfolio.breakers.items():
            if breaker.mode is Mode.OPEN:
                yield f"the circuit breaker of {service} is open since {_time(breaker.since)}"
        orders = _breaker(self._portfolio, Service.ORDERS)
        if orders.mode is Mode.HALF_OPEN and orders.since == self._tried:
            yield f"the circuit breaker of {Service.ORDERS} awaits the answer to its trial since {_time(orders.since)}"

    def _too_many(self, most: int, now: datetime) -> Iterator[str]:
        while self._passed and self._passed[0] <= now - _MINUTE:
            self._passed.popleft()
        if len(self._passed) >= most:
            yield f"{len(self._passed)} entries were sent in the last 60 seconds (caps.max_orders_per_minute)"


def _breaker(portfolio: Portfolio, service: Service) -> Breaker:
    return portfolio.breakers.get(service, UNBROKEN)


def _is_entry(request: Outgoing) -> bool:
    return isinstance(request.event, OrderPlaced) and not request.event.reduce_only


def _judged(request: Outgoing, entry: WorkingEntry | None) -> OrderPlaced | None:
    """The terms by which the request is judged; None for a request that adds no exposure and moves no price of one.

    An amendment of an entry that changes no price and does not raise the quantity adds none.
    """
    event = request.event
    if isinstance(event, OrderPlaced):
        return None if event.reduce_only else event
    if not isinstance(event, OrderAmendRequested) or entry is None:
        return None
    before = entry.order.terms
    after = amended(
        before, quantity=event.quantity, limit_price=event.limit_price, trigger_price=event.trigger_price
    )
    same = (after.limit_price, after.trigger_price) == (before.limit_price, before.trigger_price)
    return None if same and after.quantity <= before.quantity else after


def _is_smaller(request: Outgoing, terms: OrderPlaced, entry: WorkingEntry) -> bool:
    """Whether the request amends an entry to less than it may fill already; its new price is judged by the caps."""
    return isinstance(request.event, OrderAmendRequested) and terms.quantity < entry.order.terms.quantity


def _time(at: datetime | None) -> str:
    return "the beginning" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
